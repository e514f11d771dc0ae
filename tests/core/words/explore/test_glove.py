"""GloVe's text and the cache of what was read: round trips, and every way a file can be bad."""

import dataclasses
import hashlib
import json
import multiprocessing
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.datasets import ensure, lookup
from core.datasets.glove_text import SIZES, read_glove
from core.datasets.store import LocalData
from core.errors import DataError, InputError
from core.words.explore import glove
from core.words.explore.glove import glove_if_here, open_glove

ODD_WORDS = ["the", "<unk>", ",", '"', "#", "3\xa01/2", "naïve", "1", "-0.5", "日本", "nan", "\x85"]


def text_of(words: list[str], matrix: np.ndarray) -> bytes:
    lines = (
        " ".join([word, *(repr(float(value)) for value in row)])
        for word, row in zip(words, matrix, strict=True)
    )
    return "".join(f"{line}\n" for line in lines).encode()


def drawn(n_words: int, n_dims: int = 50, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n_words, n_dims)).astype(np.float32)


def write_text(path: Path, text: bytes) -> Path:
    path.write_bytes(text)
    return path


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return path


def local_of(path: Path, n_words: int) -> LocalData:
    dataset = dataclasses.replace(lookup("glove-6b"), expected={"words": n_words})
    return LocalData(dataset, path, hashlib.sha256(path.read_bytes()).hexdigest(), "test")


@pytest.fixture
def odd(tmp_path) -> LocalData:
    """A small archive with odd words."""
    text = text_of(ODD_WORDS, drawn(len(ODD_WORDS)))
    return local_of(write_zip(tmp_path / "small.zip", {"glove.6B.50d.txt": text}), len(ODD_WORDS))


def problem(call, *args, **kwargs) -> str:
    with pytest.raises(DataError) as caught:
        call(*args, **kwargs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("n_dims", SIZES)
@pytest.mark.parametrize("kind", ["zip", "zip in a folder", "text", "text of Windows"])
def test_words_and_numbers_survive(tmp_path, n_dims, kind):
    matrix = drawn(len(ODD_WORDS), n_dims)
    text = text_of(ODD_WORDS, matrix)
    member = f"glove.6B.{n_dims}d.txt"
    if kind.startswith("text"):
        windows = text.replace(b"\n", b"\r\n")
        path = write_text(tmp_path / "mine.txt", windows if "Windows" in kind else text)
    else:
        name = f"folder/{member}" if "folder" in kind else member
        path = write_zip(tmp_path / "mine.zip", {"readme": b"", name: text})
    words, read = read_glove(path, n_dims=n_dims)
    assert words == ODD_WORDS
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, matrix)


one_word = st.text(
    st.characters(exclude_characters=" \n\r", exclude_categories=["Cs"]), min_size=1, max_size=8
)
some_words = st.lists(one_word, min_size=1, max_size=6, unique=True)
on_disk = settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@on_disk
@given(some_words, st.data())
def test_round_trip(tmp_path, words, data):
    number = st.floats(width=32, allow_nan=False, allow_infinity=False)
    row = st.lists(number, min_size=50, max_size=50)
    matrix = np.array([data.draw(row) for _ in words], np.float32)
    read_words, read = read_glove(write_text(tmp_path / "mine.txt", text_of(words, matrix)))
    assert read_words == words
    np.testing.assert_array_equal(read, matrix)


@on_disk
@given(st.lists(one_word, min_size=1, max_size=3), st.booleans())
def test_a_word_may_have_blanks(tmp_path, parts, between):
    word = " ".join(["at", *parts, "home"]) if between else "at home"
    words, read = read_glove(write_text(tmp_path / "mine.txt", text_of([word, "b"], drawn(2))))
    assert words == [word, "b"]
    np.testing.assert_array_equal(read, drawn(2))


@on_disk
@given(some_words, st.floats(0, 1, exclude_max=True))
def test_any_cut_names_the_line(tmp_path, words, share):
    text = text_of(words, drawn(len(words)))
    kept = text[: int(share * len(text))]
    path = write_text(tmp_path / "mine.txt", kept)
    if kept.endswith(b"\n"):  # between two lines: a whole file of fewer words
        assert read_glove(path)[0] == words[: kept.count(b"\n")]
        return
    message = problem(read_glove, path)
    if kept:
        assert f"mine.txt, line {kept.count(bytes([10])) + 1}: found the end of the file" in message
    else:
        assert "is empty" in message


