"""The trained models side by side: who wins, on which reviews, and how far each can be trusted.

NumPy and pandas alone; every answer is a plain table over what the bundles say of each test review,
or of each recorded training.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from core.bundle import Bundle
from core.errors import BundleError, InputError, pick
from core.sentiment.explore import SentimentModel
from core.sentiment.explore.slices import slice_of
from core.sentiment.metrics import expected_calibration_error, probability, reliability, wilson

if TYPE_CHECKING:
    from core.sentiment.explore import SentimentModel

TEST_COLUMNS = ("label", "words", "negations", "rare", "logit")
N_POINTS = 200  # of a ROC curve
_RUNS = {"validation": "val", "full": "test"}  # kind of run -> what its rows measure on


class Roc(NamedTuple):
    """How a model ranks reviews.

    Attributes:
        points: "fpr" and "tpr" from (0, 0) to (1, 1).
        auc: the chance that a review for the film gets a larger logit than one against it.
    """

    points: pd.DataFrame
    auc: float


class Trust(NamedTuple):
    """How probabilities compare with what came true.

    Attributes:
        bins: see `core.sentiment.metrics.reliability`.
        error: the expected calibration error.
    """

    bins: pd.DataFrame
    error: float


class Comparison:
    """Several models on the same test reviews.

    Args:
        bundles: of kind "sentiment", or models that hold them, in the order to show.

    Raises:
        InputError: there are no bundles, or two of the same name.
        BundleError: a bundle has no usable table of test reviews, or not the first one's reviews.
    """

    def __init__(self, bundles: "Sequence[Bundle | SentimentModel]") -> None:
        if not bundles:
            raise InputError("bundles (none) should be at least one sentiment bundle")
        found = [one if isinstance(one, Bundle) else one.bundle for one in bundles]
        self.bundles: dict[str, Bundle] = {name_of(bundle): bundle for bundle in found}
        if len(self.bundles) < len(found):
            names = ", ".join(name_of(bundle) for bundle in found)
            raise InputError(f"bundles ({names}) should each have a name of its own")
        labels = _test(found[0])["label"].to_numpy()
        for bundle in found[1:]:
            if not np.array_equal(_test(bundle)["label"].to_numpy(), labels):
                problem = f"its test reviews are not those of {found[0].name}"
                raise BundleError(Path(bundle.name), [problem])

    @property
    def names(self) -> tuple[str, ...]:
        """Returns the models' names in order."""
        return tuple(self.bundles)

    @property
    def n_reviews(self) -> int:
        """Returns how many test reviews there are."""
        return len(_test(self.bundles[self.names[0]]))

    def title(self, name: str) -> str:
        """Returns a model's title; raises InputError for an unknown name."""
        return title_of(self._bundle(name))

    def board(self, lesson: Mapping[str, float] | None = None) -> pd.DataFrame:
        """Lists every model with its figures.

        Args:
            lesson: name of a model -> the lesson's or a paper's accuracy, where there is one.

        Returns:
            A row a model: "name", "title", "lesson", and "clean", "best_epoch" (the lesson's
            protocol), "frozen", "undistilled", "val" and "ece", each with "_sd" over seeds and
            "clean" also with "_per_seed"; "parameters", "train_s", "epochs". NaN where nothing was
            measured.
        """
        return board(list(self.bundles.values()), lesson)

    def confusion(self, name: str) -> pd.DataFrame:
        """Counts what a model said by what was true; see `confusion`."""
        return confusion(self._bundle(name))

    def roc(self, name: str) -> Roc:
        """Returns a model's ROC curve; see `roc`."""
        return roc(self._bundle(name))

    def trust(self, name: str) -> Trust:
        """Compares a model's probabilities with what came true; see `trust`."""
        return trust(self._bundle(name))

    def accuracy_by(self, slice_name: str) -> pd.DataFrame:
        """Measures every model on kinds of reviews; see `accuracy_by`."""
        return accuracy_by(list(self.bundles.values()), slice_name)

    def curves(self, name: str) -> pd.DataFrame:
        """Returns a model's trainings; see `curves`."""
        return curves([self._bundle(name)])

    def _bundle(self, name: str) -> Bundle:
        return pick("model", name, self.bundles)


def name_of(bundle: Bundle) -> str:
    """Returns the name of a model: mlp of sentiment-mlp."""
    return bundle.name.removeprefix("sentiment-")


def title_of(bundle: Bundle) -> str:
    """Returns what people call a model."""
    return str(bundle.config.get("title", name_of(bundle)))


