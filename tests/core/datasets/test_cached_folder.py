"""A folder of what was computed: made once, replaced whole, or left alone."""

from pathlib import Path

import pytest

from core.datasets.cached_folder import cached_folder


def load(folder: Path) -> str | None:
    try:
        text = (folder / "text").read_text()
    except OSError:
        return None
    return text if text != "damaged" else None


def fill(text: str):
    def write(folder: Path) -> None:
        (folder / "text").write_text(text)

    return write


def refuse(folder: Path) -> None:
    raise AssertionError("it was made again")


def test_it_is_made_once(tmp_path):
    folder, source = tmp_path / "deep" / "kept", Path("archive")
    assert cached_folder(folder, load=load, write=fill("a"), source=source) == "a"
    assert cached_folder(folder, load=load, write=refuse, source=source) == "a"
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("is_folder", [True, False])
def test_what_is_unusable_is_replaced(tmp_path, is_folder):
    folder = tmp_path / "kept"
    if is_folder:
        folder.mkdir()
        (folder / "text").write_text("damaged")
        (folder / "more").write_text("of the old one")
    else:
        folder.write_text("a file")
    assert cached_folder(folder, load=load, write=fill("b"), source=Path("archive")) == "b"
    assert [path.name for path in folder.iterdir()] == ["text"]


def test_a_failure_leaves_the_old_one_and_no_more(tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "text").write_text("damaged")

    def fail(new: Path) -> None:
        (new / "text").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        cached_folder(folder, load=load, write=fail, source=Path("archive"))
    assert list(tmp_path.iterdir()) == [folder]
    assert (folder / "text").read_text() == "damaged"


def test_none_where_even_the_new_one_is_refused(tmp_path):
    assert (
        cached_folder(tmp_path / "kept", load=load, write=fill("damaged"), source=Path("a")) is None
    )
