import numpy as np
import pytest

from core.bundle import load_bundle, save_bundle
from core.sentiment.data import Vocabulary, unpack
from core.sentiment.explore import SentimentModel
from core.sentiment.metrics import log_loss
from core.sentiment.model.nbsvm import NbsvmConfig
from core.sentiment.train import measure, train
from core.sentiment.train.ensemble import union, weigh
from core.sentiment.train.presets import Preset
from core.sentiment.train.protocol import measure_linear
from core.sentiment.train.two_views import TwoViewConfig
from tests.core.runs import run_on, sources_with
from tests.core.sentiment.samples import CONFIGS, planted, planted_archive

TINY = Preset(
    "Both",
    CONFIGS["region"],
    n_epochs=2,
    learning_rate=0.05,
    batch_size=20,
    views=TwoViewConfig(n_dims=4, n_words=3, reach=2, block=4, n_blocks=2, n_epochs=1),
    partner=NbsvmConfig(),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ensemble")
    local = planted_archive(folder / "reviews.tar.gz")
    how = {"preset": "ensemble", "seed": 1, "n_seeds": 2, "command": "train"}
    bundle = train(run_on(local, data_dir=folder, **how), TINY)
    save_bundle(bundle, folder / "out")
    return load_bundle(folder / "out", kind="sentiment"), local, folder


def test_a_sum_is_trained_saved_and_measured_again(trained):
    bundle, local, folder = trained
    assert {"test_accuracy", "net_accuracy", "val_accuracy"} <= set(bundle.metrics)
    shared = "all seeds share the layer learned from unlabelled reviews, the number of epochs"
    for name in ("test_accuracy", "net_accuracy"):
        assert shared in bundle.metrics[name]["protocol"] and shared in bundle.card
    assert shared not in bundle.metrics["val_accuracy"]["protocol"]
    lengths = {name: len(row["per_seed"]) for name, row in bundle.metrics.items()}
    assert lengths["test_accuracy"] == lengths["net_accuracy"] == 2
    again = measure(bundle, sources_with(local, data_dir=folder))["test_accuracy"]
    assert again["measured"] == pytest.approx(again["recorded"], abs=0.02)
    recorded = bundle.tables["test"]["logit"].to_numpy()
    model = SentimentModel(bundle)
    found = model.logits_of(planted()[1])
    np.testing.assert_allclose(found, recorded, atol=0.02)
    assert model.is_exact and model.has_filters and set(model.top_ngrams["size"]) <= {3}


def test_its_explanation_sums_to_its_logit_and_shares_ngrams(trained):
    model = SentimentModel(trained[0])
    for text in ("", "unheard", "a wonderful film", "not wonderful " * 12):
        found = model.explain(text)
        assert found.values.sum() + found.base == pytest.approx(found.score.logit, abs=1e-3)
        total = sum(part.value for part in found.parts) + found.base
        assert total == pytest.approx(found.score.logit, abs=1e-3)
        places = [(part.first, part.n_words) for part in found.parts]
        assert len(places) == len(set(places))
    values = model.activations("not wonderful " * 12).values
    assert values[3].shape == (12, 3)  # the net reads the last twelve words


def test_weights_of_a_sum_have_the_lowest_loss():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=500)
    labels = (rng.random(500) < 1 / (1 + np.exp(-2 * truth))).astype(np.float32)
    logits = np.stack([truth + rng.normal(size=500), 10 * (truth + rng.normal(size=500))], axis=1)
    weights, offset = weigh(logits, labels)
    best = log_loss(logits @ weights + offset, labels)
    for step in ([0.02, 0], [-0.02, 0], [0, 0.002], [0, -0.002]):
        assert log_loss(logits @ (weights + step) + offset, labels) > best
    assert log_loss(logits @ weights + offset + 0.05, labels) > best
    assert weights[0] == pytest.approx(10 * weights[1], rel=0.2)


def test_words_of_both_keep_their_meaning():
    linear = measure_linear(NbsvmConfig(), *planted())
    first = Vocabulary(("street", "awful", "unheard"))
    vocabulary, keys, order = union(first, linear)
    assert vocabulary.words[:3] == first.words
    assert set(vocabulary.words) == set(first.words) | set(linear.vocabulary.words)
    assert (np.diff(keys) > 0).all()
    names, own = ("", *vocabulary.words), ("", *linear.vocabulary.words)
    for new, old in zip(unpack(keys), unpack(linear.arrays["keys"][order]), strict=True):
        assert [names[k] for k in new if k >= 0] == [own[k] for k in old if k >= 0]
