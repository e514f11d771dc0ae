"""Photos from archives and folders, and what a broken one says."""

import dataclasses
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.batchnorm.data import Photos, held_out, read_folder, read_photos, some
from core.batchnorm.data.decoding import SQUEEZED, STORED
from core.datasets.registry import lookup
from core.datasets.store import LocalData
from core.errors import DataError, InputError
from tests.core.batchnorm.samples import photo_bytes

COUNTS = {"train_cats": 3, "train_dogs": 2, "valid_cats": 1, "valid_dogs": 1}


def archive(folder: Path, **more: bytes) -> LocalData:
    path = folder / "dogscats-sample.zip"
    seed = 0
    with zipfile.ZipFile(path, "w") as file:
        for name, count in COUNTS.items():
            part, kind = name.split("_")
            for number in range(count):
                seed += 1
                file.writestr(f"dogscats/{part}/{kind}/{number}.jpg", photo_bytes(seed))
        file.writestr("dogscats/readme.txt", b"no photo")
        for name, content in more.items():
            file.writestr(f"dogscats/train/cats/{name}.jpg", content)
    dataset = dataclasses.replace(lookup("dogscats-sample"), expected=COUNTS)
    return LocalData(dataset, path, "0" * 64, str(folder))


def test_an_archive_is_read_once_and_kept(tmp_path: Path) -> None:
    local = archive(tmp_path)
    squeezed = read_photos(local, framing=SQUEEZED, data_dir=tmp_path)
    found = read_photos(local, data_dir=tmp_path)
    # squares to begin with: nothing to cut off, and both are kept side by side
    np.testing.assert_array_equal(squeezed["valid"].images, found["valid"].images)
    assert len(list((tmp_path / "cache").iterdir())) == 2
    assert found["train"].images.shape == (5, STORED, STORED, 3)
    assert found["train"].labels.tolist() == [0, 0, 0, 1, 1]
    assert found["valid"].labels.tolist() == [0, 1]
    local.path.unlink()
    again = read_photos(local, data_dir=tmp_path)
    np.testing.assert_array_equal(again["train"].images, found["train"].images)


def test_a_wrong_count_and_a_broken_photo_are_named(tmp_path: Path) -> None:
    local = archive(tmp_path, late=photo_bytes())
    with pytest.raises(DataError, match="4 train cats instead of 3"):
        read_photos(local, data_dir=tmp_path)
    expected = COUNTS | {"train_cats": 4}
    broken = archive(tmp_path, late=photo_bytes()[:300])
    dataset = dataclasses.replace(broken.dataset, expected=expected)
    with pytest.raises(DataError, match=r"train/cats/late.jpg is (cut or )?broken"):
        read_photos(dataclasses.replace(broken, dataset=dataset), data_dir=tmp_path)


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cats and dogs missing"):
        read_folder(tmp_path)
    for kind in ("cats", "dogs"):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "notes.txt").write_text("none")
    with pytest.raises(InputError, match=r"cats should hold photos .*; .*dogs should hold photos"):
        read_folder(tmp_path)
    (tmp_path / "cats" / "a.jpg").write_bytes(photo_bytes(1))
    (tmp_path / "dogs" / "b.JPG").write_bytes(photo_bytes(2))
    found = read_folder(tmp_path, size=30)
    assert found.images.shape == (2, 30, 30, 3) and found.labels.tolist() == [0, 1]
    (tmp_path / "dogs" / "c.png").write_bytes(b"none")
    (tmp_path / "cats" / "d.png").write_bytes(b"none")
    with pytest.raises(InputError, match=r"d.png should be an image.*c.png should be an image"):
        read_folder(tmp_path)


def test_photos_are_told_by_content_and_the_rest_is_counted(tmp_path: Path) -> None:
    for kind in ("cats", "dogs"):
        (tmp_path / kind).mkdir()
    cats, dogs = tmp_path / "cats", tmp_path / "dogs"
    for number, name in enumerate(("a.jfif", "b.JPE", "c", "d.heic", "e.jpg")):
        (cats / name).write_bytes(photo_bytes(number))
    (dogs / "a.jpeg").write_bytes(photo_bytes(9))
    for name in ("._a.jpeg", ".DS_Store", "Thumbs.db", "desktop.ini"):
        (dogs / name).write_bytes(b"none")
    (dogs / "notes.txt").write_text("none")
    (dogs / "scan.tif").write_bytes(b"II*\0")
    (dogs / "more").mkdir()
    os.mkfifo(dogs / "pipe.jpg")
    left_out: list[Path] = []
    found = read_folder(tmp_path, size=30, on_left_out=left_out.extend)
    assert found.labels.tolist() == [0, 0, 0, 0, 0, 1]
    assert [path.name for path in left_out] == ["more", "notes.txt", "pipe.jpg", "scan.tif"]


def test_held_out_photos_are_of_both_classes_and_differ_by_seed() -> None:
    photos = Photos(np.zeros((40, 2, 2, 3), np.uint8), np.repeat([0, 1], 20).astype(np.int32))
    held = held_out(photos, 0.1)
    assert held.sum() == 4 and photos.labels[held].sum() == 2
    assert (held != held_out(photos, 0.1, seed=1)).any()
    with pytest.raises(InputError, match="share"):
        held_out(photos, 0.001)
    assert some(photos, 4).labels.tolist() == [0, 0, 1, 1]


def test_the_real_sample_has_the_registered_counts(mirror: Path, tmp_path: Path) -> None:
    dataset = lookup("dogscats-sample")
    path = mirror / dataset.filename
    if not path.is_file():
        pytest.skip(f"needs {path}")
    with zipfile.ZipFile(path) as file:
        names = [name.split("/") for name in file.namelist()]
    for key, count in dataset.expected.items():
        part, kind = key.split("_")
        assert sum(name[1:3] == [part, kind] for name in names) == count
