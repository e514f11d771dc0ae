"""`words ...` and `train words` as scripts call them: standard output, exit status, one line."""

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.__main__ import main
from core.bundle import Bundle, load_bundle, save_bundle

WORDS = ["man", "woman", "king", "queen", "apple", "pear", "plum", "fig", "nut", "oak"]


def planted() -> np.ndarray:
    """Vectors in which king - man + woman is queen exactly; the fruit lie elsewhere."""
    matrix = np.zeros((len(WORDS), 6))
    matrix[:4, 0] = 1
    matrix[[2, 3], 1] = 1  # royal
    matrix[[1, 3], 2] = 0.8  # female
    matrix[4:, 3] = 1
    matrix[4:, 4] = np.linspace(-1, 1, 6)
    return matrix


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = Bundle(
        kind="words",
        name="words-planted",
        config={"content": "vectors", "method": "planted", "title": "Planted words"},
        seeds={"model": 0},
        metrics={},
        dataset={
            "name": "imdb",
            "version": "1",
            "licence": "",
            "citation": "",
            "sha256": "0" * 64,
            "url": "",
        },
        arrays={"vectors": planted().astype(np.float16)},
        tables={"words": pd.DataFrame({"word": WORDS, "count": range(10, 0, -1)})},
    )
    return str(save_bundle(made, tmp_path_factory.mktemp("assets") / "words-planted"))


