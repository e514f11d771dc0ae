"""Archives in place: what they hold, and all that they must not do."""

import io
import string
import tarfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets import (
    find_member,
    iter_members,
    lookup,
    member_names,
    open_member,
    open_text,
    read_member,
)
from core.datasets.archives import is_safe_name
from core.errors import DataError

FILES = {
    "top/ratings.csv": b"a,b\n1,2\n",
    "top/deep/text.txt": "Müller\r\nzwei\n".encode(),
    "top/noise.bin": np.random.default_rng(0).bytes(300_000),
    "top/block.bin": b"x" * 1024,  # an exact number of tar blocks
    "top/empty.txt": b"",
}
KINDS = ("zip", "tar", "tar.gz")


def pack(path: Path, files: dict[str, bytes]) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("top/", b"")
            for name, body in files.items():
                archive.writestr(name, body)
        return path
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        folder = tarfile.TarInfo("top")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return path


@pytest.fixture(params=KINDS)
def archive(request, tmp_path) -> Path:
    return pack(tmp_path / f"archive.{request.param}", FILES)


def error_line(call, *args, **kwargs) -> str:
    with pytest.raises(DataError) as caught:
        call(*args, **kwargs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def read_all(path: Path, **kwargs) -> dict[str, bytes]:
    return dict(iter_members(path, **kwargs))


def test_names_and_contents(archive):
    assert member_names(archive) == tuple(FILES)
    assert read_all(archive) == FILES
    for name, body in FILES.items():
        assert read_member(archive, name) == body


def test_content_decides_not_the_name(tmp_path):
    disguised = pack(tmp_path / "a.tar.gz", FILES).rename(tmp_path / "a.zip")
    assert member_names(disguised) == tuple(FILES)


def test_choice_of_members(archive):
    assert set(read_all(archive, suffix=".txt")) == {"top/deep/text.txt", "top/empty.txt"}
    assert set(read_all(archive, prefix="top/deep/")) == {"top/deep/text.txt"}
    chosen = read_all(archive, suffix=".txt", predicate=lambda name: "deep" not in name)
    assert set(chosen) == {"top/empty.txt"}


def test_open_member_reads_piece_by_piece(archive):
    with open_member(archive, "top/noise.bin") as stream:
        pieces = list(iter(lambda: stream.read(7_001), b""))
    assert b"".join(pieces) == FILES["top/noise.bin"]


def test_open_text(archive):
    with open_text(archive, "top/deep/text.txt") as text:
        assert list(text) == ["Müller\n", "zwei\n"]
    with open_text(archive, "top/deep/text.txt", encoding="latin-1", newline="") as text:
        assert text.read() == "MÃ¼ller\r\nzwei\n"


def test_text_of_another_encoding(archive):
    with pytest.raises(DataError, match=r"text\.txt is not ascii text.*0xc3"):
        with open_text(archive, "top/deep/text.txt", encoding="ascii") as text:
            text.read()


def test_errors_of_the_reader_pass_unchanged(archive):
    with pytest.raises(OSError, match="mine"):
        with open_text(archive, "top/deep/text.txt"):
            raise OSError("mine")


def test_find_member(archive, tmp_path):
    assert find_member(archive, "ratings.csv") == "top/ratings.csv"
    assert find_member(archive, "deep/text.txt") == "top/deep/text.txt"
    assert find_member(archive, "top/empty.txt") == "top/empty.txt"
    message = error_line(find_member, archive, "atings.csv")  # a whole name, not its tail
    assert "no member 'atings.csv'; it holds 5 files: top/ratings.csv" in message
    twice = pack(tmp_path / "twice.zip", {"a/x.csv": b"", "b/x.csv": b""})
    assert "2 members called 'x.csv': a/x.csv, b/x.csv" in error_line(find_member, twice, "x.csv")


def test_missing_member_and_missing_archive(archive, tmp_path):
    assert "no member 'nothing'" in error_line(read_member, archive, "nothing")
    assert "cannot read" in error_line(member_names, tmp_path / "ml-100k.zip")
    assert "data get ml-100k" in error_line(member_names, tmp_path / "ml-100k.zip")


def test_oversized_member(archive):
    for call in (read_member, lambda path, name, **limit: read_all(path, suffix=name, **limit)):
        assert call(archive, "top/block.bin", max_bytes=1024)
        message = error_line(call, archive, "top/block.bin", max_bytes=1023)
        assert "member top/block.bin has more than 1,023 bytes: refused" in message


def test_unchosen_members_may_be_large(archive):
    assert read_all(archive, suffix=".csv", max_bytes=100) == {"top/ratings.csv": b"a,b\n1,2\n"}


def test_zip_bomb_that_lies_about_its_size(tmp_path):
    path = pack(tmp_path / "bomb.zip", {"bomb": b"\0" * 5_000_000})
    raw = bytearray(path.read_bytes())
    assert len(raw) < 10_000
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        # The second entry is the bomb; the first is the folder.
        at = raw.index(signature, raw.index(signature) + 4) + offset
        assert int.from_bytes(raw[at : at + 4], "little") == 5_000_000
        raw[at : at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(raw)
    message = error_line(read_member, path, "bomb", max_bytes=1000)
    assert "bomb" in message
    assert "replace it by a whole copy" in message


def test_a_declared_size_is_refused_before_reading(tmp_path):
    path = pack(tmp_path / "a.zip", {"small": b"text"})
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02") + 24
    raw[at : at + 4] = (5_000_000).to_bytes(4, "little")
    path.write_bytes(raw)
    for call in (read_member, lambda path, _, **limit: read_all(path, **limit)):
        assert "more than 1,000 bytes: refused" in error_line(call, path, "small", max_bytes=1000)


def test_encrypted_zip(tmp_path):
    path = pack(tmp_path / "a.zip", FILES)
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02") + 8
    raw[at] |= 1
    path.write_bytes(raw)
    assert "encrypted" in error_line(member_names, path)


def test_unknown_compression(tmp_path):
    path = pack(tmp_path / "a.zip", {"x": b"text"})
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02") + 10
    raw[at : at + 2] = (77).to_bytes(2, "little")
    path.write_bytes(raw)
    assert "member x" in error_line(read_member, path, "x")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/passwd", "a/../../evil", "C:/evil", "c:\\evil", "..\\evil", "a\\..\\b"],
)
def test_names_that_leave_the_archive(tmp_path, kind, name):
    path = pack(tmp_path / f"slip.{kind}", {"good": b"", name: b"evil"})
    for call in (member_names, read_all):
        assert "leaves the archive: refused" in error_line(call, path)
    assert "refused" in error_line(read_member, path, name)


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.FIFOTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.GNUTYPE_SPARSE,
    ],
)
def test_links_and_devices(tmp_path, kind):
    path = tmp_path / "links.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("top/link")
        info.type, info.linkname = kind, "../../etc/passwd"
        archive.addfile(info)
    assert "top/link is a link, a device or sparse" in error_line(member_names, path)


