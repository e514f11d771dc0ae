"""A trained sentiment model for pages, notebooks and the command line: score, explain, compare.

NumPy alone; the training library stays away. A model is immutable once made and may be shared.
"""

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from core.bundle import ASSETS, Bundle, check_arrays, load_bundle, read_manifest
from core.errors import BundleError, InputError
from core.sentiment import FORMER_NAMES, KIND, MODELS
from core.sentiment.data import Texts, Vocabulary, pad, without_punctuation
from core.sentiment.explore.forward import (
    AnyNet,
    CnnForward,
    MaxCnnForward,
    RegionForward,
    net_of,
)
from core.sentiment.explore.reading import Reading, read
from core.sentiment.explore.scoring import (
    LinearScorer,
    NetScorer,
    Part,
    Scorer,
    SumOfNgrams,
    SumScorer,
    without_each,
)
from core.sentiment.metrics import probability
from core.sentiment.model.nbsvm import NgramWeights
from core.sentiment.weights import SHAPES, restored

BEST = "best"
_FORMER_KEYS = {"reads_signs": "keeps_punctuation"}
_FORMER_NETS = {"Hidden": "Mlp"}


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
        config = _named_as_now(bundle.config)
        if "words" not in bundle.tables:
            raise BundleError(where, ["table words is missing"])
        self.name = bundle.name.removeprefix("sentiment-")
        self.title: str = config.get("title", self.name)
        self.temperature = float(config.get("temperature", 1.0))
        self.keeps_punctuation = bool(config.get("keeps_punctuation", False))
        self.vocabulary = Vocabulary(tuple(bundle.tables["words"]["word"]))
        self.length: int | None = config.get("length")
        self.net: AnyNet | None = None
        self.linear: NgramWeights | None = None
        try:
            self._scorer = self._open(config, "", where)
        except KeyError as error:
            raise BundleError(where, [f"config lacks {error.args[0]}"]) from error

    def _open(self, config: Mapping[str, Any], prefix: str, where: Path) -> Scorer:
        """Makes what scores, from the arrays whose names begin with a prefix."""
        model = config.get("model")
        if model == "Sum":
            members = [
                (float(member["weight"]), self._open(member, member["prefix"], where))
                for member in config["members"]
            ]
            return SumScorer(members, float(config["offset"]))
        if model is None or (model != "Nbsvm" and model not in SHAPES):
            raise BundleError(where, [f"its model {model!r} is unknown"])
        shapes = {"keys": (None,), "weights": (None,), "bias": (1,)}
        n_ids = config.get("n_ids", self.vocabulary.n_ids) if prefix else self.vocabulary.n_ids
        if model != "Nbsvm":
            shapes = SHAPES[model](n_ids, config)
        check_arrays(
            self.bundle, {prefix + name: shape for name, shape in shapes.items()}, where=where
        )
        arrays = restored({name: self.bundle.arrays[prefix + name] for name in shapes})
        if model == "Nbsvm":
            self.linear = NgramWeights(arrays["keys"], arrays["weights"], float(arrays["bias"][0]))
            return LinearScorer(self.linear, self.vocabulary.unk)
        self.net = net_of(arrays, config)
        return NetScorer(self.net, n_ids)

    @property
    def is_exact(self) -> bool:
        """Whether its logit is a sum over n-grams."""
        return self._scorer.is_exact

    @property
    def reads_unk(self) -> bool:
        """Whether unk is a word to it, the same for all words that it does not know."""
        return self.net is not None

    @property
    def net_vocabulary(self) -> Vocabulary:
        """Returns the words that its net knows, the first ones of all.

        Raises:
            InputError: the model has no net.
        """
        if self.net is None:
            raise InputError(f"model ({self.name}) should have a net")
        return Vocabulary(self.vocabulary.words[: len(self.net.table) - 2])

    def read(self, text: str) -> Reading:
        """Takes a text as this model does.

        Raises:
            InputError: the text is far too long.
        """
        return read(
            text, self.vocabulary, keeps_punctuation=self.keeps_punctuation, length=self.length
        )

    def score(self, text: str) -> Score:
        """Scores a text.

        Raises:
            InputError: the text is far too long.
        """
        return self._score(self.read(text))

    def explain(self, text: str) -> Explanation:
        """Scores a text and takes the logit apart.

        Raises:
            InputError: the text is far too long.
        """
        score = self.score(text)
        values, parts, base = self._scorer.explain(score.reading.ids)
        parts = sorted(parts, key=lambda part: -abs(part.value))
        return Explanation(score, values, tuple(parts), base, self.is_exact)

    @property
    def top_ngrams(self) -> pd.DataFrame | None:
        """The n-grams of each filter's highest activations, None without filters."""
        return self.bundle.tables.get("ngrams")

    @property
    def adds_words(self) -> bool:
        """Whether its filters add numbers of words up, where others weigh the words' vectors."""
        return isinstance(self.net, RegionForward)

    @property
    def has_filters(self) -> bool:
        """Whether windows of words slide over a text in this model."""
        return self.net_with_filters is not None

    @property
    def net_with_filters(self) -> CnnForward | MaxCnnForward | RegionForward | None:
        """Returns its net, if windows of words slide over a text in it."""
        return self.net if isinstance(self.net, CnnForward | SumOfNgrams) else None

    def activations(self, text: str) -> Activations:
        """Lets every filter look at every window of a text.

        Raises:
            InputError: the text is far too long, or the model has no filters.
        """
        net = self.net_with_filters
        if net is None:
            raise InputError(f"model ({self.name}) should have filters, as the cnn has")
        reading = read(
            text, self.vocabulary, keeps_punctuation=self.keeps_punctuation, length=net.length
        )
        ids = np.minimum(reading.ids, len(net.table) - 1)  # of a larger vocabulary, unk here
        values = net.activations(net.embed(pad(ids, net.length)[None]))
        return Activations(
            reading,
            {size: f[0, reading.padding :] for size, f in zip(net.sizes, values, strict=True)},
        )

    def without_each(self, text: str) -> np.ndarray:
        """Returns how much each word that was read lifts the logit by being there, f32[n].

        Raises:
            InputError: the text is far too long.
        """
        score = self.score(text)
        return score.logit - without_each(self._scorer, score.reading.ids)

    def logits_of(self, texts: Texts) -> np.ndarray:
        """Scores many texts, punctuation included: f32[R]."""
        texts = texts if self.keeps_punctuation else without_punctuation(texts)
        ids = self.vocabulary.encode(texts.words)[texts.tokens]
        return self._scorer.logits(ids, texts.starts)

    def _score(self, reading: Reading) -> Score:
        logit = self._scorer.logits(reading.ids, np.array([0, len(reading.ids)]))[0]
        return Score(float(logit), float(probability(logit, self.temperature)), reading)