def board(bundles: Sequence[Bundle], lesson: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Lists every model with its figures; see `Comparison.board`.

    Raises:
        InputError: there are no bundles.
    """
    if not bundles:
        raise InputError("bundles (none) should be at least one sentiment bundle")
    rows = []
    for bundle in bundles:
        row: dict[str, Any] = {"name": name_of(bundle), "title": title_of(bundle)}
        row["lesson"] = (lesson or {}).get(row["name"])
        for column, metric in (
            ("clean", "test_accuracy"),
            ("best_epoch", "lesson_accuracy"),
            ("frozen", "frozen_accuracy"),
            ("undistilled", "undistilled_accuracy"),
            ("val", "val_accuracy"),
            ("ece", "calibration_error"),
        ):
            found = bundle.metrics.get(metric, {})
            row |= {column: found.get("value"), f"{column}_sd": found.get("sd")}
        row["clean_per_seed"] = tuple(bundle.metrics.get("test_accuracy", {}).get("per_seed", ()))
        for column, key in (
            ("parameters", "n_parameters"),
            ("train_s", "train_s"),
            ("epochs", "epochs"),
        ):
            row[column] = bundle.config.get(key)
        rows.append(row)
    table = pd.DataFrame(rows)
    numbers = table.columns.difference(["name", "title", "clean_per_seed"])
    return table.astype(dict.fromkeys(numbers, float))


def confusion(bundle: Bundle) -> pd.DataFrame:
    """Counts what a model said by what was true.

    Args:
        bundle: with a table of test reviews.

    Returns:
        Four rows: "label" and "said" (0 against, 1 for), "count", "share" of all reviews.

    Raises:
        BundleError: there is no usable table of test reviews.
    """
    test = _test(bundle)
    pairs = 2 * test["label"].to_numpy(int) + (test["logit"].to_numpy() > 0)
    counts = np.bincount(pairs, minlength=4)
    return pd.DataFrame(
        {
            "label": [0, 0, 1, 1],
            "said": [0, 1, 0, 1],
            "count": counts,
            "share": counts / len(test),
        }
    )


def roc(bundle: Bundle, n_points: int = N_POINTS) -> Roc:
    """Draws the ROC curve: reviews for the film found, by how many others are taken for one.

    Without scikit-learn, which would add 58 MB to the app's process; a test keeps both equal.

    Args:
        bundle: with a table of test reviews.
        n_points: at most so many points, from 2.

    Returns:
        The curve and the area under it.

    Raises:
        BundleError: there is no usable table of test reviews, or all have the same label.
        InputError: there are too few points.
    """
    if n_points < 2:
        raise InputError(f"n_points ({n_points}) should be at least 2")
    test = _test(bundle)
    logits, labels = test["logit"].to_numpy(np.float64), test["label"].to_numpy(int)
    n_for = int(labels.sum())
    n_against = len(labels) - n_for
    if not n_for or not n_against:
        raise BundleError(Path(bundle.name), ["its test reviews all have the same label"])
    order = np.argsort(-logits, kind="stable")
    found = np.cumsum(labels[order])
    last_of_ties = np.append(np.diff(logits[order]) != 0, True)
    at = np.flatnonzero(last_of_ties)
    tpr = np.append(0, found[at] / n_for)
    fpr = np.append(0, (at + 1 - found[at]) / n_against)
    kept = np.unique(np.linspace(0, len(tpr) - 1, min(n_points, len(tpr))).round().astype(int))
    return Roc(pd.DataFrame({"fpr": fpr[kept], "tpr": tpr[kept]}), float(np.trapezoid(tpr, fpr)))


def trust(bundle: Bundle) -> Trust:
    """Compares a model's probabilities, after temperature scaling, with what came true.

    Raises:
        BundleError: there is no usable table of test reviews.
    """
    test = _test(bundle)
    said = probability(test["logit"].to_numpy(), float(bundle.config.get("temperature", 1.0)))
    labels = test["label"].to_numpy(np.float64)
    return Trust(reliability(said, labels), expected_calibration_error(said, labels))


def accuracy_by(bundles: Sequence[Bundle], slice_name: str) -> pd.DataFrame:
    """Measures models on kinds of reviews.

    Args:
        bundles: with tables of test reviews.
        slice_name: one of `SLICES`.

    Returns:
        A row a model and kind with a review in it: "name", "title", "bin" (its place), "label",
        "count", "right", "accuracy", and "low" and "high", a 95 % interval (Wilson).

    Raises:
        InputError: there are no bundles, or no such slice.
        BundleError: there is no usable table of test reviews.
    """
    if not bundles:
        raise InputError("bundles (none) should be at least one sentiment bundle")
    tables = []
    for bundle in bundles:
        test = _test(bundle)
        kinds, labels = slice_of(test, slice_name)
        is_right = (test["logit"].to_numpy() > 0) == (test["label"].to_numpy() > 0)
        counts = np.bincount(kinds, minlength=len(labels))
        right = np.bincount(kinds, is_right, len(labels)).astype(int)
        some = np.flatnonzero(counts)
        low, high = wilson(right[some], counts[some])
        tables.append(
            pd.DataFrame(
                {
                    "name": name_of(bundle),
                    "title": title_of(bundle),
                    "bin": np.arange(len(some)),
                    "label": [labels[kind] for kind in some],
                    "count": counts[some],
                    "right": right[some],
                    "accuracy": right[some] / counts[some],
                    "low": low,
                    "high": high,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def curves(bundles: Sequence[Bundle]) -> pd.DataFrame:
    """Returns the trainings of models, epoch by epoch.

    Args:
        bundles: those without epochs add no row.

    Returns:
        "model", "seed", "run" ("validation": on a tenth held out; "test": trained on all of
        train), "epoch", "loss" and "accuracy" on the reviews of that run. Loss may be NaN.
    """
    rows = []
    for bundle in bundles:
        history = bundle.documents.get("history") or {}
        for kind, measured_on in _RUNS.items():
            for seed, epochs in (history.get(kind) or {}).items():
                rows += [
                    {
                        "model": name_of(bundle),
                        "seed": int(seed),
                        "run": "validation" if kind == "validation" else "test",
                        "epoch": int(row["epoch"]),
                        "loss": row.get(f"{measured_on}_loss", np.nan),
                        "accuracy": row[f"{measured_on}_accuracy"],
                    }
                    for row in epochs
                    if row.get(f"{measured_on}_accuracy") is not None
                ]
    return pd.DataFrame(rows, columns=["model", "seed", "run", "epoch", "loss", "accuracy"])


def _test(bundle: Bundle) -> pd.DataFrame:
    table = bundle.tables.get("test")
    if table is None:
        raise BundleError(Path(bundle.name), ["table test is missing"])
    lacking = [column for column in TEST_COLUMNS if column not in table]
    if lacking:
        raise BundleError(Path(bundle.name), [f"table test lacks {', '.join(lacking)}"])
    if not len(table):
        raise BundleError(Path(bundle.name), ["table test has no review"])
    return table


N_TIMED = 30  # texts
_COMMON_WORDS = (
    "the a and of to is in it that this was as with for movie film but not on one they have by "
    "all who so like just or has about good some can when more very time even only story would "
    "what see there than other much well people great because really first acting too make plot "
    "any way bad"
).split()


def latency(model: SentimentModel) -> float:
    """Measures how long a model takes for one review, here and now.

    Args:
        model: scores the same 30 made-up texts of 50 to 400 words.

    Returns:
        The median time of a text, ms.
    """
    texts = sample_texts()
    model.score(texts[0])  # the first one may wait for memory
    took = []
    for text in texts:
        started = time.perf_counter()
        model.score(text)
        took.append(time.perf_counter() - started)
    return float(np.median(took) * 1000)


def sample_texts() -> list[str]:
    """Returns the texts that latency is measured on, always the same."""
    rng = np.random.default_rng(0)
    lengths = np.linspace(50, 400, N_TIMED).round().astype(int)
    return [" ".join(rng.choice(_COMMON_WORDS, size=length)) for length in lengths]


def effects(runs: pd.DataFrame) -> pd.DataFrame:
    """Sums up trainings: each value of a setting at its best epoch.

    Args:
        runs: "preset", "setting", "value", "seed", "epoch", "accuracy" and "loss", a row a training
            and epoch.

    Returns:
        A row a preset, setting and value: "accuracy" (mean over seeds at the epoch of the lowest
        mean loss), "low" and "high" of the seeds, "epoch", "seeds".
    """
    by_epoch = runs.groupby(["preset", "setting", "value", "epoch"], sort=False)
    means = by_epoch.agg(
        loss=("loss", "mean"),
        accuracy=("accuracy", "mean"),
        low=("accuracy", "min"),
        high=("accuracy", "max"),
        seeds=("seed", "nunique"),
    ).reset_index()
    best = means.groupby(["preset", "setting", "value"], sort=False)["loss"].idxmin()
    return means.loc[best].drop(columns="loss").reset_index(drop=True)
