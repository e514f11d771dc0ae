"""Naive Bayes weights inside a linear classifier, on word n-grams: quick, strong, and transparent.

Each n-gram counts once a review, times the logarithm of how much more often it stands in reviews
for a film than in reviews against one; a linear classifier learns how much to believe each. A
review's n-grams share a length of 1, so long reviews are not surer for their length alone.

A model that ships knows only n-grams that may (`core.sentiment.disclosure.rules`). On validation
that costs no accuracy (90.5 % with and without); its loss rises by 0.005. Numbering pairs and
triples by a hash instead, so that none can be read back, cost more: 90.3 % with 2^20 numbers and
89.8 % with 2^18.

References:
    S. Wang and C. D. Manning (2012). Baselines and Bigrams: Simple, Good Sentiment and Topic
        Classification. https://aclanthology.org/P12-2018/
    G. Mesnil, T. Mikolov, M. Ranzato and Y. Bengio (2014). Ensemble of Generative and
        Discriminative Techniques for Sentiment Analysis. https://arxiv.org/abs/1412.5335 (trigrams)
"""

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from core.errors import InputError
from core.sentiment.data import MAX_WORDS, Texts, pack, unpack
from core.sentiment.disclosure.chains import telling
from core.sentiment.disclosure.rules import LONGEST_CHAIN
from core.sentiment.model.nbsvm import NbsvmConfig, NgramWeights


def fit_nbsvm(
    config: NbsvmConfig, texts: Texts, *, allowed: np.ndarray | None = None
) -> NgramWeights:
    """Fits the linear model.

    Args:
        config: settings.
        texts: training reviews.
        allowed: i64[M], the n-grams that may be known of it, with ids of `texts.words`. Of these,
            those are left out that would tell together how a passage goes on
            (`core.sentiment.disclosure.chains.telling`). None for a model that does not ship: it
            knows all.

    Returns:
        Weights of the n-grams that stand in enough reviews.

    Raises:
        InputError: there are too many different words, no n-gram in enough reviews, or only one
            class.
    """
    if len(texts.words) > MAX_WORDS:
        raise InputError(f"words ({len(texts.words):,}) should be at most {MAX_WORDS:,}")
    if len(np.unique(texts.labels)) < 2:
        raise InputError("labels should hold reviews for a film and reviews against one")
    packed, places = pack(texts.tokens, texts.starts, order=config.order)
    rows = texts.rows[places]
    keys, columns = np.unique(packed, return_inverse=True)
    columns = columns.astype(np.int32)  # scikit-learn takes no longer ones
    counts = sparse.csr_array(
        (np.ones(len(columns), np.float64), (rows, columns)), shape=(texts.n_texts, len(keys))
    )
    counts.data[:] = 1  # whether it stands there, not how often
    stays = counts.count_nonzero(axis=0) >= config.min_reviews
    if allowed is not None:
        stays &= np.isin(keys, allowed)
        stays[stays] = silent(keys[stays])
    if not stays.any():
        raise InputError(
            f"min_reviews ({config.min_reviews}) should be lower: no n-gram "
            + ("" if allowed is None else "that may be known ")
            + f"stands in as many of the {texts.n_texts:,} reviews"
        )
    keys, counts = keys[stays], counts[:, stays]
    ratios = log_ratios(counts, texts.labels, config.smoothing)
    lengths = np.sqrt(np.maximum(counts.sum(axis=1), 1))
    inputs = sparse.diags_array(1 / lengths) @ counts @ sparse.diags_array(ratios)
    classifier = LogisticRegression(
        C=config.inverse_penalty, solver="liblinear", dual=True, max_iter=1000, random_state=0
    )
    classifier.fit(inputs.tocsr(), texts.labels)
    weights = (classifier.coef_[0] * ratios).astype(np.float32)
    return NgramWeights(keys, weights, float(np.ravel(classifier.intercept_)[0]))


def silent(keys: np.ndarray) -> np.ndarray:
    """Says which n-grams stay so that no passage can be read from them alone, bool[N]."""
    ngrams = [tuple(word for word in row if word >= 0) for row in unpack(keys).tolist()]
    stays = np.ones(len(keys), bool)
    while True:
        left = np.flatnonzero(stays)
        tells = telling([ngrams[row] for row in left], longest=LONGEST_CHAIN)
        if not tells.any():
            return stays
        stays[left[tells]] = False


def log_ratios(counts: sparse.csr_array, labels: np.ndarray, smoothing: float) -> np.ndarray:
    """Returns ln(share among n-grams of class 1 / share among those of class 0), f64[N]."""
    shares = []
    for label in (1, 0):
        seen = counts[labels == label].sum(axis=0) + smoothing
        shares.append(seen / seen.sum())
    return np.log(shares[0] / shares[1])