ROW = " ".join(["0.25"] * 50)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"word {ROW[5:]}", "found a word and 49 numbers, expected a word and 50 finite numbers"),
        (f"word {ROW} 0.5", "found a word and 51 numbers"),
        (f"word {ROW} {ROW}", "found a word and 100 numbers"),
        (f"word {ROW[5:]} x", "found 'x' instead of a number"),
        (f"word {ROW[5:]} nan", "found 'nan' instead of a number"),
        (f"word {ROW[5:]} -inf", "found '-inf' instead of a number"),
        (f"word {ROW[5:]} 1e999", "found '1e999' instead of a number"),
        (f"word {ROW[5:]} 1e39", "a number too large"),
        (f"word {ROW[5:]} 1e", "found '1e' instead of a number"),
        (f"word {ROW[5:]} 1_0", "found '1_0' instead of a number"),
        (f'word {ROW[5:]} "1"', "instead of a number"),
        (f"word {ROW[5:]} 0.1#", "instead of a number"),
        (f"word {ROW[5:]} 0.1,5", "instead of a number"),
        (f"word {ROW[5:]} ", "found '' instead of a number"),
        (f"word {ROW} ", "found '' instead of a number"),
        (f"word  {ROW[5:]}", "found '' instead of a number"),
        (f" {ROW}", "found no word"),
        (ROW, "found a word and 49 numbers"),
        ("word\t" + ROW.replace(" ", "\t"), "found 'word"),
        ("", "found an empty line"),
        ("two words", "found 2 fields"),
        ("400000 50", "the header of word2vec's format"),
        (f"b {ROW}", "found the word 'b' for the second time"),
        (f"w\ud800rd {ROW}", "bytes that are not UTF-8"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, found):
    lines = [f"{word} {ROW}" for word in "abc"]
    for place in (1, 3) if found.startswith("found the word") else (0, 2, 3):
        if found.startswith("found the word"):
            place = max(place, 2)
        text = "\n".join([*lines[:place], line, *lines[place:], ""])
        path = write_text(tmp_path / "mine.txt", text.encode(errors="surrogatepass"))
        message = problem(read_glove, path)
        assert f"mine.txt, line {place + 1}: " in message
        assert found in message
        assert message.endswith("replace it by a whole copy")


def test_a_bad_line_far_down_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("core.datasets.glove_text._CHUNK_BYTES", 1000)
    lines = [f"w{number} {ROW}" for number in range(60)]
    path = write_text(tmp_path / "mine.txt", "\n".join([*lines, ""]).encode())
    assert read_glove(path)[0] == [f"w{number}" for number in range(60)]
    for bad in ("w60 1 2 3", f"w7 {ROW}"):
        write_text(path, "\n".join([*lines[:57], bad, *lines[57:], ""]).encode())
        if bad.startswith("w7"):
            assert "line 58: found the word 'w7'" in problem(read_glove, path)
        else:
            assert "line 58: found a word and 3 numbers" in problem(read_glove, path)


def test_another_size_in_a_text_says_which(tmp_path):
    path = write_text(tmp_path / "mine.txt", text_of(["a", "b"], drawn(2, 100)))
    message = problem(read_glove, path, n_dims=50)
    assert "line 1: found a word and 100 numbers" in message
    assert "ask for n_dims 100" in message
    assert "a word and 100 numbers" in problem(read_glove, path, n_dims=200)


def test_another_size_in_an_archive_says_which(tmp_path):
    path = write_zip(
        tmp_path / "glove.6B.zip",
        {"glove.6B.50d.txt": b"", "glove.6B.200d.txt": b""},
    )
    message = problem(read_glove, path, n_dims=100)
    assert "holds vectors of 50, 200 dimensions only" in message
    assert "glove.6B.100d.txt" in message
    assert "python -m core data get glove-6b" in message
    other = write_zip(tmp_path / "other.zip", {"photo.jpg": b""})
    assert "no GloVe vectors" in problem(read_glove, other)
    with pytest.raises(InputError, match=r"n_dims \(64\) should be one of 50, 100, 200, 300"):
        read_glove(path, n_dims=64)


@pytest.mark.parametrize(
    "content",
    [
        b"\x1f\x8b\x08\0\0\0\0\0",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"<!doctype html>\n<title>Not found</title>\n",
        b"{}",
        b"x" * 200_000,
        b"PK\x03\x04 no archive",
        b"",
    ],
)
def test_a_foreign_file_is_refused(tmp_path, content):
    assert "mine.txt" in problem(read_glove, write_text(tmp_path / "mine.txt", content))


