"""What stands beside the weights of a bundle: n-grams of its filters, likeness to GloVe, its card.

The n-grams are looked for among those that may ship (`core.sentiment.disclosure.rules`): common
phrases, no sentence of anybody's, and no longer passage when they are laid end over end. And where
an embedding began with GloVe's vectors, training moves some of them a little: then GloVe ships,
word by word, in the bundle of a net.
"""

import dataclasses
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.bundle import Bundle
from core.datasets.glove_text import read_glove
from core.datasets.store import LocalData
from core.errors import InputError
from core.sentiment.data import MAX_ORDER, Vocabulary, pack_columns, unpack
from core.sentiment.disclosure.publishable import Publishable
from core.sentiment.disclosure.rules import RULE
from core.sentiment.explore import SentimentModel
from core.sentiment.explore.forward import CnnForward, MaxCnnForward, RegionForward
from core.sentiment.train.protocol import PROTOCOLS
from core.sentiment.weights import restored


def describe(
    bundle: Bundle, may_ship: Callable[[], Publishable], *, glove: LocalData | None = None
) -> Bundle:
    """Says what stands beside the weights of a bundle: top n-grams of its filters, and its card.

    Args:
        bundle: of a model.
        may_ship: opens the n-grams that may ship, for a model that has filters or is linear; those
            of a linear model must be among them.
        glove: the archive of GloVe 6B, for a model whose embedding began with its vectors.

    Returns:
        The bundle with them, not yet saved.

    Raises:
        InputError: a linear model has weights for other n-grams.
        DataError: an archive is damaged.
    """
    model = SentimentModel(bundle)
    tables, config = dict(bundle.tables), dict(bundle.config)
    if model.has_filters or model.linear is not None:
        found = may_ship()
        config["disclosure"] = dict(RULE)
        if model.linear is not None:
            check_keys(model, found)
        if model.net_with_filters is not None:
            tables["ngrams"] = top_ngrams(model.net_with_filters, model.net_vocabulary, found)
    if glove is not None:
        table = restored(bundle.arrays)["embedding.table"]
        words, vectors = read_glove(glove.path, n_dims=table.shape[1])
        config["glove"] = measure_likeness(model.vocabulary, table, words, vectors)
    metrics = {name: bundle.metrics[name] for name in PROTOCOLS if name in bundle.metrics}
    bundle = dataclasses.replace(bundle, tables=tables, config=config, metrics=metrics)
    return dataclasses.replace(bundle, card=write_card(bundle))


def check_keys(model: SentimentModel, found: Publishable) -> None:
    """Checks that a linear model knows only n-grams that may ship.

    Raises:
        InputError: it knows others.
    """
    assert model.linear is not None  # asked of a linear model only
    number = {word: at for at, word in enumerate(found.words)}
    ids = np.array([0, *(number.get(word, -2) for word in model.vocabulary.words), -1])
    keys = pack_columns(ids[unpack(model.linear.keys)])  # the last one serves -1: no further word
    others = np.count_nonzero(~np.isin(keys, found.keys(MAX_ORDER)))
    if others:
        raise InputError(
            f"{model.bundle.name} ({others:,} of its n-grams) should know only n-grams that may "
            f"ship; train it anew: {model.bundle.command}"
        )


def write_card(bundle: Bundle) -> str:
    """Writes the card of a bundle, from its figures and its contents."""
    config, data = bundle.config, bundle.dataset
    rows = "\n".join(
        f"| {name} | {metric['value']:.4f} | {_spread(metric)} | {metric['protocol']} |"
        for name, metric in bundle.metrics.items()
    )
    epochs = f" ({config['epochs']} epochs)" if bundle.documents["history"] else ""
    distilled = (
        f" It also learned what the linear model says of\n{config['n_distilled']:,} reviews "
        "without labels; none of them stands in the test part."
        if "n_distilled" in config
        else ""
    )
    return f"""# {bundle.name}

{config["title"]}: is a film review for or against? Trained on {data["title"]} ({data["version"]}),
25,000 labelled reviews; {config["n_parameters"]:,} numbers learned.{distilled}

Made by `{bundle.command}` on {bundle.device}; the weights that ship took {bundle.duration_s:.0f} s
of training{epochs}. `python -m core evaluate assets/{bundle.name}` measures
them again.

## Figures
| metric | mean over seeds | of each seed | protocol |
|---|---|---|---|
{rows}

Logits are divided by {config["temperature"]:.3f} before they are called probabilities.

## What is inside
Weights of seed {bundle.seeds["model"]} in half precision or less, the words they know, and, \
for each test
review in the archive's order, its label, what the model said (a logit), and counts (words,
negations, share of rare words). {_phrases(bundle)}No text of a review. Words that
mostly stand in addresses of a few reviews are numbered, not named.
{_vectors(bundle)}{_ngrams(bundle)}
## Use and limits
For exploring and teaching. The model knows how people wrote about films on one web site before
2011; irony, other languages and texts about other things mislead it. 123 texts stand in both train
and test of the data set, as published. A score is no judgement of a writer.

## Data
{data["citation"]}
Licence: {data["licence"]}
"""


