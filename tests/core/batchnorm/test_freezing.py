"""Frozen layers stay as they were, bit for bit; looks at several sizes are averaged."""

import dataclasses

import numpy as np
import pytest
from flax import nnx

from core.batchnorm.fitting import Recipe, Tuner
from core.batchnorm.freezing import frozen_layers
from core.batchnorm.insert import insert_measured
from core.batchnorm.looking import Looker, ManySizesLooker
from core.batchnorm.model import FEATURES, LAST, LATE, classifier, with_new_head
from core.batchnorm.nets import BATCH_NORM, CONVOLUTION, DENSE, NetConfig
from core.batchnorm.squeezenet import SqueezeNetConfig
from core.errors import InputError
from core.loop import named_arrays
from tests.core.batchnorm.samples import net_of
from tests.core.batchnorm.test_fitting import two_kinds

SIZES = (36, 44)
RECIPE = Recipe(
    size=36,
    frozen_through="pool3",
    batch_size=8,
    n_epochs=1,
    optimizer="adam",
    weight_decay=0.1,
)


def small(*, with_norm: bool) -> tuple[NetConfig, dict[str, np.ndarray]]:
    net = net_of(classifier(SqueezeNetConfig(size=36, width=0.1), reads=LATE))
    if with_norm:
        places = [layer.name for layer in net.config.of_kind(CONVOLUTION)]
        net = insert_measured(net, two_kinds().images[:, :36, :36], places)
    return net.config, with_new_head(named_arrays(nnx.state(net)), net.config)


@pytest.mark.parametrize("with_norm", [False, True])
def test_what_is_frozen_stays_and_the_rest_learns(with_norm: bool) -> None:
    config, arrays = small(with_norm=with_norm)
    frozen = frozen_layers(config, "pool3")
    assert "fire3/concat" in frozen and "fire4/squeeze1x1" not in frozen
    photos = two_kinds(16)
    fitted = Tuner(config, RECIPE, len(photos)).fit(
        arrays, photos, None, learning_rate=1e-2, seed=0
    )
    for layer in config.of_kind(CONVOLUTION, DENSE, BATCH_NORM):
        own = [name for name in arrays if name.rpartition(".")[0] == f"parts.{layer.name}"]
        assert len(own) == (4 if layer.kind == BATCH_NORM else 2)
        is_same = all(np.array_equal(fitted.best[name], arrays[name]) for name in own)
        assert is_same == (layer.name in frozen), layer.name


def test_nothing_is_frozen_unless_asked_for_and_an_unknown_layer_is_named() -> None:
    config, _ = small(with_norm=False)
    assert frozen_layers(config, "") == frozenset()
    with pytest.raises(InputError, match=r"layer \(pool9\)"):
        Tuner(config, dataclasses.replace(RECIPE, frozen_through="pool9"), 16)


def test_looks_of_all_sizes_count_the_same() -> None:
    config, arrays = small(with_norm=True)
    arrays = {name: array + 0.01 for name, array in arrays.items()}  # a head that says something
    images = two_kinds(6).images
    each = []
    for size in SIZES:
        look = Looker(dataclasses.replace(config, size=size), arrays)
        each.append((look(images) + look(images, is_flipped=True)) / 2)
    assert not np.allclose(each[0], each[1])
    np.testing.assert_allclose(
        ManySizesLooker(config, arrays, SIZES)(images), (each[0] + each[1]) / 2, rtol=1e-6
    )


def test_a_head_reads_the_layers_that_it_is_told_to() -> None:
    config = SqueezeNetConfig(size=36)
    assert classifier(config).layer(FEATURES).n_channels == 2 * 512
    assert classifier(config, has_maximum=False).layer(FEATURES).n_channels == 512
    assert classifier(config, reads=LAST) == classifier(config)
    assert classifier(config, reads=LATE).layer(FEATURES).n_channels == 2 * (384 + 512 + 512)
    with pytest.raises(InputError, match="layer"):
        classifier(config, reads=("fire1/concat",))
