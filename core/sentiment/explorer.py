"""A trained sentiment model for pages, notebooks and the command line: score, explain, compare.

NumPy alone; the training library stays away. A model is immutable once made and may be shared.
"""

import dataclasses
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from core.bundle import ASSETS, Bundle, check_arrays, load_bundle, read_manifest
from core.errors import BundleError, InputError
from core.sentiment import MODELS
from core.sentiment.attribution import (
    Part,
    integrated_gradients,
    linear_parts,
    max_parts,
    without_each,
    word_values,
)
from core.sentiment.calibration import probability
from core.sentiment.data import Texts, Vocabulary, pad, pad_all, without_signs
from core.sentiment.forward import CnnForward, MaxCnnForward, Net, RegionForward, net_of
from core.sentiment.linear import NgramWeights
from core.sentiment.reading import Reading, read, read_tokens
from core.sentiment.shapes import SHAPES

KIND = "sentiment"
BEST = "best"
_SCORED_AT_ONCE = 100
_SUMS_OF_NGRAMS = MaxCnnForward | RegionForward


class Score(NamedTuple):
    """What a model says of a text: the logit, and the probability that it is for the film."""

    logit: float
    probability: float
    reading: Reading


@dataclasses.dataclass(frozen=True, slots=True)
class Explanation:
    """Why.

    Attributes:
        score: of the text.
        values: f64[n], what each word that was read adds to the logit; n-grams' parts are shared
            out evenly among their words.
        parts: the n-grams themselves, largest first; empty for a model that is no sum of n-grams.
        base: the logit that remains: the bias, or that of a review without words.
        is_exact: whether the parts are the model itself, and no approximation.
    """

    score: Score
    values: np.ndarray
    parts: tuple[Part, ...]
    base: float
    is_exact: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Activations:
    """What the filters of a net say while their windows slide over a text.

    Attributes:
        reading: the text as the net reads it.
        values: size -> f32[n, F], what each filter says of the window around each word read.
    """

    reading: Reading
    values: dict[int, np.ndarray]


