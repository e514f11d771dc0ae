"""Where data sets are found, in which order, and what is checked on the way."""

import dataclasses
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.datasets import REGISTRY, data_dir, ensure, lookup, store
from core.datasets import mirror as mirror_module
from core.datasets.mirror import (
    FolderMirror,
    WebMirror,
    cached_hash,
    parse_sums,
    resolve_mirror,
    write_json,
)
from core.datasets.store import keep
from core.errors import DataError, InputError
from core.sentiment.explore import local_reviews as local
from core.words.explore.glove import glove_if_here

ROOT = Path(__file__).resolve().parents[3]
NAME, FILE = "ml-100k", "ml-100k.zip"
BODY = np.random.default_rng(0).bytes(400_000)
SHA256 = hashlib.sha256(BODY).hexdigest()
WRONG = "0" * 64


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder mirror with one archive and its checksum."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / FILE).write_bytes(BODY)
    (folder / "SHA256SUMS").write_text(f"{SHA256}  {FILE}\n{WRONG} *other.zip\n")
    return folder


@pytest.fixture
def kept(tmp_path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def hashed(monkeypatch) -> list[str]:
    """Names of the files that were read through for their checksum."""
    seen = []
    hash_file = mirror_module.hash_file

    def counting(path: Path) -> str:
        seen.append(path.name)
        return hash_file(path)

    monkeypatch.setattr(mirror_module, "hash_file", counting)
    monkeypatch.setattr(store, "hash_file", counting)
    return seen


def error_line(call, *args, **kwargs) -> str:
    with pytest.raises(DataError) as caught:
        call(*args, **kwargs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def register_as(monkeypatch, **changes) -> None:
    """Lets the registry know ml-100k by other facts."""
    changed = dataclasses.replace(lookup(NAME), **changes)
    monkeypatch.setattr(store, "lookup", lambda _: changed)


def test_data_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_dir() == tmp_path / ".cache" / "latent-lab"
    monkeypatch.setenv("LATENT_LAB_DATA", str(tmp_path / "env"))
    assert data_dir() == tmp_path / "env"
    assert data_dir("~/own") == tmp_path / "own"
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="--data-dir .*file' is a file"):
        data_dir(tmp_path / "file")


def test_a_user_without_a_home_folder(monkeypatch, folder):
    def unknown(_):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", unknown)
    monkeypatch.delenv("LATENT_LAB_DATA", raising=False)
    with pytest.raises(store.NoHome, match="--data-dir or LATENT_LAB_DATA"):
        data_dir()
    for use, name in ((data_dir, "--data-dir"), (resolve_mirror, "--mirror")):
        with pytest.raises(InputError, match=f"{name} '~nobody/x' begins with the home folder"):
            use("~nobody/x")
    assert glove_if_here() is None and not local.is_here()  # so pages and commands do without


def test_resolve_mirror(folder, monkeypatch):
    assert resolve_mirror() is None
    assert resolve_mirror("") is None
    assert resolve_mirror(folder) == FolderMirror(folder)
    assert resolve_mirror("http://host/x") == WebMirror("http://host/x")
    monkeypatch.setenv("LATENT_LAB_MIRROR", "https://host")
    assert resolve_mirror() == WebMirror("https://host")
    assert resolve_mirror(folder) == FolderMirror(folder)
    with pytest.raises(InputError, match="--mirror '/no/such' is not a folder"):
        resolve_mirror("/no/such")
    with pytest.raises(InputError, match="ftp://host"):
        resolve_mirror("ftp://host")
    monkeypatch.setenv("LATENT_LAB_MIRROR", "/no/such")
    with pytest.raises(InputError, match="LATENT_LAB_MIRROR '/no/such' is not a folder"):
        resolve_mirror()


def test_web_mirror_addresses():
    assert WebMirror("http://host/a/").address("b c.zip") == "http://host/a/b%20c.zip"


def test_parse_sums():
    text = f"# made by hand\n{WRONG}  a b.zip\n\n{'AB' * 32} *./c.zip\n"
    assert parse_sums(text, "SUMS") == {"a b.zip": WRONG, "c.zip": "ab" * 32}
    assert "SUMS, line 2," in error_line(parse_sums, f"{WRONG}  a\nnonsense\n", "SUMS")


def test_folder_mirror_is_read_in_place(folder, kept):
    local = ensure(NAME, mirror=folder, data_dir=kept)
    assert local.path == folder / FILE
    assert (local.sha256, local.source) == (SHA256, str(folder))
    assert local.dataset is REGISTRY[NAME]
    assert not (kept / FILE).exists()


def test_folder_mirror_comes_before_the_kept_file(folder, kept):
    kept.mkdir()
    (kept / FILE).write_bytes(b"kept")
    assert ensure(NAME, mirror=folder, data_dir=kept).path == folder / FILE
    (folder / FILE).unlink()
    assert ensure(NAME, mirror=folder, data_dir=kept).path == kept / FILE


def test_folder_mirror_by_environment(folder, kept, monkeypatch):
    monkeypatch.setenv("LATENT_LAB_MIRROR", str(folder))
    monkeypatch.setenv("LATENT_LAB_DATA", str(kept))
    assert ensure(NAME, download=False).path == folder / FILE


def test_folder_mirror_with_a_wrong_checksum(folder, kept):
    (folder / "SHA256SUMS").write_text(f"{WRONG}  {FILE}\n")
    message = error_line(ensure, NAME, mirror=folder, data_dir=kept)
    assert SHA256 in message
    assert WRONG in message
    assert error_line(keep, NAME, mirror=folder, data_dir=kept)
    assert list(kept.glob(f"{FILE}*")) == []


@pytest.mark.parametrize("sums", [None, "", f"{WRONG}  other.zip\n"])
def test_folder_mirror_that_says_nothing_of_the_file(folder, kept, sums):
    (folder / "SHA256SUMS").unlink()
    if sums is not None:
        (folder / "SHA256SUMS").write_text(sums)
    assert ensure(NAME, mirror=folder, data_dir=kept).sha256 == SHA256


def test_a_mirrors_archive_is_hashed_once(folder, kept, hashed):
    for _ in range(3):
        ensure(NAME, mirror=folder, data_dir=kept)
    assert hashed == [FILE]
    (folder / FILE).write_bytes(BODY + b"!")
    error_line(ensure, NAME, mirror=folder, data_dir=kept)
    assert hashed == [FILE] * 2


def test_a_damaged_record_of_hashes_costs_only_time(folder, kept, hashed):
    kept.mkdir()
    for content in ("{", "[]", '{"x": 1}'):
        (kept / "mirror-hashes.json").write_text(content)
        assert cached_hash(folder / FILE, kept) == SHA256
    assert hashed == [FILE] * 3


def test_a_cache_that_cannot_be_written_costs_only_time(folder, tmp_path, hashed):
    (tmp_path / "file").write_text("not a folder")
    for _ in range(2):
        assert cached_hash(folder / FILE, tmp_path / "file") == SHA256
    assert hashed == [FILE] * 2


def test_keep_copies_from_a_folder_mirror(folder, kept, hashed):
    local = keep(NAME, mirror=folder, data_dir=kept, progress=False)
    assert local.path == kept / FILE
    assert local.path.read_bytes() == BODY
    record = json.loads((kept / f"{FILE}.json").read_text())
    assert record["sha256"] == SHA256
    assert record["size_bytes"] == len(BODY)
    assert record["source"] == str(folder)
    assert record["version"] == lookup(NAME).version
    assert keep(NAME, data_dir=kept) == local
    assert ensure(NAME, data_dir=kept) == local
    assert hashed == []


def test_kept_file_that_changed(folder, kept, hashed):
    path = keep(NAME, mirror=folder, data_dir=kept, progress=False).path
    os.utime(path, ns=(0, 0))  # another time, the same bytes: hashed, then trusted again
    for _ in range(2):
        assert ensure(NAME, data_dir=kept).sha256 == SHA256
    assert hashed == [FILE]
    path.write_bytes(BODY + b"!")
    message = error_line(ensure, NAME, data_dir=kept)
    assert "changed since it was fetched" in message
    assert message.endswith("python -m core data get ml-100k")


def test_file_placed_by_hand(kept):
    kept.mkdir()
    (kept / FILE).write_bytes(BODY)
    local = ensure(NAME, data_dir=kept)
    assert (local.sha256, local.source) == (SHA256, "placed by hand")
    assert json.loads((kept / f"{FILE}.json").read_text())["sha256"] == SHA256


def test_missing_set_names_the_command(folder, kept):
    message = error_line(ensure, "ml-1m", data_dir=kept, download=False)
    assert str(kept) in message
    assert message.endswith("python -m core data get ml-1m")
    message = error_line(ensure, "dogscats-sample", data_dir=kept, download=False)
    assert message.endswith("python -m core data get dogscats-sample --mirror DIR_OR_URL")
    assert not kept.exists()


def test_set_without_official_address_and_without_mirror(folder, kept):
    name = "ml-latest-small-2016"
    message = error_line(ensure, name, data_dir=kept)
    assert "no mirror is set" in message
    assert "LATENT_LAB_MIRROR" in message
    assert f"{folder} does not have it" in error_line(ensure, name, data_dir=kept, mirror=folder)


def test_official_download_is_checked_and_recorded(site, kept, monkeypatch):
    url = site.put("official.zip", BODY)
    register_as(monkeypatch, url=url, size_bytes=len(BODY), sha256=SHA256)
    local = ensure(NAME, data_dir=kept, progress=False)
    assert (local.path, local.sha256, local.source) == (kept / FILE, SHA256, url)
    assert ensure(NAME, data_dir=kept) == local
    assert len(site.requests) == 1


@pytest.mark.parametrize("facts", [{"sha256": WRONG, "size_bytes": None}, {"size_bytes": 7}])
def test_official_download_that_differs(site, kept, monkeypatch, facts):
    register_as(monkeypatch, url=site.put("official.zip", BODY), **facts)
    error_line(ensure, NAME, data_dir=kept, progress=False)
    assert list(kept.iterdir()) == []


def test_unknown_official_checksum_is_recorded_as_seen(site, kept, monkeypatch):
    url = site.put("official.zip", BODY)
    register_as(monkeypatch, url=url, size_bytes=None, sha256=None)
    assert ensure(NAME, data_dir=kept, progress=False).sha256 == SHA256


def test_web_mirror(site, kept):
    # The registry's checksum is the official archive's, which this one is not.
    site.put(FILE, BODY)
    site.put("SHA256SUMS", f"{SHA256}  {FILE}\n".encode())
    local = ensure(NAME, mirror=site.url(), data_dir=kept, progress=False)
    assert (local.sha256, local.source) == (SHA256, site.url(FILE))
    assert [path for path, _ in site.requests] == ["/SHA256SUMS", f"/{FILE}"]


def test_web_mirror_without_checksums(site, kept):
    site.put(FILE, BODY)
    assert ensure(NAME, mirror=site.url(), data_dir=kept, progress=False).sha256 == SHA256


def test_web_mirror_with_a_wrong_checksum(site, kept):
    site.put(FILE, BODY)
    site.put("SHA256SUMS", f"{WRONG}  {FILE}\n".encode())
    message = error_line(ensure, NAME, mirror=site.url(), data_dir=kept, progress=False)
    assert WRONG in message
    assert list(kept.iterdir()) == []


def test_web_mirror_that_does_not_have_it(site, kept):
    message = error_line(ensure, NAME, mirror=site.url(), data_dir=kept, progress=False)
    assert site.url(FILE) in message
    assert "404" in message


def test_unknown_name(kept):
    with pytest.raises(InputError, match="ml-100k"):
        ensure("ml-100", data_dir=kept)


def test_write_json_leaves_no_half(tmp_path):
    path = tmp_path / "record.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


# Says how many bytes are safe on the disk, then goes on.
DOWNLOADER = """
import sys
from core.datasets import ensure, part
append = part.Part.append
def announcing(self, chunk):
    append(self, chunk)
    print(self.size, flush=True)
part.Part.append = announcing
ensure(sys.argv[1], mirror=sys.argv[2], data_dir=sys.argv[3], progress=False)
"""


def test_a_killed_download_leaves_no_file_and_the_next_call_completes_it(site, step, kept):
    half = len(BODY) // 2
    site.put(FILE, BODY)
    site.put("SHA256SUMS", f"{SHA256}  {FILE}\n".encode())
    site.steps.extend([step(), step(cut_at=half, stalls=True)])
    command = [sys.executable, "-c", DOWNLOADER, NAME, site.url(), str(kept)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if int(line) == half:
                break
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (kept / FILE).exists()
    assert (kept / f"{FILE}.part").read_bytes() == BODY[:half]

    local = ensure(NAME, mirror=site.url(), data_dir=kept, progress=False)
    assert local.path.read_bytes() == BODY
    assert site.requests[-1] == (f"/{FILE}", f"bytes={half}-")
    assert sorted(path.name for path in kept.iterdir()) == [FILE, f"{FILE}.json"]


def test_every_file_of_the_real_mirror_is_found_in_place(mirror, kept, hashed):
    files = {path.name for path in mirror.iterdir()} - {"README.md", "SHA256SUMS"}
    sets = [dataset for dataset in REGISTRY.values() if dataset.filename in files]
    assert {dataset.filename for dataset in sets} == files
    for dataset in sets:
        local = ensure(dataset.name, mirror=mirror, data_dir=kept, download=False)
        assert local.path == mirror / dataset.filename
        assert local.sha256 in (mirror / "SHA256SUMS").read_text()
        ensure(dataset.name, mirror=mirror, data_dir=kept, download=False)
    assert sorted(hashed) == sorted(files)  # each of them once


def test_a_damaged_copy_of_the_real_mirror_is_noticed(mirror, tmp_path, kept):
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(mirror / "SHA256SUMS", copy)
    raw = bytearray((mirror / "nietzsche.txt").read_bytes())
    raw[1000] ^= 1
    (copy / "nietzsche.txt").write_bytes(raw)
    assert "damaged" in error_line(ensure, "nietzsche", mirror=copy, data_dir=kept)


def test_importing_the_package_is_light():
    code = "import sys, core.datasets, core.datasets.command; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {"jax", "flax", "optax", "streamlit", "plotly", "pandas"}
