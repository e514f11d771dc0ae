"""The registry: facts in a usable form, look-up, and the comparison of counts."""

import re

import pytest

from core.datasets import REGISTRY, check_counts, lookup
from core.errors import DataError, InputError


def test_names_and_files_are_unique_and_plain():
    files = [dataset.filename for dataset in REGISTRY.values()]
    assert len(set(files)) == len(files)
    for name, dataset in REGISTRY.items():
        assert dataset.name == name
        assert re.fullmatch(r"[a-z0-9-]+", name)
        assert re.fullmatch(r"[A-Za-z0-9._-]+", dataset.filename)


@pytest.mark.parametrize("dataset", REGISTRY.values(), ids=REGISTRY.keys())
def test_facts_have_their_form(dataset):
    assert dataset.url is None or re.fullmatch(r"https://[^/]+/.+", dataset.url)
    assert dataset.homepage.startswith("https://")
    assert dataset.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", dataset.sha256)
    assert dataset.size_bytes is None or dataset.size_bytes > 0
    assert dataset.url or (dataset.size_bytes is None and dataset.sha256 is None)
    assert all(count >= 0 for count in dataset.expected.values())
    assert all((dataset.title, dataset.version, dataset.licence, dataset.citation, dataset.note))


def test_every_set_can_be_told_by_a_checksum_or_by_counts():
    assert all(dataset.sha256 or dataset.expected for dataset in REGISTRY.values())


def test_the_registry_is_read_only():
    with pytest.raises(TypeError):
        REGISTRY["new"] = REGISTRY["imdb"]
    with pytest.raises(AttributeError):
        REGISTRY["imdb"].name = "other"


def test_the_official_text_is_the_one_in_the_mirror(mirror):
    # Single files are not packed again, so the official facts hold for the mirror's copies too.
    for name in ("tinyshakespeare", "nietzsche"):
        dataset = lookup(name)
        path = mirror / dataset.filename
        assert path.stat().st_size == dataset.size_bytes == dataset.expected["bytes"]
    sums = (mirror / "SHA256SUMS").read_text()
    assert f"{lookup('tinyshakespeare').sha256}  tinyshakespeare.txt" in sums


def test_lookup():
    assert lookup("ml-100k").title == "MovieLens 100K"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("ml-100", "ml-100k"), ("ML-32M", "ml-32m"), ("vgg", "vgg16"), ("qqq", "nietzsche")],
)
def test_unknown_name_lists_the_nearest(name, expected):
    with pytest.raises(InputError, match=f"{name!r} is unknown.*{expected}") as caught:
        lookup(name)
    assert "\n" not in str(caught.value)


def test_check_counts_lists_every_difference():
    dataset = lookup("ml-100k")
    check_counts(dataset, dataset.expected)
    check_counts(dataset, {"ratings": 100_000, "lines": 3})
    with pytest.raises(DataError) as caught:
        check_counts(dataset, {"ratings": 99_999, "users": 943, "rated_movies": 7})
    message = str(caught.value)
    assert "99,999 ratings instead of 100,000" in message
    assert "7 rated movies instead of 1,682" in message
    assert "users" not in message
    assert "python -m core data get ml-100k" in message
