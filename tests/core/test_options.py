"""Numbers and paths of every command have bounds: asked of all parsers at once."""

import argparse

import pytest

from core.__main__ import build_parser, main
from core.options import place, real, whole
from tests.core.test_command import leaves

ABSURD = (str(10**30), str(-(10**30)), "inf", "-inf", "nan", "1e400", "9" * 5000, "", "x")


def numbers():
    for path, parser in leaves(build_parser()):
        for action in parser._actions:
            if action.type is not None and action.type is not place:
                yield pytest.param(action, id=f"{' '.join(path)} {action.dest}")


@pytest.mark.parametrize("action", list(numbers()))
def test_no_number_is_without_bounds(action):
    assert action.type not in (int, float)
    for text in ABSURD:
        with pytest.raises(argparse.ArgumentTypeError) as refused:
            action.type(text)
        assert "should be" in str(refused.value) and len(str(refused.value)) < 200


def test_bounds_belong_to_what_is_allowed():
    assert (whole(1, 5)("1"), whole(1, 5)("5"), real(0, 1)("1"), real(0, 1)("0")) == (
        1,
        5,
        1.0,
        0.0,
    )
    for kind, text, said in (
        (whole(1, 5), "6", r"\(6\) should be at most 5"),
        (whole(1, 5), "0", r"\(0\) should be at least 1"),
        (whole(1, 5), "2.5", "a whole number"),
        (real(0, 1), "1.5", "at most 1"),
        (real(0, 1), "nan", "a number"),
    ):
        with pytest.raises(argparse.ArgumentTypeError, match=said):
            kind(text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "movies", "--seed", str(2**64)], "--seed (18446744073709551616) should be at m"),
        (["train", "movies", "--folds", "200000"], "--folds (200000) should be at most 100"),
        (["train", "words", "--epochs", "0"], "--epochs (0) should be at least 1"),
        (["train", "textgen", "--devices", "-3"], "--devices (-3) should be at least 1"),
        (["train", "movies", "--out", ""], "--out () should be the name of a file or folder"),
        (["words", "map", "--exaggeration", "inf"], "--exaggeration (inf) should be at most"),
        (["movies"], "the following arguments are required: QUESTION"),
        (["movies", "top", "--nn", "3"], "unrecognized arguments: --nn 3"),
        (["nothing"], "invalid choice"),
    ],
)
def test_a_refused_option_is_one_line_and_leaves_nothing(
    capsys, monkeypatch, tmp_path, arguments, said
):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    found = capsys.readouterr()
    assert not found.out and found.err.count("\n") == 1
    assert said in found.err and "--help" in found.err
    assert not list(tmp_path.iterdir())
