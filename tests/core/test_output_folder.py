import errno
import os
from pathlib import Path

import pytest

from core import output_folder as module
from core.bundle import Bundle, load_bundle, save_bundle
from core.errors import InputError, LatentLabError
from core.output_folder import bytes_of, check_file, output_folder, write_file, write_output


def bundle(name="b"):
    return Bundle("movies", name, {}, {}, {}, {"name": "d"}, {})


def full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_new_folder_is_made_with_those_above_it_and_holds_only_the_bundle(tmp_path):
    with output_folder(tmp_path / "a" / "b", needed=10) as out:
        out.save(bundle())
    assert load_bundle(tmp_path / "a" / "b").name == "b"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_what_was_not_needed_is_not_left_behind(tmp_path):
    with pytest.raises(InputError), output_folder(tmp_path / "a" / "b" / "c", needed=10):
        raise InputError("an option")
    assert not list(tmp_path.iterdir())


def test_checkpoints_stay_and_so_do_the_folders_around_them(tmp_path):
    with pytest.raises(KeyboardInterrupt), output_folder(tmp_path / "a" / "b", needed=10) as out:
        out.scaffold.mkdir()
        raise KeyboardInterrupt
    assert [path.name for path in (tmp_path / "a").iterdir()] == [".b.checkpoints"]
    with output_folder(tmp_path / "a" / "b", needed=10) as again:
        assert again.scaffold == out.scaffold


@pytest.mark.parametrize("named", [".", "", "here/..", "link"])
def test_the_folder_one_stands_in_is_filled_and_stays_the_same(tmp_path, monkeypatch, named):
    here = tmp_path / "x"
    (here / "here").mkdir(parents=True)
    (here / "here").rmdir()
    (tmp_path / "link").symlink_to(here)
    monkeypatch.chdir(here)
    before = here.stat().st_ino
    asked = tmp_path / "link" if named == "link" else Path(named)
    if named == "here/..":
        asked = Path("../x")
    for name in ("first", "second"):
        with output_folder(asked, needed=10) as out:
            assert out.scaffold.parent == here  # nothing is written outside of it
            out.save(bundle(name))
    assert here.stat().st_ino == before and load_bundle(here).name == "second"
    assert {path.name for path in here.iterdir()} == {
        "bundle.json",
        "weights.safetensors",
        "CARD.md",
    }


def test_a_link_is_followed_and_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for _ in range(2):
        with output_folder(tmp_path / "link", needed=10) as out:
            out.save(bundle())
    assert (tmp_path / "link").is_symlink() and load_bundle(tmp_path / "real").name == "b"
    assert {path.name for path in tmp_path.iterdir()} == {"real", "link"}


def refused(asked, said):
    with pytest.raises(InputError, match=said), output_folder(asked, needed=10):
        pass


def test_folders_that_cannot_hold_a_bundle_are_refused_before_the_work(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "loop").symlink_to("loop")
    save_bundle(bundle(), tmp_path / "b")
    refused(tmp_path / "file", "is no bundle, so it is not replaced")
    refused(tmp_path / "file" / "x", "cannot be written .*; choose another")
    refused(Path("/dev/null/x"), "cannot be written")
    refused(tmp_path / "loop", "cannot be used")
    refused(tmp_path / ("a" * 300), "too long")
    refused(Path("/"), "should name a folder|is no bundle")
    refused(tmp_path / "b" / "inside", "lies in the bundle")
    (tmp_path / "b" / "notes.txt").write_text("mine")
    refused(tmp_path / "b", r"other files beside the bundle \(notes.txt\)")
    assert (tmp_path / "file").read_text() == (tmp_path / "b" / "notes.txt").read_text() == "mine"


def test_a_second_run_is_refused_and_disturbs_nothing(tmp_path):
    with output_folder(tmp_path / "b", needed=10) as out:
        out.scaffold.mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "b")
        for asked in (tmp_path / "b", tmp_path / "link"):
            with pytest.raises(LatentLabError, match="being written by another run"):
                with output_folder(asked, needed=10):
                    pass
        assert out.scaffold.is_dir()
        out.save(bundle())
    with output_folder(tmp_path / "b", needed=10):
        pass


def test_a_full_disk_is_found_out_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(LatentLabError, match=r"--out .* is full: about 6 MB are needed; free some"):
        with output_folder(tmp_path / "b", needed=5_000_000):
            pass
    with pytest.raises(LatentLabError, match="is full"):
        check_file(tmp_path / "x.csv")
    assert not list(tmp_path.iterdir())


def test_a_bundle_that_cannot_be_written_is_kept_elsewhere(tmp_path, monkeypatch):
    (tmp_path / "shelter").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "shelter"))

    def save(bundle, directory):
        if "shelter" not in str(directory):
            full()
        return save_bundle(bundle, directory)

    monkeypatch.setattr(module, "save_bundle", save)
    with pytest.raises(LatentLabError, match="no space left .* lies in .* instead: move it"):
        with output_folder(tmp_path / "b", needed=10) as out:
            out.save(bundle())
    (kept,) = (tmp_path / "shelter").iterdir()
    assert load_bundle(kept / "b").name == "b"


def test_a_file_is_checked_before_and_kept_elsewhere_if_it_fails_after_all(tmp_path, monkeypatch):
    check_file(tmp_path / "x.csv")
    assert not list(tmp_path.iterdir())
    write_file(tmp_path / "x.csv", "a\n")
    write_file(tmp_path / "x.csv", "é\n")
    assert (tmp_path / "x.csv").read_bytes() == "é\n".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]
    check_file(tmp_path / "x.csv")
    for asked, said in (
        (tmp_path, "is a folder"),
        (tmp_path / "n" / "x", "should lie in a folder"),
    ):
        with pytest.raises(InputError, match=said):
            check_file(asked)
    write_file(Path("/dev/null"), "a")
    (tmp_path / "shelter").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "shelter"))
    with pytest.raises(LatentLabError, match="lies in .* instead"):
        write_file(Path("/dev/full"), "a\n")
    (kept,) = (tmp_path / "shelter").rglob("full")
    assert kept.read_text() == "a\n"


def test_what_standard_output_refuses_is_kept(tmp_path, monkeypatch):
    class Refusing:
        def write(self, _):
            raise LatentLabError("standard output cannot take the results")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sys.stdout", Refusing())
    with pytest.raises(LatentLabError, match="the result lies in"):
        write_output("a\n", "map.csv")
    (kept,) = tmp_path.rglob("map.csv")
    assert kept.read_text() == "a\n"


def test_the_size_of_a_bundle_is_guessed_by_the_one_that_ships():
    assert 100_000 < bytes_of("movies", "lesson-dot") < 1_000_000
    assert bytes_of("movies", "no such preset") > bytes_of("movies", "lesson-dot")
    assert bytes_of("no such topic", "x") == 0
