"""What several models say of the same reviews: how often each is right, and where they part ways.

Pure functions of logits and labels, whether those come from the bundles' test reviews or from a
visitor's own.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.bundle import Bundle
from core.errors import DataError, InputError
from core.sentiment.explore.comparison import name_of, title_of
from core.sentiment.metrics import probability, wilson

ANYONE, CHOSEN, EVERYONE = WHO = ("anyone", "chosen", "everyone")
VISITOR = "you"  # name of the visitor's row; no model has it


@dataclass(frozen=True)
class Verdicts:
    """What M models say of R reviews.

    Attributes:
        names: of the models.
        titles: of the models.
        logits: f[M, R]; above 0 a model says that the review is for the film.
        temperatures: f[M], by which logits are divided before they become probabilities.
        labels: R of them, above 0 for a review that is for the film.
        mine: f[R], a visitor's own probabilities, or None; above 0.5 they say for.

    Raises:
        InputError: there is no model or no review, or the parts do not fit each other.
    """

    names: tuple[str, ...]
    titles: tuple[str, ...]
    logits: np.ndarray
    temperatures: np.ndarray
    labels: np.ndarray
    mine: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Checks the shapes."""
        n_models, n_reviews = len(self.names), len(self.labels)
        if not n_models or not n_reviews:
            raise InputError(
                f"verdicts ({n_models} models, {n_reviews} reviews) should have one of each"
            )
        fits = self.logits.shape == (n_models, n_reviews)
        fits &= len(self.titles) == len(self.temperatures) == n_models
        if not fits or (self.mine is not None and len(self.mine) != n_reviews):
            raise InputError(
                f"logits {self.logits.shape} should be {n_models} models by {n_reviews} reviews, "
                "with a title and a temperature for each model"
            )

    @property
    def n_reviews(self) -> int:
        """Number of reviews R."""
        return len(self.labels)

    @functools.cached_property
    def probabilities(self) -> np.ndarray:
        """How probable each model finds it that a review is for the film, f64[M, R]."""
        rows = zip(self.logits, self.temperatures, strict=True)
        return np.stack([probability(row, float(temperature)) for row, temperature in rows])

    @functools.cached_property
    def is_wrong(self) -> np.ndarray:
        """Which models take the wrong side of which reviews, bool[M, R]."""
        return (self.logits > 0) != (np.asarray(self.labels) > 0)


def of_models(
    models: Mapping[str, Bundle],
    logits: Mapping[str, np.ndarray],
    labels: np.ndarray,
    mine: np.ndarray | None = None,
) -> Verdicts:
    """Puts side by side what models said of a visitor's reviews.

    Args:
        models: name -> bundle, in the order to show.
        logits: name -> f[R], for each of the models.
        labels: R of them, above 0 for a review that is for the film.
        mine: f[R], the visitor's own probabilities.

    Raises:
        InputError: there is none of either, or the parts do not fit each other.
    """
    return Verdicts(
        tuple(models),
        tuple(title_of(bundle) for bundle in models.values()),
        np.stack([logits[name] for name in models]) if models else np.zeros((0, 0)),
        np.array([_temperature(bundle) for bundle in models.values()]),
        labels,
        mine,
    )


def of_tables(bundles: Sequence[Bundle], labels: np.ndarray) -> Verdicts:
    """Puts side by side what bundles record of the test reviews.

    Args:
        bundles: each with a table of the same test reviews, as `Comparison` checks.
        labels: f[R], of the test reviews on this machine, in their order.

    Raises:
        DataError: these are not the reviews that the bundles record.
    """
    logits = {name_of(bundle): bundle.tables["test"]["logit"].to_numpy() for bundle in bundles}
    recorded = bundles[0].tables["test"]["label"].to_numpy()
    if not np.array_equal(recorded > 0, np.asarray(labels) > 0):
        raise DataError(
            f"the {len(labels):,} test reviews on this machine are not the {len(recorded):,} that "
            f"{bundles[0].name} was measured on; train the models on them, or fetch the data set "
            "again"
        )
    return of_models({name_of(bundle): bundle for bundle in bundles}, logits, recorded)


