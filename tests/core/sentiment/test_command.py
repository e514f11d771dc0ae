"""`sentiment score` and `train sentiment` as scripts call them."""

import dataclasses
import functools
import io
import json
import sys

import numpy as np
import pandas as pd
import pytest

from core.__main__ import main
from core.bundle import load_bundle, save_bundle
from core.datasets import store
from core.sentiment import explore as explorer
from core.sentiment.disclosure.publishable import read_publishable
from core.sentiment.model.nbsvm import NbsvmConfig
from core.sentiment.train.protocol import measure_linear
from core.sentiment.weights import rounded
from tests.core.sentiment.samples import linear_bundle, planted, planted_archive

LINES = ["A wonderful film.", "", "an awful house", "not awful today", "not wonderful"]
LABELS = ["positive", None, "negative", "positive", "negative"]


@pytest.fixture(scope="module")
def assets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assets")
    save_bundle(linear_bundle(), folder / "sentiment-nbsvm")
    return folder


@pytest.fixture(autouse=True)
def only_the_planted_model(assets, monkeypatch):
    opened = functools.partial(explorer.open_model, assets=assets)
    monkeypatch.setattr(explorer, "open_model", opened)


def ask(capsys, *arguments):
    status = main(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def check(out):
    """One line for each review in order, with the planted verdicts."""
    rows = [line.split("\t") for line in out.splitlines()]
    assert len(rows) == len(LINES)
    for (probability, label), expected in zip(rows, LABELS, strict=True):
        assert len(probability) == 6
        assert label == ("positive" if float(probability) > 0.5 else "negative")
        assert expected in (None, label)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_scored_line_by_line(capsys, tmp_path, end):
    path = tmp_path / "reviews.txt"
    path.write_bytes(end.join(LINES).encode())  # the last line has no end
    status, out, err = ask(capsys, "sentiment", "score", str(path))
    assert (status, err) == (0, "")
    check(out)


def test_standard_input_is_scored_line_by_line(capsys, monkeypatch):
    for arguments in ((), ("-",)):
        content = io.BytesIO("".join(f"{line}\n" for line in LINES).encode())
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(content))
        status, out, _ = ask(capsys, "sentiment", "score", *arguments, "--model", "nbsvm")
        assert status == 0
        check(out)


def test_json_holds_the_same_in_one_object(capsys, tmp_path):
    path = tmp_path / "reviews.txt"
    path.write_text("\n".join(LINES), encoding="utf-8")
    _, out, _ = ask(capsys, "sentiment", "score", str(path))
    status, report, _ = ask(capsys, "sentiment", "score", str(path), "--json")
    found = json.loads(report)
    assert status == 0
    assert found["model"] == "nbsvm"
    rows = [f"{row['probability']:.4f}\t{row['label']}" for row in found["reviews"]]
    assert rows == out.splitlines()


def test_no_line_gives_no_line(capsys, tmp_path):
    path = tmp_path / "empty.txt"
    path.touch()
    assert ask(capsys, "sentiment", "score", str(path)) == (0, "", "")
    _, out, _ = ask(capsys, "sentiment", "score", str(path), "--json")
    assert json.loads(out)["reviews"] == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_is_scored_in_every_encoding(capsys, tmp_path, encoding):
    path = tmp_path / "reviews.txt"
    path.write_bytes("\r\n".join(LINES).encode(encoding))
    status, out, err = ask(capsys, "sentiment", "score", str(path))
    assert (status, err) == (0, "")
    check(out)


@pytest.mark.parametrize(
    ("plain", "typed"),
    [
        (
            "isn't wonderful",
            ["isn\u2032t wonderful", "isn\uff07t wonderful", "isn&#39;t wonderful"],
        ),
        ("wonderful", ["\uff57onderful", "won\u00adderful", "\ufeffwonder\u200bful"]),
    ],
)
def test_a_review_has_one_score_however_it_is_typed(capsys, tmp_path, plain, typed):
    path = tmp_path / "reviews.txt"
    path.write_text("\n".join([plain, *typed]), encoding="utf-8")
    _, out, _ = ask(capsys, "sentiment", "score", str(path))
    assert len(set(out.splitlines())) == 1 and len(out.splitlines()) == 1 + len(typed)