@pytest.fixture(autouse=True)
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No archive on this machine, unless a test brings one."""
    monkeypatch.setenv("LATENT_LAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LATENT_LAB_MIRROR", str(tmp_path))


def ask(capsys: pytest.CaptureFixture, *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_neighbours_as_table_and_as_json(capsys: pytest.CaptureFixture, bundle: str) -> None:
    status, out, _ = ask(capsys, "words", "neighbours", "King", "--n", "3", "--bundle", bundle)
    title, head, *rows = out.splitlines()
    assert status == 0
    assert title == "Planted words"
    assert head.split() == ["cosine", "rank", "word"]
    assert [row.split()[-1] for row in rows] == ["queen", "man", "woman"]
    _, out, _ = ask(capsys, "words", "neighbours", "king", "--n", "1", "--json", "--bundle", bundle)
    report = json.loads(out.splitlines()[-1])
    assert report["vectors"] == "planted"
    (first,) = report["neighbours"]
    assert first["word"] == "queen"
    assert first["cosine"] == pytest.approx(2 / np.sqrt(2 * 2.64), abs=1e-3)


def test_analogy_and_what_the_switch_hides(capsys: pytest.CaptureFixture, bundle: str) -> None:
    asked = ["words", "analogy", "man", "king", "woman", "--n", "1", "--json", "--bundle", bundle]
    _, out, _ = ask(capsys, *asked)
    assert json.loads(out)["answers"][0]["word"] == "queen"
    _, out, _ = ask(capsys, *asked[:-2], "--keep-inputs", "--n", "4", "--bundle", bundle)
    assert "king" in [row["word"] for row in json.loads(out)["answers"]]


def test_axis_lists_both_ends(capsys: pytest.CaptureFixture, bundle: str) -> None:
    asked = ["words", "axis", "man", "woman", "--n", "2", "--bundle", bundle]
    status, out, _ = ask(capsys, *asked)
    ends = [row.split() for row in out.splitlines()[2:]]
    assert status == 0
    assert {row[-1] for row in ends if row[0] == "high"} == {"woman", "queen"}
    _, out, _ = ask(capsys, *asked, "--json")
    assert len(json.loads(out)["ends"]) == 4


def test_similarity_of_two_words_and_of_a_file(
    capsys: pytest.CaptureFixture, bundle: str, tmp_path: Path
) -> None:
    status, out, _ = ask(capsys, "words", "similarity", "apple", "pear", "--bundle", bundle)
    unit = planted() / np.linalg.norm(planted(), axis=1, keepdims=True)
    assert status == 0
    assert float(out) == pytest.approx(unit[4] @ unit[5], abs=1e-3)
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("apple\tpear\t7.5\n\nKing\tqueen\nking\tunheard\n", encoding="utf-8")
    status, out, err = ask(capsys, "words", "similarity", "--pairs", str(pairs), "--bundle", bundle)
    rows = [line.split("\t") for line in out.splitlines()]
    assert status == 0
    assert [row[:2] for row in rows] == [
        ["apple", "pear"],
        ["King", "queen"],
        ["king", "unheard"],
    ]
    assert float(rows[0][2]) == pytest.approx(unit[4] @ unit[5], abs=1e-3)
    assert rows[2][2] == "nan"
    assert "1 of 3 pairs" in err
    _, out, _ = ask(
        capsys, "words", "similarity", "--pairs", str(pairs), "--json", "--bundle", bundle
    )
    report = json.loads(out.splitlines()[-1])
    assert report["n_unknown"] == 1
    assert report["pairs"][2]["similarity"] is None


def test_a_map_as_csv(capsys: pytest.CaptureFixture, bundle: str, tmp_path: Path) -> None:
    path = tmp_path / "map.csv"
    asked = ["words", "map", "--n", "10", "--perplexity", "2", "--iterations", "60"]
    status, out, _ = ask(capsys, *asked, "--out", str(path), "--json", "--bundle", bundle)
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert status == 0
    assert [row["word"] for row in rows] == WORDS
    assert list(rows[0]) == ["word", "rank", "x", "y", "preservation"]
    report = json.loads(out)
    assert 0 < report["kl"] < 3
    assert report["trustworthiness"] is None  # too few words for ten neighbours
    status, out, _ = ask(capsys, *asked, "--bundle", bundle)
    assert len(list(csv.DictReader(io.StringIO(out)))) == 10


def test_rare_words_are_put_onto_a_finished_map(capsys: pytest.CaptureFixture, bundle: str) -> None:
    asked = ["words", "map", "--n", "8", "--perplexity", "2", "--iterations", "60"]
    status, out, _ = ask(capsys, *asked, "--bundle", bundle, "--place", WORDS[9], WORDS[8])
    assert status == 0
    rows = list(csv.reader(io.StringIO(out)))[1:]
    assert [row[0] for row in rows] == [*WORDS[:8], WORDS[9], WORDS[8]]
    assert [row[1] for row in rows[8:]] == ["10", "9"]
    _, alone, _ = ask(capsys, *asked, "--bundle", bundle)
    assert out.startswith(alone)  # nothing moved for them
    status, _, err = ask(capsys, *asked, "--bundle", bundle, "--place", WORDS[0])
    assert status == 2 and f"--place ({WORDS[0]})" in err


def test_glove_is_asked_where_it_is(capsys: pytest.CaptureFixture, tmp_path: Path) -> None:
    lines = [
        f"{word} {' '.join(f'{x:.3f}' for x in row)}"
        for word, row in zip(WORDS, np.pad(planted(), ((0, 0), (0, 44))), strict=True)
    ]
    with zipfile.ZipFile(tmp_path / "glove.6B.zip", "w") as archive:
        archive.writestr("glove.6B.50d.txt", "\n".join(lines) + "\n")
    status, out, err = ask(capsys, "words", "neighbours", "king", "--n", "1", "--json")
    if status:  # a stand-in is not the official archive, and the reader says what it lacks
        assert "400,000" in err
    else:
        assert json.loads(out)["neighbours"][0]["word"] == "queen"


def test_our_own_vectors_answer_without_glove(capsys: pytest.CaptureFixture) -> None:
    status, out, err = ask(capsys, "words", "neighbours", "king", "--json")
    assert status == 0
    assert json.loads(out)["vectors"] == "sgns"
    assert "asking our own vectors" in err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["neighbours", "qeen"], 2, r"word (qeen) is not among the 10 words of Planted words"),
        (["neighbours", "qeen"], 2, "did you mean queen"),
        (["neighbours", "king", "--n", "0"], 2, "n (0)"),
        (["similarity", "king"], 2, "two words"),
        (["similarity"], 2, "two words"),
        (["similarity", "king", "queen", "--pairs", "x"], 2, "two words"),
        (["similarity", "--pairs", "missing.tsv"], 2, "--pairs (missing.tsv) cannot be read"),
        (["axis", "king", "king"], 2, "two different words"),
        (["map", "--n", "10", "--perplexity", "4"], 2, "perplexity (4) should be from 1 to 3"),
        (["map", "--n", "3"], 2, "words (3) should be from 4 to 10"),
        (["map", "--n", "11"], 2, "words (11) should be from 4 to 10"),
        (["map", "--n", "10", "--perplexity", "2", "--start", "here"], 2, "start (here)"),
        (["map", "--n", "10", "--perplexity", "2", "--out", "no/such/x.csv"], 2, "--out"),
    ],
)
def test_bad_input_is_one_sentence(
    capsys: pytest.CaptureFixture, bundle: str, arguments: list[str], status: int, message: str
) -> None:
    found, out, err = ask(capsys, "words", *arguments, "--bundle", bundle)
    assert found == status
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_sets_that_are_not_there(capsys: pytest.CaptureFixture, tmp_path: Path) -> None:
    status, _, err = ask(capsys, "words", "neighbours", "king", "--vectors", "elmo")
    assert status == 2
    assert "--vectors (elmo) should be one of glove, sgns, glove-reviews, window" in err
    status, _, err = ask(capsys, "words", "neighbours", "king", "--bundle", str(tmp_path / "x"))
    assert status == 1
    assert "train words" in err


@pytest.mark.parametrize("content", ["king queen\n", "king\t\n", "\n\n"])
def test_a_file_without_pairs_is_refused(
    capsys: pytest.CaptureFixture, bundle: str, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text(content, encoding="utf-8")
    status, _, err = ask(capsys, "words", "similarity", "--pairs", str(path), "--bundle", bundle)
    assert status == 1
    assert "pair of words" in err or "two words with a tab" in err
    path.write_bytes(b"\xff\xfe\x00")
    status, _, err = ask(capsys, "words", "similarity", "--pairs", str(path), "--bundle", bundle)
    assert status == 1
    assert "UTF-8" in err


def test_recipes_are_listed_and_checked(capsys: pytest.CaptureFixture) -> None:
    status, out, _ = ask(capsys, "train", "words", "--list")
    assert status == 0
    names = [line.split()[0] for line in out.splitlines()]
    assert names[:3] == ["sgns", "glove-reviews", "window"]
    assert "maps-glove" in names
    status, _, err = ask(capsys, "train", "words", "--preset", "bert")
    assert status == 2
    assert "preset (bert) should be one of" in err
    status, _, err = ask(capsys, "train", "words", "--preset", "maps-bert")
    assert status == 2
    assert "maps-glove, maps-sgns" in err


def test_shipped_maps_are_measured_again(capsys: pytest.CaptureFixture) -> None:
    assets = Path(__file__).resolve().parents[3] / "assets"
    status, out, _ = ask(capsys, "evaluate", str(assets / "words-maps-sgns"), "--json")
    assert status == 0
    measured = json.loads(out)["metrics"]["preservation"]
    assert measured["measured"] == pytest.approx(measured["recorded"], abs=1e-3)
    status, _, err = ask(
        capsys, "evaluate", str(assets / "words-maps-sgns"), "--data", "ml-latest-small"
    )
    assert status == 2
    assert "--data (ml-latest-small) should be left out" in err


def test_what_ships_answers(capsys: pytest.CaptureFixture) -> None:
    assets = Path(__file__).resolve().parents[3] / "assets"
    for name in ("sgns", "glove-reviews", "window"):
        made = load_bundle(assets / f"words-{name}", kind="words")
        assert made.config["method"] == name
        assert len(made.tables["words"]) >= 20_000
        _, out, _ = ask(capsys, "words", "similarity", "good", "great", "--vectors", name)
        _, other, _ = ask(capsys, "words", "similarity", "good", "ship", "--vectors", name)
        assert float(out) > float(other)