def _phrases(bundle: Bundle) -> str:
    if "ngrams" not in bundle.tables:
        return ""
    return (
        "Of each filter, the n-grams with the highest activation, among those that may ship "
        "(below). "
    )


def _vectors(bundle: Bundle) -> str:
    found = bundle.config.get("glove")
    if found is None:
        return ""
    cosine = found["median_cosine"]
    how = "hardly moved" if cosine > 0.95 else "moved"
    return _paragraph(
        f"The embedding began with the vectors of GloVe 6B, a third of each number, and {how}: the "
        f"median cosine between a word's vector here and GloVe's is {cosine:.3f}, and for "
        f"{found['same_nearest']:.1%} of its {found['n_words']:,} words in GloVe the nearest of "
        "GloVe's vectors of all these words is that of the word itself. So vectors of GloVe ship "
        "in this bundle"
        + (", almost unchanged. " if cosine > 0.95 else ", changed. ")
        + "GloVe is free for any use (PDDL 1.0): J. Pennington, R. Socher and C. D. Manning "
        "(2014). GloVe: Global Vectors for Word Representation. "
        "https://aclanthology.org/D14-1162/"
    )


def _ngrams(bundle: Bundle) -> str:
    """The rule that the n-grams were chosen by, and what was tried against them."""
    if "disclosure" not in bundle.config:
        return ""
    keys = sum(len(array) for name, array in bundle.arrays.items() if name.endswith("keys"))
    which = [f"the {keys:,} n-grams that the linear model has weights for"] if keys else []
    which += ["those of the table"] if "ngrams" in bundle.tables else []
    rule = bundle.config["disclosure"]
    rule_text = (
        f"Every n-gram here ({' and '.join(which)}) stands in reviews of {rule['min_films']} films "
        f"or more, by as many writers as far as the data tells: in reviews whose numbers in one "
        f"part of the archive are {rule['reviews_a_film']} or more apart, while a film has at most "
        f"{rule['reviews_a_film']} reviews with consecutive numbers; reviews that share "
        f"{rule['shared_passage']} words in a row count as one writer's. The word before it, and "
        f"the word behind it, is the same one in at most {rule['most_alike']:.0%} of its places, "
        f"begin and end of a review included, and it has {rule['min_contexts']} different pairs of "
        "neighbours or more; no uncommon word goes along with it in more than a third of its "
        "reviews. A name (a word with a capital in mid-sentence) stays only if "
        "reviewers of one film speak of it one after the other, for three films or more; parts of "
        "addresses go. "
    )
    chains = (
        "N-grams of three words or more overlap in no chain of eight words or more, those of "
        "all bundles together. "
    )
    if "ngrams" in bundle.tables:
        chains += "Neither do the pairs of the tables. "
    if keys:
        chains += (
            "Keys do not tell how a passage goes on for eight words, neither forwards nor "
            "backwards, where one key alone fits. The words stand in alphabetical order"
            + (" behind those of the net. " if "ngrams" in bundle.tables else ". ")
        )
    tried = (
        "Counted are all reviews that may be learned from, labelled or not; labels play no part. "
        "Tried against it, on the archive itself (`tests/privacy`): laying n-grams end over end, "
        "looking for passages and sentences of reviews in every file, and counting films, "
        "writers, neighbours and names again in another way. Nothing was found."
    )
    return "\n## Which n-grams ship\n" + _paragraph(rule_text + chains + tried)