def test_a_missing_file_is_an_error(tmp_path):
    assert "no such file" in problem(read_glove, tmp_path / "absent.txt")
    assert "cannot read" in problem(read_glove, tmp_path)


def test_a_damaged_archive_is_refused(tmp_path):
    text = text_of([f"w{number}" for number in range(200)], drawn(200))
    path = write_zip(tmp_path / "mine.zip", {"glove.6B.50d.txt": text})
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    for damaged in (bytes(flipped), whole[: len(whole) // 2]):
        assert "mine.zip" in problem(read_glove, write_text(path, damaged))


def kept_folder(data_dir: Path) -> Path:
    (folder,) = (data_dir / "cache").iterdir()
    return folder


def refuse_to_read(*_args, **_kwargs):
    raise AssertionError("the text was read again")


def test_the_second_opening_reads_no_text(tmp_path, odd, monkeypatch):
    first = open_glove(odd, data_dir=tmp_path / "data")
    monkeypatch.setattr(glove, "text_blocks", refuse_to_read)
    monkeypatch.setattr(glove, "read_glove", refuse_to_read)
    second = open_glove(odd, data_dir=tmp_path / "data")
    for vectors in (first, second):
        assert vectors.words == ODD_WORDS
        assert (vectors.name, vectors.title) == ("glove", "GloVe 6B, 50 dimensions")
        assert isinstance(vectors.matrix, np.memmap)
        assert isinstance(vectors.unit, np.memmap)
        np.testing.assert_array_equal(vectors.matrix, drawn(len(ODD_WORDS)))
        np.testing.assert_allclose(np.linalg.norm(vectors.unit, axis=1), 1, rtol=1e-6)
    names = sorted(path.name for path in kept_folder(tmp_path / "data").iterdir())
    assert names == ["record.json", "unit.f32", "vectors.f32", "words.txt"]


def test_a_touched_but_whole_cache_is_kept(tmp_path, odd, monkeypatch):
    open_glove(odd, data_dir=tmp_path / "data")
    folder = kept_folder(tmp_path / "data")
    shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copyfile)
    shutil.rmtree(folder)
    (tmp_path / "copy").rename(folder)
    monkeypatch.setattr(glove, "text_blocks", refuse_to_read)
    assert open_glove(odd, data_dir=tmp_path / "data").words == ODD_WORDS


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    # clocks of file systems tick in milliseconds: this change may have come within the same one
    os.utime(path, ns=(0, 0))


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, flip, empty, Path.unlink])
@pytest.mark.parametrize("name", ["record.json", "unit.f32", "vectors.f32", "words.txt"])
def test_a_damaged_cache_is_built_again(tmp_path, odd, monkeypatch, name, damage):
    open_glove(odd, data_dir=tmp_path / "data")
    damage(kept_folder(tmp_path / "data") / name)
    vectors = open_glove(odd, data_dir=tmp_path / "data")
    assert vectors.words == ODD_WORDS
    np.testing.assert_array_equal(vectors.matrix, drawn(len(ODD_WORDS)))
    monkeypatch.setattr(glove, "text_blocks", refuse_to_read)
    assert open_glove(odd, data_dir=tmp_path / "data").words == ODD_WORDS


@pytest.mark.parametrize("damage", ["{}", "[]", '"x"', "null", "files"])
def test_a_foreign_record_is_built_again(tmp_path, odd, damage):
    open_glove(odd, data_dir=tmp_path / "data")
    record = kept_folder(tmp_path / "data") / "record.json"
    if damage == "files":
        damage = json.dumps(json.loads(record.read_text()) | {"words.txt": 3})
    record.write_text(damage)
    assert open_glove(odd, data_dir=tmp_path / "data").words == ODD_WORDS
    assert json.loads(record.read_text())["key"]["n_dims"] == 50


def test_a_file_in_the_place_of_the_cache_is_replaced(tmp_path, odd):
    open_glove(odd, data_dir=tmp_path / "data")
    folder = kept_folder(tmp_path / "data")
    shutil.rmtree(folder)
    folder.write_text("in the way")
    assert isinstance(open_glove(odd, data_dir=tmp_path / "data").unit, np.memmap)


