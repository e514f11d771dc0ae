"""The data set's test reviews, found on this machine or not."""

from pathlib import Path

import numpy as np
import pytest

from core.datasets.registry import lookup
from core.errors import DataError, InputError
from core.sentiment.data import Texts
from core.sentiment.explore import local_reviews as local


@pytest.fixture(autouse=True)
def no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LATENT_LAB_MIRROR", raising=False)


def test_without_the_archive_nothing_is_fetched(tmp_path: Path) -> None:
    assert not local.is_here(data_dir=tmp_path)
    with pytest.raises(DataError, match="is not here .* data get imdb"):
        local.open_test_texts(data_dir=tmp_path)


def test_the_archive_is_found_by_its_name_and_opened_only_on_demand(tmp_path: Path) -> None:
    (tmp_path / lookup("imdb").filename).write_bytes(b"no archive")
    assert local.is_here(data_dir=tmp_path)
    with pytest.raises(DataError):
        local.open_test_texts(data_dir=tmp_path)


def test_a_wrong_setting_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        local.is_here(data_dir=tmp_path, mirror=tmp_path / "nothing")


def test_the_command_is_one_of_the_command_line() -> None:
    assert local.command() == "python -m core data get imdb"


def test_a_review_is_shown_as_its_tokens() -> None:
    tokens, starts = np.array([0, 1, 1, 0, 2], np.int32), np.array([0, 2, 2, 5])
    texts = Texts(tokens, starts, ("not", "bad", "<b>"), np.zeros(3), np.arange(3))
    assert [local.as_read(texts, row) for row in range(3)] == ["not bad", "", "bad not <b>"]