def accuracies(verdicts: Verdicts) -> pd.DataFrame:
    """Counts how often each is right, the visitor among the models.

    Returns:
        A row a model, the best first: "place" (shared by those that are right equally often),
        "name", "title", "count", "right", "accuracy", and "low" and "high", a 95 % interval
        (Wilson). The visitor's row, if there is one, is named `VISITOR`.
    """
    right = (~verdicts.is_wrong).sum(axis=1)
    names, titles = [*verdicts.names], [*verdicts.titles]
    if verdicts.mine is not None:
        mine = np.sum((verdicts.mine > 0.5) == (np.asarray(verdicts.labels) > 0))
        right = np.append(right, mine)
        names, titles = [*names, VISITOR], [*titles, "You"]
    count = np.full(len(names), verdicts.n_reviews)
    low, high = wilson(right, count)
    table = pd.DataFrame(
        {
            "place": pd.Series(right).rank(method="min", ascending=False).astype(int),
            "name": names,
            "title": titles,
            "count": count,
            "right": right,
            "accuracy": right / count,
            "low": low,
            "high": high,
        }
    )
    return table.sort_values("place", kind="stable", ignore_index=True)


def known_accuracy(bundle: Bundle) -> float:
    """Returns a model's accuracy on the data set's test reviews, NaN where none is recorded.

    The weights that ship are measured, those that score a visitor's reviews too; where their
    table is missing, the bundle's metric has the mean over seeds.
    """
    table = bundle.tables.get("test")
    if table is not None and len(table) and {"logit", "label"} <= set(table.columns):
        return float(((table["logit"] > 0) == (table["label"] > 0)).mean())
    return float(bundle.metrics.get("test_accuracy", {}).get("value", np.nan))


def disagreements(verdicts: Verdicts, who: str = ANYONE, chosen: str | None = None) -> pd.DataFrame:
    """Lists the reviews that split the models, the most split first.

    Args:
        verdicts: of one model or more.
        who: which reviews: `ANYONE` for all of them, `CHOSEN` for those that only the chosen model
            takes wrongly, `EVERYONE` for those that all models do.
        chosen: name of that model.

    Returns:
        "review" (row), "label" (0 or 1), "spread" (greatest minus smallest probability), "low",
        "high", "n_wrong" (models). Reviews of the same spread stay in their order.

    Raises:
        InputError: `who` or `chosen` is unknown.
    """
    if who not in WHO:
        raise InputError(f"who ({who}) should be one of {', '.join(WHO)}")
    if who == CHOSEN and chosen not in verdicts.names:
        raise InputError(f"chosen ({chosen}) should be one of {', '.join(verdicts.names)}")
    n_wrong = verdicts.is_wrong.sum(axis=0)
    low, high = verdicts.probabilities.min(axis=0), verdicts.probabilities.max(axis=0)
    listed = np.ones(verdicts.n_reviews, bool)
    if who == CHOSEN:
        listed = (n_wrong == 1) & verdicts.is_wrong[verdicts.names.index(chosen)]
    elif who == EVERYONE:
        listed = n_wrong == len(verdicts.names)
    rows = np.flatnonzero(listed)
    rows = rows[np.argsort(-(high - low)[rows], kind="stable")]
    return pd.DataFrame(
        {
            "review": rows,
            "label": (np.asarray(verdicts.labels)[rows] > 0).astype(int),
            "spread": (high - low)[rows],
            "low": low[rows],
            "high": high[rows],
            "n_wrong": n_wrong[rows],
        }
    )


def said_of(verdicts: Verdicts, review: int) -> pd.DataFrame:
    """Returns what each says of one review: "name", "title", "probability", "is_right".

    Args:
        verdicts: the visitor's row comes last, if there is one.
        review: its row.
    """
    rows = [
        (name, title, float(verdicts.probabilities[model, review]))
        for model, (name, title) in enumerate(zip(verdicts.names, verdicts.titles, strict=True))
    ]
    is_right = (~verdicts.is_wrong[:, review]).tolist()
    if verdicts.mine is not None:
        value = float(verdicts.mine[review])
        rows.append((VISITOR, "You", value))
        is_right.append((value > 0.5) == bool(verdicts.labels[review] > 0))
    table = pd.DataFrame(rows, columns=["name", "title", "probability"])
    return table.assign(is_right=is_right)


def _temperature(bundle: Bundle) -> float:
    return float(bundle.config.get("temperature", 1.0))
