import json
import shutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.bundle import Bundle, check_arrays, load_bundle, read_manifest, save_bundle
from core.errors import BundleError, BundleNotFound, InputError


def make(**changes):
    fields = {
        "kind": "movies",
        "name": "movies-test",
        "config": {"n_factors": 2},
        "seeds": {"split": 0},
        "metrics": {"val_mse": {"value": 0.5, "unit": "MSE", "protocol": "none"}},
        "dataset": {"name": "toy", "version": "1", "licence": "none"},
        "arrays": {"factors": np.arange(6, dtype=np.float16).reshape(3, 2)},
        "tables": {"films": pd.DataFrame({"title": ["A & B", "Ünïcode", ""], "n": [1, 2, 3]})},
        "documents": {"history": [{"epoch": 1, "loss": 0.25}]},
        "card": "# A card\n",
    }
    return Bundle(**(fields | changes))


def test_what_was_saved_comes_back(tmp_path):
    saved = make()
    folder = save_bundle(saved, tmp_path / "b")
    loaded = load_bundle(folder, kind="movies")
    np.testing.assert_array_equal(loaded.arrays["factors"], saved.arrays["factors"])
    assert loaded.arrays["factors"].dtype == np.float16
    pd.testing.assert_frame_equal(loaded.tables["films"], saved.tables["films"], check_dtype=False)
    for field in ("documents", "config", "metrics", "card", "created", "libraries"):
        assert getattr(loaded, field) == getattr(saved, field)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    arrays=st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_.]{0,12}", fullmatch=True),
        hnp.arrays(
            st.sampled_from([np.float32, np.float16, np.int32, np.uint8]),
            hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
        ),
        max_size=4,
    ),
    config=st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3),
)
def test_any_arrays_and_config_survive(tmp_path, arrays, config):
    folder = save_bundle(make(arrays=arrays, config=config), tmp_path / "b")
    loaded = load_bundle(folder)
    assert loaded.config == config
    assert loaded.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded.arrays[name], array)
        assert loaded.arrays[name].shape == array.shape


def test_transposed_arrays_keep_their_values(tmp_path):
    array = np.arange(6, dtype=np.float32).reshape(2, 3).T
    folder = save_bundle(make(arrays={"a": array}), tmp_path / "b")
    np.testing.assert_array_equal(load_bundle(folder).arrays["a"], array)


def test_saving_again_replaces_and_leaves_nothing_behind(tmp_path):
    save_bundle(make(documents={"old": 1}), tmp_path / "b")
    save_bundle(make(name="second"), tmp_path / "b")
    loaded = load_bundle(tmp_path / "b")
    assert loaded.name == "second" and "old" not in loaded.documents
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_a_failed_save_leaves_the_old_bundle(tmp_path):
    folder = save_bundle(make(), tmp_path / "b")
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_bundle(make(metrics={"val_mse": {"value": float("nan")}}), folder)
    assert load_bundle(folder).metrics["val_mse"]["value"] == 0.5
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_other_peoples_folders_are_not_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="is no bundle"):
        save_bundle(make(), tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "bundle"])
def test_names_that_leave_the_folder_are_refused(tmp_path, name):
    with pytest.raises(InputError, match="name"):
        save_bundle(make(documents={name: 1}), tmp_path / "b")


def test_no_bundle_names_the_command(tmp_path):
    with pytest.raises(BundleNotFound, match="make it with: python -m core train x"):
        load_bundle(tmp_path / "none", command="python -m core train x")


@pytest.mark.parametrize(
    "victim", ["weights.safetensors", "films.parquet", "history.json", "CARD.md"]
)
def test_one_flipped_byte_is_noticed(tmp_path, victim):
    folder = save_bundle(make(), tmp_path / "b")
    content = bytearray((folder / victim).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / victim).write_bytes(content)
    with pytest.raises(BundleError, match=f"{victim} does not match its SHA-256"):
        load_bundle(folder)


def test_all_problems_are_named_at_once(tmp_path):
    folder = save_bundle(make(), tmp_path / "b")
    (folder / "weights.safetensors").write_bytes(b"")
    (folder / "films.parquet").unlink()
    with pytest.raises(BundleError) as caught:
        load_bundle(folder)
    assert len(caught.value.problems) == 2
    assert "films.parquet" in str(caught.value) and "weights.safetensors" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m | {"schema_version": 99}, "newer than 1; update"),
        (lambda m: m | {"schema_version": "1"}, "schema version '1'"),
        (lambda m: {}, "not a Latent Lab manifest"),
        (lambda m: {k: v for k, v in m.items() if k != "config"}, "lacks config"),
        (lambda m: m | {"metrics": []}, "metrics in bundle.json is not an object"),
        (lambda m: m | {"seeds": {"maps": [0, 1]}}, "seeds in bundle.json are not all whole"),
        (
            lambda m: m | {"files": {"../../etc/passwd.json": {"sha256": ""}}},
            "no allowed file name",
        ),
        (lambda m: m | {"files": {"films.parquet": None}}, "does not match"),
    ],
)
def test_a_foreign_or_newer_manifest_is_refused_in_a_sentence(tmp_path, change, message):
    folder = save_bundle(make(), tmp_path / "b")
    manifest = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps(change(manifest)))
    with pytest.raises(BundleError, match=message) as caught:
        load_bundle(folder)
    assert "\n" not in str(caught.value)


def test_a_manifest_that_is_no_json_is_refused(tmp_path):
    folder = save_bundle(make(), tmp_path / "b")
    (folder / "bundle.json").write_bytes(b"\xff\x00")
    with pytest.raises(BundleError, match="not valid JSON"):
        read_manifest(folder)


def test_a_file_with_the_right_hash_but_foreign_content_is_refused(tmp_path):
    folder = save_bundle(make(), tmp_path / "b")
    import hashlib

    (folder / "films.parquet").write_bytes(b"not a table")
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest["files"]["films.parquet"]["sha256"] = hashlib.sha256(b"not a table").hexdigest()
    (folder / "bundle.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="films.parquet is unreadable"):
        load_bundle(folder)


def test_another_kind_is_refused(tmp_path):
    folder = save_bundle(make(), tmp_path / "b")
    with pytest.raises(BundleError, match="of kind 'movies', expected 'words'"):
        load_bundle(folder, kind="words")


def test_check_arrays_lists_missing_misshapen_and_infinite(tmp_path):
    bundle = make(arrays={"a": np.zeros((2, 3)), "b": np.array([np.inf])})
    with pytest.raises(BundleError) as caught:
        check_arrays(bundle, {"a": (2, 4), "b": (1,), "c": (None,)}, where=tmp_path)
    assert caught.value.problems == (
        "array a has shape 2x3, expected 2x4",
        "array b holds values that are not finite",
        "array c is missing",
    )
    check_arrays(bundle, {"a": (None, 3)}, where=tmp_path)


def test_a_moved_bundle_still_loads(tmp_path):
    folder = save_bundle(make(), tmp_path / "b")
    shutil.move(folder, tmp_path / "elsewhere")
    assert load_bundle(tmp_path / "elsewhere").name == "movies-test"