def test_another_file_or_size_has_a_cache_of_its_own(tmp_path, odd):
    open_glove(odd, data_dir=tmp_path / "data")
    for n_dims in (50, 100):
        members = {f"glove.6B.{n_dims}d.txt": text_of(["x", "y"], drawn(2, n_dims))}
        other = local_of(write_zip(tmp_path / "other.zip", members), 2)
        vectors = open_glove(other, n_dims=n_dims, data_dir=tmp_path / "data")
        assert (vectors.words, vectors.n_dims) == (["x", "y"], n_dims)
    assert open_glove(odd, data_dir=tmp_path / "data").words == ODD_WORDS


def test_without_a_writable_folder_memory_serves(tmp_path, odd):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cache").write_text("a file, so that no folder can be made")
    vectors = open_glove(odd, data_dir=tmp_path / "data")
    assert vectors.words == ODD_WORDS
    np.testing.assert_array_equal(vectors.matrix, drawn(len(ODD_WORDS)))
    wrong = dataclasses.replace(odd, dataset=lookup("glove-6b"))
    assert "12 words instead of 400,000" in problem(open_glove, wrong, data_dir=tmp_path / "data")


def test_a_full_disk_leaves_nothing_behind(tmp_path, odd, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.words.explore.glove.os.fsync", full)
    assert open_glove(odd, data_dir=tmp_path / "data").words == ODD_WORDS
    assert list((tmp_path / "data" / "cache").iterdir()) == []


def test_a_file_of_another_number_of_words_is_refused(tmp_path, odd):
    wrong = dataclasses.replace(odd, dataset=lookup("glove-6b"))
    assert "12 words instead of 400,000" in problem(open_glove, wrong, data_dir=tmp_path / "data")
    assert list((tmp_path / "data" / "cache").iterdir()) == []


def test_what_a_killed_build_left_is_cleared(tmp_path, odd):
    open_glove(odd, data_dir=tmp_path / "data")
    folder = kept_folder(tmp_path / "data")
    shutil.move(folder, folder.with_name(f".{folder.name}.abc"))
    open_glove(odd, data_dir=tmp_path / "data")
    assert kept_folder(tmp_path / "data") == folder


def _open_in_process(local: LocalData, folder: Path, results) -> None:
    vectors = open_glove(local, data_dir=folder)
    results.put((len(vectors), float(vectors.unit.sum())))


def test_two_processes_may_build_at_once(tmp_path):
    words = [f"w{number}" for number in range(4000)]
    text = text_of(words, drawn(len(words)))
    path = write_zip(tmp_path / "mine.zip", {"glove.6B.50d.txt": text})
    local = local_of(path, len(words))
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    workers = [
        context.Process(target=_open_in_process, args=(local, tmp_path / "data", results))
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    found = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join(timeout=60)
    assert found[0] == found[1]
    assert found[0][0] == len(words)
    kept_folder(tmp_path / "data")


def test_a_page_gets_none_where_there_is_no_archive(tmp_path, monkeypatch):
    monkeypatch.delenv("LATENT_LAB_MIRROR", raising=False)
    assert glove_if_here(data_dir=tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    write_text(tmp_path / "glove.6B.zip", b"<!doctype html>\n")
    assert "line 1" in problem(glove_if_here, data_dir=tmp_path)


def test_the_official_vectors(mirror, tmp_path):
    local = ensure("glove-6b", data_dir=tmp_path, mirror=mirror, download=False)
    vectors = open_glove(local, data_dir=tmp_path)
    assert (len(vectors), vectors.n_dims) == (400_000, 50)
    assert isinstance(vectors.unit, np.memmap)
    assert vectors.words[:4] == ["the", ",", ".", "of"]
    assert vectors.matrix[0, 0] == np.float32(0.418)
    near = vectors.neighbours("king")
    assert near["word"].tolist()[:5] == ["prince", "queen", "ii", "emperor", "son"]
    assert near["cosine"][0] == pytest.approx(0.8236, abs=1e-4)
    assert vectors.analogy("man", "king", "woman")["word"][0] == "queen"
    assert vectors.analogy("man", "king", "woman", exclude_inputs=False)["word"][0] == "king"
    assert vectors.suggest("univeristy")[0] == "university"
    message = problem(glove_if_here, n_dims=100, data_dir=tmp_path, mirror=mirror)
    assert "holds vectors of 50 dimensions only" in message
    again = glove_if_here(data_dir=tmp_path, mirror=mirror)
    np.testing.assert_array_equal(again.unit[:1000], vectors.unit[:1000])
