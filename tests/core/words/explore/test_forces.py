"""What attracts and repels a word: together they are minus the gradient of t-SNE."""

import jax.numpy as jnp
import numpy as np
import pytest

from core.errors import InputError
from core.words.explore.forces import forces, total_weight
from core.words.tsne import descent
from core.words.tsne.affinities import affinities


def test_forces_sum_to_minus_the_gradient() -> None:
    rng = np.random.default_rng(0)
    pairs = affinities(rng.standard_normal((30, 5)), perplexity=5)
    positions = 2 * rng.standard_normal((30, 2))
    links = descent._link_table(pairs)
    slope = np.asarray(descent.gradient(jnp.asarray(positions, jnp.float32), links))
    for row in (0, 7, 29):
        table = forces(positions, pairs.matrix, row)
        assert len(table) == 29
        assert row not in set(table["row"])
        np.testing.assert_allclose(table[["dx", "dy"]].sum(), -slope[row], atol=1e-6)
        np.testing.assert_allclose(table["net"], table["attraction"] - table["repulsion"])


def test_three_words_by_hand() -> None:
    # 0 and 1 belong together (all of P), 2 belongs to nobody and lies as far away as 1
    pairs = affinities(np.random.default_rng(1).standard_normal((4, 2)), perplexity=1).matrix
    pairs = pairs[:3, :3] * 0
    pairs = pairs + type(pairs)(np.array([[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]]))
    positions = np.array([[0.0, 0], [1, 0], [-1, 0]])
    table = forces(positions, pairs, 0).set_index("row")
    total = 2 * (0.5 + 0.5 + 0.2)
    assert total_weight(positions) == pytest.approx(total)
    assert table["attraction"][1] == pytest.approx(4 * 0.5 * 0.5 * 1)
    assert table["attraction"][2] == 0
    assert table["repulsion"][1] == pytest.approx(4 * 0.25 / total)
    assert table["dx"][2] == pytest.approx(4 * 0.25 / total)  # pushed away, towards 1
    with pytest.raises(InputError, match=r"row \(3\) should be from 0 to 2"):
        forces(positions, pairs, 3)