def test_tar_header_of_absurd_length(tmp_path):
    path = tmp_path / "pax.tar.gz"
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, 1 << 32
    packer = zlib.compressobj(wbits=31)
    path.write_bytes(packer.compress(info.tobuf() + b"\0" * 4096) + packer.flush())
    assert "a header of 4,294,967,296 bytes" in error_line(member_names, path)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.99])
def test_cut_archives(archive, share):
    raw = archive.read_bytes()
    archive.write_bytes(raw[: int(len(raw) * share)])
    message = error_line(read_all, archive)
    assert str(archive) in message
    assert "replace it by a whole copy" in message


def test_tar_cut_between_two_members(tmp_path):
    path = pack(tmp_path / "a.tar", FILES)
    raw = path.read_bytes()
    at = raw.index(b"top/block.bin")
    path.write_bytes(raw[:at])
    assert "its end is missing" in error_line(read_all, path)


def test_tar_with_a_damaged_header_is_not_taken_for_a_short_one(tmp_path):
    path = pack(tmp_path / "a.tar", FILES)
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"top/block.bin") + 3] ^= 0xFF
    path.write_bytes(raw)
    assert "damaged" in error_line(read_all, path)


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_flipped_byte_is_found_by_the_checksum(tmp_path, kind):
    path = pack(tmp_path / f"a.{kind}", FILES)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0x55
    path.write_bytes(raw)
    assert "damaged" in error_line(read_all, path)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"<html>not found</html>", b"\x1f\x8b", b"\0" * 99]
)
def test_foreign_files(tmp_path, content):
    path = tmp_path / "ml-1m.zip"
    path.write_bytes(content)
    message = error_line(member_names, path)
    assert "cut, damaged or no zip or tar archive" in message
    assert "python -m core data get ml-1m" in message


PARTS = st.text(string.ascii_letters + string.digits + "._- äß", min_size=1).filter(
    lambda part: part not in (".", "..")
)


@given(st.lists(PARTS, min_size=1, max_size=5))
def test_ordinary_names_are_safe(parts):
    assert is_safe_name("/".join(parts))


@given(st.lists(PARTS, max_size=3), st.lists(PARTS, max_size=3), st.sampled_from("/\\"))
def test_names_with_a_way_up_are_not(before, after, sep):
    assert not is_safe_name(sep.join([*before, "..", *after]))


@given(st.text())
def test_safe_names_stay_below_the_folder(name):
    if is_safe_name(name):
        base = Path("/base/folder")
        resolved = Path(*(base / name).parts)
        assert resolved.is_relative_to(base)
        assert ".." not in resolved.parts


@given(st.dictionaries(st.lists(PARTS, min_size=1, max_size=3).map("/".join), st.binary()))
def test_round_trip(tmp_path_factory, files):
    for kind in KINDS:
        path = pack(tmp_path_factory.mktemp("round") / f"a.{kind}", files)
        assert read_all(path) == files


def test_real_archives_hold_what_the_registry_expects(mirror):
    path = mirror / lookup("dogscats-sample").filename
    names = member_names(path)
    for key, count in lookup("dogscats-sample").expected.items():
        folder = "dogscats/" + key.replace("_", "/") + "/"
        assert sum(name.startswith(folder) for name in names) == count
    with open_text(mirror / "glove.6B.zip", "glove.6B.50d.txt") as text:
        word, *vector = next(text).split()
    assert word == "the"
    assert len(vector) == 50
    members = iter_members(mirror / "aclImdb_v1.tar.gz", prefix="aclImdb/imdb.vocab")
    _, vocabulary = next(members)  # the first member: no need to read on
    members.close()
    assert len(vocabulary.split()) == lookup("imdb").expected["vocabulary"]