def _named_as_now(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a configuration by the names of today; bundles of one's own may have former ones."""
    found = {_FORMER_KEYS.get(name, name): value for name, value in config.items()}
    model = found.get("model")
    found["model"] = _FORMER_NETS.get(str(model), model)
    return found


def open_model(name: str, *, assets: Path = ASSETS) -> SentimentModel:
    """Opens a model that ships.

    Args:
        name: one of `MODELS`, or "best": the one with the lowest loss on validation.
        assets: the folder with the bundles.

    Raises:
        InputError: there is no model of that name.
        BundleNotFound: it is not in the assets.
        BundleError: its bundle is damaged, foreign or newer than this code.
    """
    name = FORMER_NAMES.get(name, name)
    if name == BEST:
        name = best_model(assets=assets)
    elif name not in MODELS:
        raise InputError(f"model ({name}) should be one of {BEST}, {', '.join(MODELS)}")
    folder = assets / f"sentiment-{name}"
    command = f"python -m core train sentiment --preset {name} --out {folder}"
    return SentimentModel(load_bundle(folder, kind=KIND, command=command), folder)


def best_model(*, assets: Path = ASSETS) -> str:
    """Returns the name of the model with the lowest loss on validation.

    Of a tenth of train, accuracy does not tell apart what differs by a few reviews.

    Raises:
        BundleNotFound: there is none.
    """
    found = {}
    for name in MODELS:
        folder = assets / f"sentiment-{name}"
        if folder.is_dir():
            metrics = read_manifest(folder)["metrics"]
            found[name] = metrics.get("val_loss", {}).get("value", math.inf)
    if not found:
        read_manifest(assets / f"sentiment-{MODELS[0]}", command="python -m core train sentiment")
    return min(found, key=found.__getitem__)
