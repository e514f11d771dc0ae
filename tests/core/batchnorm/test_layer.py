"""One batch norm layer, with answers that are known by hand."""

import numpy as np
import pytest

from core.batchnorm.explore.layer import SHAPES, Layer, outputs_in_batches, running_averages, sample
from core.errors import InputError


def test_the_layer_subtracts_divides_stretches_and_shifts() -> None:
    layer = Layer(mean=3.0, var=3.0, gamma=4.0, beta=-1.0, epsilon=1.0)
    values = np.array([3.0, 5.0, 1.0])
    np.testing.assert_allclose(layer.normalised(values), [0.0, 1.0, -1.0])
    np.testing.assert_allclose(layer.output(values), [-1.0, 3.0, -5.0])
    np.testing.assert_allclose(layer.slope * values + layer.offset, layer.output(values))


@pytest.mark.parametrize("epsilon", [0.0, 1e-3, 4.0])
def test_gamma_the_root_of_variance_and_epsilon_undoes_the_layer(epsilon: float) -> None:
    values = 3 + 2 * sample("skewed", 1000, seed=1)
    layer = Layer(3.0, 4.0, float(np.sqrt(4 + epsilon)), 3.0, epsilon)
    np.testing.assert_allclose(layer.output(values), values, atol=1e-12)
    forgotten = layer._replace(gamma=4.0)
    assert np.abs(forgotten.output(values) - values).max() > 1


def test_a_channel_that_does_not_vary_needs_an_epsilon() -> None:
    constant = np.full(4, 7.0)
    assert (Layer(7.0, 0.0, 1.0, 2.0, 1e-3).output(constant) == 2.0).all()
    with pytest.raises(InputError, match=r"var \+ epsilon .* should be above 0"):
        Layer(7.0, 0.0, 1.0, 2.0, 0.0).output(constant)


@pytest.mark.parametrize("shape", SHAPES)
def test_samples_have_mean_0_and_spread_1(shape: str) -> None:
    values = sample(shape, 5000, seed=3)
    assert values.mean() == pytest.approx(0, abs=1e-12)
    assert values.std() == pytest.approx(1)
    assert (values == sample(shape, 5000, seed=3)).all()
    assert (values != sample(shape, 5000, seed=4)).any()


def test_two_groups_leave_a_gap() -> None:
    values = sample("two groups", 5000, seed=0)
    assert (np.abs(values - 0.2) < 0.2).mean() < 0.1 < (np.abs(values + 0.8) < 0.2).mean()


def test_an_unknown_shape_is_named() -> None:
    with pytest.raises(InputError, match="shape \\(cube\\) should be one of bell"):
        sample("cube", 10, seed=0)


def test_a_value_in_batches() -> None:
    sizes, outputs = outputs_in_batches(1.5, epsilon=1e-9, largest=256, n_batches=500, seed=0)
    assert sizes.tolist() == [2**power for power in range(9)]
    assert (outputs[0] == 0).all()  # a batch of one is its own mean
    np.testing.assert_allclose(np.abs(outputs[1]), 1, atol=1e-3)  # of two, one is larger
    spread = outputs.std(axis=1)[3:]  # smaller ones have no room to spread
    assert (np.diff(spread) < 0).all()
    assert outputs[-1].mean() == pytest.approx(1.5, abs=0.03)
    for row, size in ((2, 4), (8, 256)):  # no value of n is farther out than sqrt(n - 1)
        assert np.abs(outputs[row]).max() <= np.sqrt(size - 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epsilon": 0.0}, r"epsilon \(0\) should be above 0"),
        ({"largest": 0}, r"largest \(0\) should be from 1"),
        ({"n_batches": 10**9}, r"n_batches \(1e\+09\) should be from 1 to 5000"),
    ],
)
def test_bounds_of_batches(options: dict, message: str) -> None:
    usual = {"epsilon": 1e-3, "largest": 4, "n_batches": 3, "seed": 0}
    with pytest.raises(InputError, match=message):
        outputs_in_batches(1.0, **(usual | options))


def test_averages_are_kept_by_momentum() -> None:
    batches = np.array([[1.0, 3.0], [5.0, 5.0]])
    kept = running_averages(batches, momentum=0.5)
    assert kept.batch_means.tolist() == [2.0, 5.0] and kept.batch_vars.tolist() == [1.0, 0.0]
    assert kept.means.tolist() == [0.0, 1.0, 3.0]
    assert kept.vars.tolist() == [1.0, 1.0, 0.5]
    still = running_averages(batches, momentum=1.0, mean=7.0, var=2.0)
    assert (still.means == 7).all() and (still.vars == 2).all()
    with pytest.raises(InputError, match=r"momentum \(1.5\) should be from 0 to 1"):
        running_averages(batches, momentum=1.5)
