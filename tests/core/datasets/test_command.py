"""`data list` and `data get` as people and scripts see them."""

import argparse
import hashlib
import json
from pathlib import Path

import pytest

from core.datasets import REGISTRY
from core.datasets.command import register
from core.errors import DataError, InputError

BODY = b"not really an archive"
SHA256 = hashlib.sha256(BODY).hexdigest()


def run(*words: str | Path) -> None:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers(required=True))
    args = parser.parse_args([str(word) for word in words])
    args.run(args)


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / "ml-100k.zip").write_bytes(BODY)
    (folder / "nietzsche.txt").write_bytes(BODY)
    return folder


def test_list_shows_every_set_and_where_it_is(folder, tmp_path, capsys):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "ml-1m.zip").write_bytes(b"x" * 1_234_567)
    run("data", "list", "--mirror", folder, "--data-dir", kept)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "version", "size", "licence", "here"]
    rows = {line.split()[0]: line for line in lines[1 : 1 + len(REGISTRY)]}
    assert list(rows) == list(REGISTRY)
    assert rows["ml-100k"].endswith("in the mirror")
    assert rows["ml-1m"].endswith("kept")
    assert "1.2 MB" in rows["ml-1m"]
    assert "262.0 MB" in rows["ml-25m"]
    assert "GroupLens" in rows["ml-25m"]
    assert rows["ml-25m"].endswith("no")
    assert rows["dogscats-sample"].endswith("no (mirror only)")
    assert f"data folder: {kept}" in lines
    assert f"mirror: {folder}" in lines
    assert max(map(len, lines[: 1 + len(REGISTRY)])) <= 140


def test_list_as_json(folder, tmp_path, capsys):
    run("data", "list", "--mirror", folder, "--data-dir", tmp_path, "--json")
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["mirror"] == str(folder)
    assert answer["data_dir"] == str(tmp_path)
    sets = {entry["name"]: entry for entry in answer["datasets"]}
    assert set(sets) == set(REGISTRY)
    assert sets["ml-100k"]["here"] is True
    assert sets["ml-100k"]["path"] == str(folder / "ml-100k.zip")
    assert sets["ml-100k"]["local_size_bytes"] == len(BODY)
    assert sets["ml-100k"]["expected"]["ratings"] == 100_000
    assert sets["imdb"]["here"] is False
    assert sets["imdb"]["path"] is None


def test_get_copies_from_a_folder(folder, tmp_path, capsys):
    kept = tmp_path / "kept"
    run("data", "get", "ml-100k", "--mirror", folder, "--data-dir", kept)
    out, err = capsys.readouterr()
    assert f"ml-100k: {kept / 'ml-100k.zip'}" in out
    assert SHA256 in out
    assert "Harper" in out
    assert "ml-100k.zip" in err  # the bar
    assert (kept / "ml-100k.zip").read_bytes() == BODY


def test_get_several_as_json(folder, tmp_path, capsys):
    kept = tmp_path / "kept"
    names = ("nietzsche", "ml-100k", "nietzsche")
    run("data", "get", *names, "--mirror", folder, "--data-dir", kept, "--json")
    out = capsys.readouterr().out
    (line,) = out.splitlines()
    assert json.loads(line)["datasets"] == [
        {
            "name": name,
            "path": str(kept / file),
            "sha256": SHA256,
            "size_bytes": len(BODY),
            "source": str(folder),
        }
        for name, file in (("nietzsche", "nietzsche.txt"), ("ml-100k", "ml-100k.zip"))
    ]


def test_get_from_a_web_mirror(site, tmp_path, capsys):
    site.put("nietzsche.txt", BODY)
    run("data", "get", "nietzsche", "--mirror", site.url(), "--data-dir", tmp_path)
    assert (tmp_path / "nietzsche.txt").read_bytes() == BODY
    assert site.url("nietzsche.txt") in capsys.readouterr().out


def test_a_wrong_name_stops_before_anything_is_fetched(folder, tmp_path):
    kept = tmp_path / "kept"
    with pytest.raises(InputError, match="'ml-100' is unknown"):
        run("data", "get", "nietzsche", "ml-100", "--mirror", folder, "--data-dir", kept)
    assert not kept.exists()


def test_a_set_that_cannot_be_had(folder, tmp_path):
    with pytest.raises(DataError, match="does not have it"):
        run("data", "get", "dogscats-sample", "--mirror", folder, "--data-dir", tmp_path)


@pytest.mark.parametrize("words", [["data"], ["data", "get"], ["data", "drop"]])
def test_incomplete_commands_are_usage_errors(words, capsys):
    with pytest.raises(SystemExit) as caught:
        run(*words)
    assert caught.value.code == 2