class SentimentModel:
    """A trained model.

    Args:
        bundle: of kind "sentiment".
        folder: where it was loaded from, for messages.

    Raises:
        BundleError: an array or a table is missing, or the model is of an unknown kind.
    """

    def __init__(self, bundle: Bundle, folder: Path | None = None) -> None:
        self.bundle = bundle
        where = folder or Path(bundle.name)
        config = bundle.config
        if "words" not in bundle.tables:
            raise BundleError(where, ["table words is missing"])
        self.name = bundle.name.removeprefix("sentiment-")
        self.title: str = config.get("title", self.name)
        self.temperature = float(config.get("temperature", 1.0))
        self.reads_signs = bool(config.get("reads_signs", False))
        self.vocabulary = Vocabulary(tuple(bundle.tables["words"]["word"]))
        self.length: int | None = config.get("length")
        self.linear: NgramWeights | None = None
        self.net: Net | None = None
        if config.get("model") == "Nbsvm":
            shapes = {"keys": (None,), "weights": (None,), "bias": (1,)}
            check_arrays(bundle, shapes, where=where)
            arrays = bundle.arrays
            self.linear = NgramWeights(
                arrays["keys"], arrays["weights"].astype(np.float32), float(arrays["bias"][0])
            )
        elif config.get("model") in SHAPES:
            try:
                shapes = SHAPES[config["model"]](self.vocabulary.n_ids, config)
            except KeyError as error:
                raise BundleError(where, [f"config lacks {error.args[0]}"]) from error
            check_arrays(bundle, shapes, where=where)
            arrays = {name: array.astype(np.float32) for name, array in bundle.arrays.items()}
            self.net = net_of(arrays, config)
        else:
            raise BundleError(where, [f"its model {config.get('model')!r} is unknown"])

    @property
    def is_exact(self) -> bool:
        """Whether its logit is a sum over n-grams."""
        return self.linear is not None or isinstance(self.net, _SUMS_OF_NGRAMS)

    def read(self, text: str) -> Reading:
        """Takes a text as this model does.

        Raises:
            InputError: the text is far too long.
        """
        return read(text, self.vocabulary, reads_signs=self.reads_signs, length=self.length)

    def score(self, text: str) -> Score:
        """Scores a text.

        Raises:
            InputError: the text is far too long.
        """
        return self._score(self.read(text))

    def score_tokens(self, tokens: list[str]) -> Score:
        """Scores tokens, as `core.tokens.tokenize` makes them."""
        return self._score(self._read_tokens(tokens))

    def explain(self, text: str) -> Explanation:
        """Scores a text and takes the logit apart.

        Raises:
            InputError: the text is far too long.
        """
        score = self.score(text)
        ids = self._known(score.reading)
        parts: list[Part] = []
        if self.linear is not None:
            parts, base = linear_parts(self.linear, ids), self.linear.bias
        elif isinstance(self.net, _SUMS_OF_NGRAMS):
            parts, base = max_parts(self.net, ids), float(self.net.offset)
        else:
            values, base = integrated_gradients(self.net, ids)
        if self.is_exact:
            values = word_values(parts, len(ids))
        parts = sorted(parts, key=lambda part: -abs(part.value))
        return Explanation(score, values, tuple(parts), base, self.is_exact)

    @property
    def favourites(self) -> pd.DataFrame | None:
        """The n-grams that excite each filter most, see `core.sentiment.filters`; None without."""
        return self.bundle.tables.get("ngrams")

    @property
    def has_filters(self) -> bool:
        """Whether windows of words slide over a text in this model."""
        return isinstance(self.net, CnnForward | _SUMS_OF_NGRAMS)

    def activations(self, text: str) -> Activations:
        """Lets every filter look at every window of a text.

        Raises:
            InputError: the text is far too long, or the model has no filters.
        """
        if not self.has_filters:
            raise InputError(f"model ({self.name}) should have filters, as the cnn has")
        reading = self.read(text)
        values = self.net.activations(self.net.embed(pad(reading.ids, self.length)[None]))
        return Activations(
            reading,
            {size: f[0, reading.padding :] for size, f in zip(self.net.sizes, values, strict=True)},
        )

    def without_each(self, text: str) -> np.ndarray:
        """Returns how much each word that was read lifts the logit by being there, f32[n].

        Raises:
            InputError: the text is far too long.
        """
        score = self.score(text)
        ids = self._known(score.reading)
        if self.net is not None:
            return score.logit - without_each(self.net, ids)
        shorter = [np.delete(ids, left_out) for left_out in range(len(ids))]
        starts = np.concatenate([[0], np.cumsum([len(row) for row in shorter])]).astype(np.int64)
        together = np.concatenate([np.zeros(0, np.int32), *shorter])
        return score.logit - self.linear.logits(together, starts)

    def logits_of(self, texts: Texts) -> np.ndarray:
        """Scores many texts, signs included: f32[R]."""
        texts = texts if self.reads_signs else without_signs(texts)
        if self.linear is not None:
            ids = self._linear_ids(self.vocabulary.encode(texts.words))[texts.tokens]
            return self.linear.logits(ids, texts.starts)
        return self._logits(pad_all(texts, self.vocabulary, self.length))

    def _read_tokens(self, tokens: list[str]) -> Reading:
        return read_tokens(
            tokens, self.vocabulary, reads_signs=self.reads_signs, length=self.length
        )

    def _score(self, reading: Reading) -> Score:
        ids = self._known(reading)
        if self.linear is not None:
            logit = self.linear.logits(ids, np.array([0, len(ids)]))[0]
        else:
            logit = self._logits(pad(ids, self.length)[None])[0]
        return Score(float(logit), float(probability(logit, self.temperature)), reading)

    def _known(self, reading: Reading) -> np.ndarray:
        return reading.ids if self.linear is None else self._linear_ids(reading.ids)

    def _linear_ids(self, ids: np.ndarray) -> np.ndarray:
        """The linear model has no id for rare words: no n-gram holds one."""
        return np.where(ids == self.vocabulary.rare, -1, ids).astype(np.int32)

    def _logits(self, ids: np.ndarray) -> np.ndarray:
        parts = [np.zeros(0, np.float32)]
        for at in range(0, len(ids), _SCORED_AT_ONCE):
            some = ids[at : at + _SCORED_AT_ONCE]
            parts.append(self.net.logits(self.net.embed(some), some > 0))
        return np.concatenate(parts)


def open_model(name: str, *, assets: Path = ASSETS) -> SentimentModel:
    """Opens a model that ships.

    Args:
        name: one of `MODELS`, or "best": the one with the highest accuracy on validation.
        assets: the folder with the bundles.

    Raises:
        InputError: there is no model of that name.
        BundleNotFound: it is not in the assets.
        BundleError: its bundle is damaged, foreign or newer than this code.
    """
    if name == BEST:
        name = best_model(assets=assets)
    elif name not in MODELS:
        raise InputError(f"model ({name}) should be one of {BEST}, {', '.join(MODELS)}")
    folder = assets / f"sentiment-{name}"
    command = f"python -m core train sentiment --preset {name} --out {folder}"
    return SentimentModel(load_bundle(folder, kind=KIND, command=command), folder)


def best_model(*, assets: Path = ASSETS) -> str:
    """Returns the name of the model with the highest accuracy on validation.

    Raises:
        BundleNotFound: there is none.
    """
    found = {}
    for name in MODELS:
        folder = assets / f"sentiment-{name}"
        if folder.is_dir():
            metrics = read_manifest(folder)["metrics"]
            found[name] = metrics.get("val_accuracy", {}).get("value", 0.0)
    if not found:
        read_manifest(assets / f"sentiment-{MODELS[0]}", command="python -m core train sentiment")
    return max(found, key=found.__getitem__)