def test_a_line_that_is_no_utf_8_is_named(capsys, tmp_path):
    path = tmp_path / "latin.txt"
    path.write_bytes(b"wonderful\n\ncaf\xe9\nawful\n")
    status, out, err = ask(capsys, "sentiment", "score", str(path))
    assert status == 2
    assert len(out.splitlines()) == 2  # those before it
    assert f"error: line 3 of {path} should be UTF-8" in err
    status, out, _ = ask(capsys, "sentiment", "score", str(path), "--json")
    assert (status, out) == (2, "")


@pytest.mark.parametrize("name", ["missing.txt", "."])
def test_what_is_no_file_is_named(capsys, tmp_path, name):
    status, _, err = ask(capsys, "sentiment", "score", str(tmp_path / name))
    assert status == 2
    assert "should be a readable file" in err


def test_a_review_that_is_far_too_long_is_refused(capsys, tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("a" * 1_000_001, encoding="utf-8")
    status, _, err = ask(capsys, "sentiment", "score", str(path))
    assert status == 2
    assert "text (1,000,001 characters) should have at most 1,000,000" in err


def test_models_that_are_not_there_are_named(capsys, tmp_path):
    status, _, err = ask(capsys, "sentiment", "score", "--model", "bert")
    assert status == 2
    assert "model (bert) should be one of best, mlp" in err
    status, _, err = ask(capsys, "sentiment", "score", "--model", "lstm")
    assert status == 1
    assert "make it with: python -m core train sentiment --preset lstm" in err


def test_recipes_are_listed_and_unknown_ones_refused(capsys):
    status, out, _ = ask(capsys, "train", "sentiment", "--list")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()][:2] == ["mlp", "cnn"]
    status, _, err = ask(capsys, "train", "sentiment", "--preset", "bert")
    assert status == 2
    assert "preset (bert) should be one of mlp" in err


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return planted_archive(tmp_path_factory.mktemp("archive") / "reviews.tar.gz")


def test_a_bundle_is_described_anew_in_its_place(capsys, archive, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "ensure", lambda name, **_: archive)
    places = ["--data-dir", str(tmp_path)]
    found = read_publishable(archive, data_dir=tmp_path)
    config = NbsvmConfig()
    measured = measure_linear(config, *planted(), allowed=found.keys(config.order))
    made = linear_bundle()
    figure = {"value": 0.5, "per_seed": [0.5], "protocol": "none"}
    made = dataclasses.replace(
        made,
        config=dict(made.config) | {"preset": "nbsvm", "n_parameters": 1, "epochs": 1},
        metrics={"val_accuracy": figure},
        dataset=archive.record(),
        arrays=rounded(measured.arrays),
        tables={"words": pd.DataFrame({"word": measured.vocabulary.words})},
        documents={"history": {}},
    )
    folder = save_bundle(made, tmp_path / "bundle")
    status, out, _ = ask(capsys, "sentiment", "describe", str(folder), *places, "--json")
    assert (status, json.loads(out)) == (0, {"bundle": str(folder), "ngrams": 0})
    again = load_bundle(folder)
    assert "## Which n-grams ship" in again.card
    assert again.config["disclosure"]["min_films"] == 10
    np.testing.assert_array_equal(again.arrays["keys"], measured.arrays["keys"])
    free = dataclasses.replace(made, arrays=linear_bundle().arrays, tables=linear_bundle().tables)
    folder = save_bundle(free, tmp_path / "free")
    status, _, err = ask(capsys, "sentiment", "describe", str(folder), *places)
    assert status == 2 and "should know only n-grams that may ship; train it anew" in err


def test_what_is_no_model_is_not_described(capsys, assets):
    status, _, err = ask(capsys, "sentiment", "describe", str(assets / "sentiment-nbsvm"))
    assert status == 2 and "should hold a model, not sentiment-nbsvm" in err
