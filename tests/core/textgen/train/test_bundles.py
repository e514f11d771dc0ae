import dataclasses
import functools
import json
import subprocess
import sys

import jax
import numpy as np
import pytest

from core import training_run
from core.__main__ import main
from core.bundle import load_bundle, save_bundle
from core.checkpoint import Checkpoints
from core.contents import find_recipe
from core.errors import BundleError, InputError
from core.textgen.data import read_corpus
from core.textgen.explore import TextModel, open_model
from core.textgen.inference import PIECE, draws
from core.textgen.sampling import MOST_PRIME, ClampedCell, Settings
from core.textgen.train.bundles import measure, train
from core.textgen.train.fitting import WINDOWS, Preset, fit_text
from core.textgen.train.presets import PRESETS
from tests.core.runs import run_on, sources_with
from tests.core.textgen.samples import SMALL, TEXT, local_text


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A bundle as it is saved, its text, and the folder of assets it lies in."""
    folder = tmp_path_factory.mktemp("textgen")
    local = local_text(folder)
    how = {"preset": "nietzsche", "seed": 3, "command": "python -m core train textgen"}
    bundle = train(run_on(local, **how), SMALL)
    save_bundle(bundle, folder / "textgen-nietzsche")
    return open_model("nietzsche", assets=folder), local, folder


def text_of(model, *args, **kwargs):
    return "".join(piece.text for piece in model.write(*args, **kwargs))


def test_a_bundle_holds_snapshots_figures_samples_and_cells(trained):
    model, local, _ = trained
    assert model.epochs == tuple(sorted({0, 2, model.best_epoch}))
    assert set(model.bundle.metrics) == {
        "held_out_bits",
        "val_bits",
        "train_nats",
        "ngram_bits",
        "half_precision_bits",
    }
    history = model.history
    assert history["val_bits"].idxmin() == model.best_epoch
    assert history["val_bits"].iloc[-1] < history["val_bits"].iloc[0] / 1.5
    assert model.samples["epoch"].tolist() == list(model.epochs)
    assert (model.samples["text"].str.len() == 1_000).all()
    assert set(model.cells["feature"]) == {"quotes", "brackets", "line", "word", "sentence"}
    assert abs(model.bundle.metrics["half_precision_bits"]["value"]) < 0.02
    again = measure(model.bundle, sources_with(local))["held_out_bits"]
    assert again["measured"] == pytest.approx(again["recorded"])
    assert "python -m core train textgen" in model.bundle.card


def test_the_same_seed_writes_the_same_and_another_does_not(trained):
    model = trained[0]
    first = text_of(model, "the ", 200, Settings(seed=5))
    assert len(first) == 200
    assert text_of(model, "the ", 200, Settings(seed=5)) == first
    assert text_of(model, "the ", 150, Settings(seed=5)) == first[:150]
    assert text_of(model, "the ", 200, Settings(seed=6)) != first
    greedy = {text_of(model, "the ", 90, Settings(temperature=0, seed=seed)) for seed in (1, 2)}
    assert len(greedy) == 1
    assert text_of(model, "", 10, Settings()) != ""


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_what_was_read_enters_the_draws(trained, seed):
    """With one key for all primes their texts had the last 200 characters in common."""
    model, settings = trained[0], Settings(temperature=0.3, seed=seed)
    primes = ["", " ", "the ", "the cat", "the cat ", "The cat", "what is truth?", "the cat" * 40]
    ends = {text_of(model, prime, 400, settings)[-100:] for prime in primes}
    assert len(ends) == len({model.reading_of(prime).text for prime in primes})
    again = text_of(model, "the cat", 400, settings)
    assert text_of(model, "the cat", 100, settings) == again[:100]


def test_the_draws_follow_from_seed_and_every_character():
    reads = [[], [0], [0, 0], [1, 0], [0, 1], list(range(5000)), [*range(4999), 0]]
    keys = [
        jax.random.key_data(draws(seed, np.array(read, np.int32))).tolist()
        for seed in (0, 1)
        for read in reads
    ]
    assert len({tuple(key) for key in keys}) == len(keys)
    same = draws(0, np.array([3, 5], np.int64)), draws(0, np.array([3, 5], np.int32))
    np.testing.assert_array_equal(*map(jax.random.key_data, same))


def test_a_passage_tells_what_reading_it_tells(trained):
    model = trained[0]
    prime = "the cat sat. "
    traces = list(model.write(prime, PIECE + 7, Settings(seed=1)))
    assert [len(trace.text) for trace in traces] == [PIECE, 7]
    text = "".join(trace.text for trace in traces)
    read = model.read(prime + text)
    bits = np.concatenate([trace.bits for trace in traces])
    np.testing.assert_allclose(read.bits[len(prime) :], bits, atol=1e-4)
    states = np.concatenate([trace.states for trace in traces])
    np.testing.assert_allclose(read.states[len(prime) :], states, atol=1e-4)
    assert read.states.shape == (len(prime + text), 1, 2, 16)
    assert read.shares.shape == (len(prime + text), 5)
    assert (np.diff(read.shares, axis=1) <= 0).all()
    np.testing.assert_allclose(model.score(prime + text), read.bits, atol=1e-4)
    assert read.bits_per_char == pytest.approx(read.bits.mean())
    assert np.isnan(model.read("").bits_per_char)


def test_snapshots_write_otherwise(trained):
    model = trained[0]
    texts = {text_of(model, "the ", 100, Settings(), epoch=epoch) for epoch in model.epochs}
    assert len(texts) == len(model.epochs)
    untrained = model.read(TEXT.lower()[:300], epoch=0)
    assert untrained.bits_per_char > model.read(TEXT.lower()[:300]).bits_per_char + 1


def test_a_held_cell_changes_the_text(trained):
    model = trained[0]
    free = list(model.write("the ", 100, Settings()))
    held = list(model.write("the ", 100, Settings(), clamped=[ClampedCell(0, 3, 4.0)]))
    assert (held[0].states[:, 0, 1, 3] == 4).all()
    assert not np.allclose(free[0].bits, held[0].bits)


@pytest.mark.parametrize(
    ("ask", "problem"),
    [
        (lambda model: text_of(model, "a", 0, Settings()), "n-chars"),
        (lambda model: text_of(model, "a", 10_000, Settings()), "n-chars"),
        (lambda model: text_of(model, "a" * (MOST_PRIME + 1), 5, Settings()), "text"),
        (lambda model: text_of(model, "a", 5, Settings(), epoch=99), "epoch"),
        (lambda model: text_of(model, "a", 5, Settings(), clamped=[ClampedCell(1, 0, 1)]), "layer"),
        (lambda model: text_of(model, "a", 5, Settings(), clamped=[ClampedCell(0, 16, 1)]), "cell"),
        (
            lambda model: text_of(model, "a", 5, Settings(), clamped=[ClampedCell(0, 1, np.nan)]),
            "value",
        ),
        (lambda model: Settings(temperature=-0.1), "temperature"),
        (lambda model: Settings(temperature=float("nan")), "temperature"),
        (lambda model: Settings(top_k=-1), "top-k"),
        (lambda model: Settings(top_p=0), "top-p"),
        (lambda model: Settings(seed=-1), "seed"),
        (lambda model: open_model("goethe"), "model"),
    ],
)
def test_what_cannot_be_done_is_refused(trained, ask, problem):
    with pytest.raises(InputError, match=problem):
        ask(trained[0])


def test_a_bundle_that_lacks_something_is_refused(trained):
    bundle = trained[0].bundle
    config = {name: value for name, value in bundle.config.items() if name != "chars"}
    with pytest.raises(BundleError, match=r"chars .*samples"):
        TextModel(
            dataclasses.replace(bundle, config=config, tables={"cells": bundle.tables["cells"]})
        )
    arrays = {k: v for k, v in bundle.arrays.items() if not k.endswith("out.bias")}
    with pytest.raises(BundleError, match=r"out\.bias is missing"):
        TextModel(dataclasses.replace(bundle, arrays=arrays)).read("a")


def test_windows_are_learned_from_too(tmp_path):
    preset = dataclasses.replace(SMALL, way=WINDOWS, n_steps=10, n_epochs=3)
    corpus = read_corpus(local_text(tmp_path), lower=True)
    history = fit_text(preset, corpus, seed=0).history
    assert history[-1]["val_bits"] < history[0]["val_bits"] / 1.3


def test_a_text_of_other_characters_is_refused(tmp_path):
    with pytest.raises(InputError, match="n_chars"):
        fit_text(SMALL, read_corpus(local_text(tmp_path), lower=False), seed=0)
    with pytest.raises(InputError, match="way"):
        Preset("", "nietzsche", SMALL.config, way="both")
    with pytest.raises(InputError, match="preset"):
        find_recipe("textgen", "goethe")


@pytest.fixture
def shipped(trained, monkeypatch):
    """The command line with the small bundle among its assets."""
    monkeypatch.setattr(
        "core.textgen.command.open_model", lambda name: open_model(name, assets=trained[2])
    )
    return trained[0]


def test_generate_writes_the_same_for_the_same_seed(shipped, capsys):
    command = ["textgen", "generate", "--prime", "The cät", "--n-chars", "90", "--seed", "4"]
    assert main(command) == 0
    first = capsys.readouterr()
    assert len(first.out) == 91
    assert "'ä' as 'a'" in first.err
    assert main(command) == 0
    assert capsys.readouterr().out == first.out
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["text"] + "\n" == first.out
    assert found["prime"] == "the cat"
    assert found["bits_per_char"] > 0


def test_score_tells_bits_a_character(shipped, capsys, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("The cat sat.", encoding="utf-8")
    assert main(["textgen", "score", str(path), "--json", "--chars"]) == 0
    found = json.loads(capsys.readouterr().out)
    expected = shipped.read("the cat sat.")
    assert found["bits_per_char"] == pytest.approx(expected.bits_per_char, abs=1e-4)
    np.testing.assert_allclose(found["bits"], expected.bits, atol=1e-4)
    assert main(["textgen", "score", str(path), "--chars"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"{expected.bits_per_char:.4f} bits a character over 12"
    assert lines[4].endswith('\t"c"')


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (["generate", "--temperature", "-1"], "temperature"),
        (["generate", "--n-chars", "0"], "n-chars"),
        (["score", "no-such-file"], "FILE"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(shipped, capsys, command, problem):
    assert main(["textgen", *command]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert problem in error


@pytest.mark.parametrize(
    "content",
    [
        b"the cat\r\nsat.\r\n",
        b"the cat\rsat.\r",
        b"\xef\xbb\xbfthe cat\nsat.\n",
        "the cat\nsat.\n".encode("utf-16"),
        "the cat\nsat.\n".encode("utf-16-le"),
        "the\u00a0cat\u2028sa\u00adt.\n".encode(),
    ],
)
def test_score_is_that_of_the_text_however_it_is_saved(shipped, capsys, tmp_path, content):
    path = tmp_path / "text.txt"
    figures = []
    for form in (b"the cat\nsat.\n", content):
        path.write_bytes(form)
        assert main(["textgen", "score", str(path)]) == 0
        figures.append(capsys.readouterr().out)
    assert figures[0] == figures[1] and "over 13" in figures[0]


def test_score_refuses_what_is_no_text(shipped, capsys, tmp_path):
    for content, problem in (
        (b"", "should hold text"),
        (b"\xff\xfe\xfd", "UTF-8"),
        (b"the\0cat", "holds a NUL character (in line 1)"),
        (b"caf\xe9", "is not UTF-8 text (in line 1)"),
    ):
        path = tmp_path / "text.txt"
        path.write_bytes(content)
        assert main(["textgen", "score", str(path)]) == 2
        assert problem in capsys.readouterr().err


def test_gates_and_influence_are_told_for_a_text(trained):
    model = trained[0]
    trace = model.read("the cat sat.")
    gates = model.gates(trace)
    assert set(gates) == {"input", "forget", "candidate", "output"}
    assert gates["forget"].shape == (12, 1, 16)
    found = model.influence("the cat", " ")
    assert found.shape == (7,) and (found > 0).all()
    for text, target, problem in (("", "t", "text"), ("the", "\N{SNOWMAN}", "target")):
        with pytest.raises(InputError, match=problem):
            model.influence(text, target)


def test_a_run_that_was_cut_off_goes_on_as_if_it_had_not(tmp_path):
    local = local_text(tmp_path)
    run = run_on(local, preset="nietzsche", checkpoint_dir=tmp_path / "scaffold")
    seen = []

    def cut_off(row):
        seen.append(row["epoch"])
        if row["epoch"] == 3:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_run, "Checkpoints", functools.partial(Checkpoints, every_s=0))
        whole = train(run_on(local, preset="nietzsche"), SMALL)
        with patch.context() as while_it_runs, pytest.raises(KeyboardInterrupt):
            while_it_runs.setattr("core.loop._check_finite", cut_off)
            train(run, SMALL)
        begun = len(seen)
        patch.setattr("core.loop._check_finite", lambda row: seen.append(row["epoch"]))
        again = train(dataclasses.replace(run, resume=True), SMALL)
    assert seen[begun:] == [3, 4]  # what came before was not trained again
    assert set(again.arrays) == set(whole.arrays)
    for name, array in whole.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], array)


def test_training_is_a_command(tmp_path, monkeypatch, capsys):
    local = local_text(tmp_path)
    monkeypatch.setitem(PRESETS, "nietzsche", SMALL)
    monkeypatch.setattr("core.datasets.store.ensure", lambda *args, **kwargs: local)
    out = tmp_path / "out"
    command = ["train", "textgen", "--preset", "nietzsche", "--epochs", "1", "--out", str(out)]
    assert main([*command, "--json"]) == 0
    metrics = json.loads(capsys.readouterr().out.splitlines()[-1])["metrics"]
    assert metrics == {name: m["value"] for name, m in load_bundle(out).metrics.items()}
    assert main(["evaluate", str(out), "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)["metrics"]["held_out_bits"]
    assert measured["measured"] == pytest.approx(measured["recorded"])
    assert main(["train", "textgen", "--list"]) == 0
    assert "nietzsche-small" in capsys.readouterr().out


def test_the_explorer_loads_no_training_library():
    code = "import core.textgen.explore, core.textgen.command, sys; assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
