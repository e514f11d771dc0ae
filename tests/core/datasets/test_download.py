"""The downloader against a real server on loopback, and copies from a folder."""

import errno
import hashlib
import json
import socket
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core.datasets import download, part
from core.datasets.download import copy_from_folder, fetch, read_small
from core.errors import DataError, InputError

BODY = np.random.default_rng(0).bytes(600_000)
OTHER = np.random.default_rng(1).bytes(600_000)


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def get(url: str, destination: Path, **kwargs) -> str:
    return fetch(url, destination, **{"progress": False, "pause_s": 0.0, **kwargs})


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def error_line(call, *args, **kwargs) -> str:
    with pytest.raises(DataError) as caught:
        call(*args, **kwargs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_whole_file_arrives_alone(site, tmp_path):
    destination = tmp_path / "new" / "file.zip"
    found = get(
        site.put("a", BODY),
        destination,
        expected_size=len(BODY),
        expected_sha256=sha256(BODY),
    )
    assert destination.read_bytes() == BODY
    assert found == sha256(BODY)
    assert names(destination.parent) == ["file.zip"]
    assert site.ranges() == [None]


def test_empty_file(site, tmp_path):
    assert get(site.put("a", b""), tmp_path / "f") == sha256(b"")
    assert (tmp_path / "f").read_bytes() == b""
    assert names(tmp_path) == ["f"]


@pytest.mark.parametrize("cut_at", [1, 4_096, 300_001, len(BODY) - 1])
def test_cut_connection_resumes_with_the_missing_bytes_only(site, step, tmp_path, cut_at):
    site.steps.append(step(cut_at=cut_at))
    found = get(site.put("a", BODY), tmp_path / "f")
    assert site.ranges() == [None, f"bytes={cut_at}-"]
    assert (tmp_path / "f").read_bytes() == BODY
    assert found == sha256(BODY)


def test_last_modified_guards_a_range_where_there_is_no_strong_etag(site, step, tmp_path):
    site.steps.append(step(cut_at=1000))
    date = "Mon, 17 Oct 2016 00:00:00 GMT"
    get(site.put("a", BODY, etag='W/"weak"', last_modified=date), tmp_path / "f")
    assert site.ranges() == [None, "bytes=1000-"]
    assert (tmp_path / "f").read_bytes() == BODY


def test_without_validators_it_starts_over(site, step, tmp_path):
    site.steps.append(step(cut_at=1000))
    get(site.put("a", BODY, etag=None), tmp_path / "f")
    assert site.ranges() == [None, None]
    assert (tmp_path / "f").read_bytes() == BODY


def test_gives_up_after_bounded_attempts_and_a_later_run_goes_on(site, step, tmp_path):
    url = site.put("a", BODY)
    site.steps.extend(step(cut_at=100_000) for _ in range(3))
    message = error_line(get, url, tmp_path / "f", attempts=3)
    assert "300,000 of 600,000 bytes after 3 attempts" in message
    assert "run the same command again" in message
    assert names(tmp_path) == ["f.part", "f.part.json"]

    get(url, tmp_path / "f")
    assert site.ranges() == [None, "bytes=100000-", "bytes=200000-", "bytes=300000-"]
    assert (tmp_path / "f").read_bytes() == BODY


def test_a_part_from_another_address_is_not_glued_on(site, step, tmp_path):
    site.steps.append(step(cut_at=1000))
    error_line(get, site.put("old", OTHER), tmp_path / "f", attempts=1)
    get(site.put("new", BODY), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BODY


@pytest.mark.parametrize("sidecar", [None, "{", "[]", '{"url": 3}'])
def test_a_part_without_a_usable_record_is_not_glued_on(site, tmp_path, sidecar):
    (tmp_path / "f.part").write_bytes(OTHER[:1000])
    if sidecar is not None:
        (tmp_path / "f.part.json").write_text(sidecar)
    get(site.put("a", BODY), tmp_path / "f")
    assert site.ranges() == [None]
    assert (tmp_path / "f").read_bytes() == BODY


def test_server_without_ranges_sends_all_again(site, step, tmp_path):
    site.steps.extend([step(cut_at=1000), step(ignores_range=True)])
    get(site.put("a", BODY), tmp_path / "f")
    assert site.ranges() == [None, "bytes=1000-"]
    assert (tmp_path / "f").read_bytes() == BODY


@pytest.mark.parametrize("ignores_if_range", [False, True])
def test_a_file_that_changed_meanwhile_is_taken_anew(site, step, tmp_path, ignores_if_range):
    site.steps.append(step(cut_at=1000))
    error_line(get, site.put("a", OTHER), tmp_path / "f", attempts=1)
    url = site.put("a", BODY, etag='"v2"')
    site.steps.append(step(ignores_if_range=ignores_if_range))
    get(url, tmp_path / "f")
    # A server that heeds If-Range sends the new file at once.
    again = [None] if ignores_if_range else []
    assert site.ranges() == [None, "bytes=1000-", *again]
    assert (tmp_path / "f").read_bytes() == BODY


def test_a_whole_part_needs_no_byte_more(site, tmp_path):
    url = site.put("a", BODY)
    (tmp_path / "f.part").write_bytes(BODY)
    origin = {"url": url, "etag": '"v1"', "last_modified": None, "size": len(BODY)}
    (tmp_path / "f.part.json").write_text(json.dumps(origin))
    assert get(url, tmp_path / "f") == sha256(BODY)
    assert site.ranges() == [f"bytes={len(BODY)}-"]
    assert names(tmp_path) == ["f"]


def test_a_file_that_became_shorter_starts_over(site, step, tmp_path):
    url = site.put("a", BODY[:500])
    (tmp_path / "f.part").write_bytes(OTHER[:1000])
    origin = {"url": url, "etag": '"v0"', "last_modified": None, "size": len(OTHER)}
    (tmp_path / "f.part.json").write_text(json.dumps(origin))
    site.steps.append(step(ignores_if_range=True))  # answers 416
    get(url, tmp_path / "f")
    assert site.ranges() == ["bytes=1000-", None]
    assert (tmp_path / "f").read_bytes() == BODY[:500]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_tried_again(site, step, tmp_path, status):
    site.steps.append(step(status=status))
    get(site.put("a", BODY), tmp_path / "f")
    assert len(site.requests) == 2
    assert (tmp_path / "f").read_bytes() == BODY


def test_a_lasting_failure_ends(site, step, tmp_path):
    site.steps.extend(step(status=500) for _ in range(9))
    message = error_line(get, site.put("a", BODY), tmp_path / "f", attempts=4)
    assert "status 500" in message
    assert "--mirror" in message
    assert len(site.requests) == 4
    assert names(tmp_path) == []


def test_not_found_is_asked_once(site, tmp_path):
    message = error_line(get, site.url("nothing"), tmp_path / "f")
    assert "status 404" in message
    assert len(site.requests) == 1
    assert names(tmp_path) == []


def test_a_server_that_falls_silent_is_left_and_asked_again(site, step, tmp_path):
    site.steps.append(step(cut_at=1000, stalls=True))
    get(site.put("a", BODY), tmp_path / "f", timeout_s=0.3)
    assert site.ranges() == [None, "bytes=1000-"]
    assert (tmp_path / "f").read_bytes() == BODY


def test_nobody_listens(tmp_path):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/a"
        message = error_line(get, url, tmp_path / "f", attempts=2)
    assert "refused" in message
    assert "--mirror" in message
    assert names(tmp_path) == []


def test_wrong_checksum_leaves_nothing(site, tmp_path):
    message = error_line(get, site.put("a", BODY), tmp_path / "f", expected_sha256=sha256(OTHER))
    assert sha256(OTHER) in message
    assert sha256(BODY) in message
    assert names(tmp_path) == []


def test_another_size_is_refused_before_a_byte_is_kept(site, tmp_path):
    message = error_line(get, site.put("a", BODY), tmp_path / "f", expected_size=10)
    assert "600,000 bytes instead of 10" in message
    assert names(tmp_path) == []


@pytest.mark.parametrize(("expected", "found"), [(700_000, "600,000"), (100, "")])
def test_another_size_of_a_body_without_length(site, step, tmp_path, expected, found):
    site.steps.append(step(hides_length=True))
    message = error_line(get, site.put("a", BODY), tmp_path / "f", expected_size=expected)
    assert f"{found} bytes instead of {expected:,}" in message or not found
    assert names(tmp_path) == []


def test_an_existing_file_stays_when_a_download_fails(site, tmp_path):
    (tmp_path / "f").write_bytes(b"old")
    error_line(get, site.put("a", BODY), tmp_path / "f", expected_sha256=sha256(OTHER))
    assert (tmp_path / "f").read_bytes() == b"old"


def test_redirects_go_to_the_web_only(site, step, tmp_path):
    target = site.put("target", BODY)
    url = site.put("a", b"")
    site.steps.append(step(status=302, location=target))
    get(url, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BODY

    secret = tmp_path / "secret"
    secret.write_text("x")
    for location in (secret.as_uri(), "ftp://127.0.0.1/x"):
        site.steps.append(step(status=302, location=location))
        assert location in error_line(get, url, tmp_path / "g")
        assert not (tmp_path / "g").exists()


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://host/x", "data:,x", "x", "http://"])
def test_other_schemes_are_refused(url, tmp_path):
    with pytest.raises(InputError, match="http"):
        fetch(url, tmp_path / "f")


def test_too_little_space_is_seen_before_the_download(site, tmp_path, monkeypatch):
    monkeypatch.setattr(part.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    message = error_line(get, site.put("a", BODY), tmp_path / "f")
    assert "is full (needs 600,000 bytes, has 1,000)" in message
    assert "LATENT_LAB_DATA" in message
    assert names(tmp_path) == []


def test_a_disk_that_fills_up_keeps_what_arrived(site, tmp_path, monkeypatch):
    append = part.Part.append

    def filling(self: part.Part, chunk: bytes) -> None:
        if self.size + len(chunk) > 200_000:
            with part.disk_errors(self.destination):
                raise OSError(errno.ENOSPC, "No space left on device")
        append(self, chunk)

    url = site.put("a", BODY)
    with monkeypatch.context() as patch:
        patch.setattr(part.Part, "append", filling)
        patch.setattr(download, "CHUNK_BYTES", 50_000)
        message = error_line(get, url, tmp_path / "f")
    assert "is full (no space left on device)" in message
    assert len(site.requests) == 1  # trying again would not help
    kept = (tmp_path / "f.part").stat().st_size
    assert 0 < kept <= 200_000
    get(url, tmp_path / "f")
    assert site.ranges()[-1] == f"bytes={kept}-"
    assert (tmp_path / "f").read_bytes() == BODY


def test_a_folder_that_cannot_be_written(site, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    message = error_line(get, site.put("a", BODY), tmp_path / "file" / "f")
    assert "--data-dir" in message


def test_two_at_once_download_once(site, step, tmp_path, monkeypatch):
    slow = step(cut_at=1000, stalls=True)
    site.steps.append(slow)
    url = site.put("a", BODY)
    waiting = threading.Event()
    monkeypatch.setattr(part, "announce_wait", lambda _: waiting.set())
    results = []

    def worker() -> None:
        results.append(get(url, tmp_path / "f"))

    first, second = threading.Thread(target=worker), threading.Thread(target=worker)
    first.start()
    assert slow.standing.wait(10)
    second.start()
    assert waiting.wait(10)
    slow.go_on.set()
    first.join()
    second.join()
    assert results == [sha256(BODY)] * 2
    assert site.ranges() == [None]
    assert names(tmp_path) == ["f"]


def test_copy_from_folder(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(BODY)
    target = tmp_path / "kept" / "f"
    assert copy_from_folder(source, target, expected_sha256=sha256(BODY), progress=False) == sha256(
        BODY
    )
    assert target.read_bytes() == BODY
    assert names(target.parent) == ["f"]


def test_copy_from_folder_checks(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(BODY)
    target = tmp_path / "kept" / "f"
    options = {"progress": False}
    message = error_line(copy_from_folder, source, target, expected_sha256=sha256(OTHER), **options)
    assert sha256(OTHER) in message
    message = error_line(copy_from_folder, source, target, expected_size=3, **options)
    assert "600,000 bytes instead of 3" in message
    message = error_line(copy_from_folder, tmp_path / "none", target, **options)
    assert "cannot read" in message
    assert names(target.parent) == []


def test_read_small(site, step):
    assert read_small(site.put("sums", b"text")) == b"text"
    assert read_small(site.url("nothing")) is None
    assert "longer than 3 bytes" in error_line(read_small, site.url("sums"), max_bytes=3)
    site.steps.append(step(status=500))
    assert "status 500" in error_line(read_small, site.url("sums"))


def test_progress_goes_to_stderr(site, tmp_path, capsys):
    get(site.put("a", BODY), tmp_path / "file.zip", progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "file.zip" in err
    assert "586k/586k" in err
