"""Keras' weight files: every array in its place, and a sentence for a file that does not fit."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from flax import nnx

from core.batchnorm.model.inputs import prepare
from core.batchnorm.model.keras_weights import has_top, known_net, load_keras, read_arrays
from core.batchnorm.model.squeezenet import SqueezeNetConfig, squeezenet
from core.batchnorm.model.vgg import VggConfig, vgg16
from core.errors import InputError
from core.loop import named_arrays
from tests.core.batchnorm.samples import SQUEEZENET, VGG, arrays_of, pictures, write_keras


@pytest.mark.parametrize("nested", [False, True], ids=["weights", "a saved model"])
@pytest.mark.parametrize(
    "config",
    [VGG, SQUEEZENET, squeezenet(SqueezeNetConfig(width=0.25, size=48)), vgg16(VggConfig(0, 0.05))],
    ids=["vgg16", "squeezenet", "squeezenet without top", "vgg16 without top"],
)
def test_every_array_lands_in_its_layer(tmp_path: Path, config: object, nested: bool) -> None:
    path = write_keras(tmp_path / "w.h5", config, nested=nested)
    found = named_arrays(nnx.state(load_keras(path, config)))
    wanted = {name: (kernel, bias) for name, kernel, bias in arrays_of(config)}
    assert len(found) == 2 * len(wanted)
    for name, (kernel, bias) in wanted.items():
        np.testing.assert_array_equal(found[f"parts.{name}.kernel"], kernel)
        np.testing.assert_array_equal(found[f"parts.{name}.bias"], bias)
    assert has_top(path, config.name) == (config in (VGG, SQUEEZENET))


def test_vgg_computes_what_its_weights_say(tmp_path: Path) -> None:
    """An independent forward pass in NumPy."""
    net = load_keras(write_keras(tmp_path / "w.h5", VGG), VGG)
    photos = pictures(VGG, 2)
    weights = {name: (kernel, bias) for name, kernel, bias in arrays_of(VGG)}
    values = photos[..., ::-1].astype(float) - [103.939, 116.779, 123.68]
    for block, n in enumerate((2, 2, 3, 3, 3), start=1):
        for number in range(1, n + 1):
            kernel, bias = weights[f"block{block}_conv{number}"]
            padded = np.pad(values, ((0, 0), (1, 1), (1, 1), (0, 0)))
            windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
            values = np.maximum(np.einsum("bijcyx,yxcd->bijd", windows, kernel) + bias, 0)
        side = values.shape[1] // 2
        values = values.reshape(2, side, 2, side, 2, -1).max(axis=(2, 4))
    values = values.reshape(2, -1)
    for name in ("fc1", "fc2", "predictions"):
        kernel, bias = weights[name]
        values = values @ kernel + bias
        values = values if name == "predictions" else np.maximum(values, 0)
    found = np.asarray(net(prepare(photos)))
    np.testing.assert_allclose(found, values, rtol=2e-4, atol=2e-4 * np.abs(values).max())


def test_the_real_squeezenet_is_read(mirror: Path) -> None:
    path = mirror / "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    arrays = read_arrays(path, known_net("squeezenet", with_top=False))
    assert sum(array.size for array in arrays.values()) == 722_496
    assert not has_top(path, "squeezenet")
    with pytest.raises(InputError, match="holds the weights of squeezenet, not of vgg16"):
        read_arrays(path, known_net("vgg16", with_top=False))
    with pytest.raises(InputError, match="conv10 is missing"):
        read_arrays(path, known_net("squeezenet", with_top=True))


def test_full_size_plans_have_the_papers_numbers() -> None:
    def count(config: object) -> int:
        return sum(
            la.n_channels * (1 + la.n_inputs * (la.kernel**2 if la.kind == "convolution" else 1))
            for la in config.of_kind("convolution", "dense")
        )

    assert count(known_net("vgg16", with_top=True)) == 138_357_544
    assert count(known_net("vgg16", with_top=False)) == 14_714_688
    assert count(known_net("squeezenet", with_top=True)) == 1_235_496


def test_all_problems_stand_in_one_message(tmp_path: Path) -> None:
    path = write_keras(tmp_path / "w.h5", VGG)
    with h5py.File(path, "r+") as file:
        del file["block1_conv1"]
        del file["fc1"]["fc1_W_1:0"]
        file["fc1"].create_dataset("fc1_W_1:0", data=np.zeros((2, 2), np.float32))
        del file["fc2"]["fc2_b_1:0"]
        strange = file.create_group("strange")
        strange.create_dataset("w", data=np.zeros(2))
        strange.attrs["weight_names"] = [b"w"]
        file.attrs["layer_names"] = [*(n.encode() for n in file.attrs["layer_names"]), b"strange"]
    with pytest.raises(InputError) as caught:
        load_keras(path, VGG)
    said = str(caught.value)
    assert str(path) in said and "\n" not in said
    for problem in (
        "block1_conv1 is listed and not there",
        r"kernel of fc1 has shape (2, 2), expected",
        "fc2_b_1:0 of fc2 is listed and not there",
        "strange is no layer of vgg16",
    ):
        assert problem in said


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    path = write_keras(tmp_path / "w.h5", VGG)
    with h5py.File(path, "r+") as file:
        file["fc2"]["fc2_b_1:0"][0] = np.nan
    with pytest.raises(InputError, match="bias of fc2 holds values that are not finite"):
        load_keras(path, VGG)


def test_names_that_are_no_list_are_none(tmp_path: Path) -> None:
    path = write_keras(tmp_path / "w.h5", VGG)
    with h5py.File(path, "r+") as file:
        file["fc1"].attrs["weight_names"] = h5py.Empty("S1")
    with pytest.raises(InputError, match="fc1 has 0 arrays"):
        load_keras(path, VGG)


def test_what_lies_in_another_file_is_not_followed(tmp_path: Path) -> None:
    other = write_keras(tmp_path / "other.h5", VGG)
    path = write_keras(tmp_path / "w.h5", VGG)
    with h5py.File(path, "r+") as file:
        del file["fc1"]
        file["fc1"] = h5py.ExternalLink(str(other), "/fc1")
    with pytest.raises(InputError, match="fc1 is listed and not there"):
        load_keras(path, VGG)


def test_what_is_no_weight_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.h5"
    with pytest.raises(InputError, match="there is none"):
        load_keras(path, VGG)
    path.write_text("<html>not found</html>")
    with pytest.raises(InputError, match="it is none, or cut"):
        load_keras(path, VGG)
    whole = write_keras(tmp_path / "whole.h5", VGG).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError):
        load_keras(path, VGG)
    path.unlink()
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=[1])
    with pytest.raises(InputError, match="it lists no layers"):
        load_keras(path, VGG)