def _paragraph(text: str) -> str:
    return textwrap.fill(text, 100, break_on_hyphens=False, break_long_words=False) + "\n"


def _spread(metric: Mapping[str, Any]) -> str:
    return ", ".join(f"{value:.4f}" for value in metric["per_seed"])


MOST_SHOWN = 20
_SCORED_AT_ONCE = 20_000


def top_ngrams(
    net: CnnForward | MaxCnnForward | RegionForward, vocabulary: Vocabulary, found: Publishable
) -> pd.DataFrame:
    """Finds the n-grams with the highest activation of each filter.

    Args:
        net: with filters of five words or fewer.
        vocabulary: the words it knows.
        found: the n-grams that may ship.

    Returns:
        Columns "size" (words), "filter" (within its size), "rank" (from 1), "ngram" (words with
        blanks between), "value" (what the filter says) and "reviews" (how many hold it, of those
        that may be learned from); at most `MOST_SHOWN` rows a filter, none with unk.
    """
    encoded = vocabulary.encode(found.words)
    words = np.array(["", *vocabulary.words], dtype=object)
    rows = []
    for group, size in enumerate(net.sizes):
        ngrams, reviews = found.table(size)
        ngrams = encoded[ngrams]
        known = (ngrams != vocabulary.unk).all(axis=1)
        ngrams, reviews = ngrams[known], reviews[known]
        best = _Best()
        for at in range(0, len(ngrams), _SCORED_AT_ONCE):
            some = ngrams[at : at + _SCORED_AT_ONCE]
            best.add(net.activate(group, net.embed(some)), np.arange(at, at + len(some)))
        for number in range(best.n_filters):
            for rank, (value, row) in enumerate(best.of(number), start=1):
                text = " ".join(words[ngrams[row]])
                rows.append((size, number, rank, text, value, int(reviews[row])))
    return pd.DataFrame(rows, columns=["size", "filter", "rank", "ngram", "value", "reviews"])


class _Best:
    """The rows with the highest values of each filter, kept while groups of rows come in."""

    def __init__(self) -> None:
        self.n_filters = 0
        self._values = np.zeros((0, 0), np.float32)
        self._rows = np.zeros((0, 0), np.int64)

    def add(self, values: np.ndarray, rows: np.ndarray) -> None:
        """Takes f32[N, F] of the rows i64[N]."""
        rows = np.tile(rows[:, None], (1, values.shape[1]))
        is_first, self.n_filters = not self.n_filters, values.shape[1]
        together = values if is_first else np.concatenate([self._values, values])
        numbers = rows if is_first else np.concatenate([self._rows, rows])
        order = np.argsort(-together, axis=0, kind="stable")[:MOST_SHOWN]
        self._values = np.take_along_axis(together, order, axis=0)
        self._rows = np.take_along_axis(numbers, order, axis=0)

    def of(self, number: int) -> list[tuple[float, int]]:
        """Returns value and row of a filter's best, the highest first, without those at 0."""
        pairs = zip(self._values[:, number].tolist(), self._rows[:, number].tolist(), strict=True)
        return [(value, row) for value, row in pairs if value > 0]


def measure_likeness(
    vocabulary: Vocabulary, table: np.ndarray, words: Sequence[str], vectors: np.ndarray
) -> dict[str, float]:
    """Compares each word's vector with GloVe's of the same word.

    Args:
        vocabulary: V - 2 words.
        table: f32[V, E], their vectors as they ship.
        words: N that GloVe has a vector of; one of `vocabulary` at least.
        vectors: f32[N, E], theirs.

    Returns:
        "n_words" that GloVe has, too; "median_cosine" of the two vectors of a word;
        "same_nearest", the share of words whose vector has, of GloVe's for all these words, that of
        the same word nearest by cosine.
    """
    known = vocabulary.ids
    rows = np.array([known.get(word, 0) for word in words])
    theirs, ours = _unit(vectors[rows > 0]), _unit(table[rows[rows > 0]])
    cosines = (theirs * ours).sum(axis=1)
    nearest = np.concatenate(
        [(ours[at : at + 1000] @ theirs.T).argmax(axis=1) for at in range(0, len(ours), 1000)]
    )
    return {
        "n_words": len(ours),
        "median_cosine": float(np.median(cosines)),
        "same_nearest": float(np.mean(nearest == np.arange(len(ours)))),
    }


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)
