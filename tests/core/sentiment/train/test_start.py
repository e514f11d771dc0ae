import dataclasses

import numpy as np
import pytest

from core.errors import InputError
from core.sentiment.data import Vocabulary, count_vocabulary
from core.sentiment.train.presets import Preset
from core.sentiment.train.start import Start, first_vectors, first_views, start_of
from core.sentiment.train.two_views import TwoViewConfig
from tests.core.sentiment.samples import CONFIGS, planted

VIEWS = TwoViewConfig(n_dims=4, n_words=3, reach=2, block=8, n_blocks=4, n_epochs=2)


def test_first_vectors_are_a_third_of_gloves_and_random_for_unknown_words():
    vocabulary = Vocabulary(("good", "quiet"))
    vectors = np.array([[3.0, 6.0], [9.0, 9.0]], np.float32)
    table = first_vectors(vocabulary, ["good", "unused"], vectors)
    assert table.dtype == np.float32
    np.testing.assert_allclose(table[:2], [[0, 0], [1, 2]])
    assert len(np.unique(table[2:])) == 4
    many = first_vectors(Vocabulary(tuple(map(str, range(3000)))), [], np.zeros((0, 2)))
    assert many[1:].std() == pytest.approx(0.2, rel=0.05)


def test_views_are_scaled_and_padding_says_nothing():
    texts, _ = planted()
    vocabulary = count_vocabulary(texts, 16)
    found = first_views(VIEWS, vocabulary, texts, seed=0)
    assert found["table"].shape == (16, 4) and not found["table"][0].any()
    ids = vocabulary.encode(texts.words)[texts.tokens]
    sums = found["table"][ids[:-2]] + found["table"][ids[1:-1]] + found["table"][ids[2:]]
    assert np.mean(np.maximum(sums + found["bias"], 0) ** 2) == pytest.approx(1, rel=1e-4)


def test_a_recipe_begins_with_what_it_names_and_says_what_it_lacks():
    texts, _ = planted()
    vocabulary = count_vocabulary(texts, 16)
    plain = Preset("", CONFIGS["region"])
    assert start_of(plain, vocabulary, seed=0) == Start()
    views = dataclasses.replace(plain, views=VIEWS)
    found = start_of(views, vocabulary, seed=0, texts=texts)
    assert found.seconds > 0
    assert {name: array.shape for name, array in found.arrays.items()} == {
        "views.table": (16, 4),
        "views.bias": (4,),
    }
    with pytest.raises(InputError, match="texts"):
        start_of(views, vocabulary, seed=0)
    with pytest.raises(InputError, match="archive of GloVe"):
        start_of(Preset("", CONFIGS["mlp"], vectors="glove"), vocabulary, seed=0)
