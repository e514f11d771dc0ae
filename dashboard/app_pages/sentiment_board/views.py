"""The views of the leaderboard: each draws the one figure and says what it shows."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.sentiment.explore.comparison import Comparison
from dashboard import theme
from dashboard.app_pages.sentiment_board import leaderboard_figure, trust_figure
from dashboard.app_pages.sentiment_board import lines_figure as lines
from dashboard.components import page
from dashboard.components.chart import chart

KEY = "sentiment_board_main"
AXES = {
    "length": "length of the review (words)",
    "negations": "negations in the review (not, never, n’t, …)",
    "rare words": "share of rare words in the review",
}
AXES_SAID = {
    "length": "the length",
    "negations": "the number of negations",
    "rare words": "the share of rare words",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Board:
    """What the views show.

    Attributes:
        view: its name, for exports.
        models: all of them.
        board: their figures, a row a model.
        owners: model -> whose number stands beside its own.
        name: of the chosen model.
        kind: of reviews, for the view that sorts them.
        size: width and font size of the figure.
    """

    view: str
    models: Comparison
    board: pd.DataFrame
    owners: Mapping[str, str]
    name: str
    kind: str
    size: Mapping[str, Any]

    @property
    def titles(self) -> dict[str, str]:
        """Returns model -> title."""
        return {name: self.models.title(name) for name in self.models.names}

    @property
    def title(self) -> str:
        """Returns the chosen model's title."""
        return self.models.title(self.name)

    @property
    def row(self) -> pd.Series:
        """Returns the chosen model's figures."""
        return self.board.set_index("name").loc[self.name]

    @property
    def by_rank(self) -> list[str]:
        """Returns the models, the most accurate first."""
        return self.board.sort_values("clean", ascending=False, kind="stable")["name"].tolist()

    @property
    def n_reviews(self) -> str:
        """Returns the number of test reviews as text."""
        return theme.count(self.models.n_reviews)

    def draw(self, figure: go.Figure, alt: str, data: pd.DataFrame) -> None:
        """Draws the one figure of the page."""
        chart(figure, key=KEY, alt=alt, data=data, filename=f"sentiment-{self.view.lower()}")


def show_board(of: Board) -> str:
    """Draws the leaderboard and says what it shows."""
    board, by_rank, titles, n_reviews = of.board, of.by_rank, of.titles, of.n_reviews
    of.draw(
        leaderboard_figure.leaderboard(board, beside=of.owners, chosen=of.name, **of.size),
        f"Accuracy of {len(board)} models on {n_reviews} test reviews, the best first: "
        + "; ".join(
            f"{titles[one]} {theme.percent(value)}"
            for one, value in board.set_index("name")["clean"].loc[by_rank].items()
        ),
        board.drop(columns="clean_per_seed"),
    )
    first = board.set_index("name").loc[by_rank[0]]
    said = f"{page.plain(titles[by_rank[0]])} leads with {theme.percent(first['clean'])}"
    if len(by_rank) > 1:
        last = board.set_index("name").loc[by_rank[-1]]
        gap = (first["clean"] - last["clean"]) * of.models.n_reviews
        said += (
            f"; {page.plain(titles[by_rank[-1]])} comes last with {theme.percent(last['clean'])}, "
            f"{theme.counted(round(gap), 'review')} of {n_reviews} behind"
        )
    both = board.dropna(subset=["clean", "best_epoch"])
    said += ". "
    if len(both):
        gain = 100 * (both["best_epoch"] - both["clean"]).mean()
        said += (
            "Choosing the epoch on the test reviews themselves, as the lesson did, lifts a model "
            f"by {gain:.2f} percentage points on average. "
        )
    return said + (
        "A filled dot is measured here once, its line ± 1 standard deviation over seeds; a hollow "
        "one is here too, at the best epoch on the test reviews; a grey diamond is the lesson’s or "
        "a paper’s."
    )


def show_training(of: Board) -> str:
    """Draws how a model learned, or says that it has no epochs."""
    models, title, name, size, row = of.models, of.title, of.name, of.size, of.row
    curves = models.curves(name)
    if curves.empty:
        st.info(
            f"{page.plain(title)} has no epochs: it is fitted in one go. Choose another model to "
            "see it learn.",
            icon=":material/timeline:",
        )
        return f"There is nothing to draw for {page.plain(title)}: no training by epochs."
    epochs = int(row["epochs"])
    mean = curves[curves["epoch"] > 0].groupby(["run", "epoch"])["accuracy"].mean()
    test = mean.get("test", pd.Series(dtype=float))
    n_seeds = curves["seed"].nunique()
    runs = "1 seed" if n_seeds == 1 else f"{n_seeds} seeds"
    finding = f"{title}: epoch by epoch, {runs}"
    if len(test):
        finding = f"{title}: best on test after epoch {test.idxmax()} of {test.index.max()}"
    of.draw(
        lines.training(curves, title=finding, chosen_epoch=epochs, **size),
        f"Accuracy of {title} over {curves['epoch'].max()} epochs on validation and test reviews, "
        f"{runs}",
        curves,
    )
    said = (
        f"Thin lines are single seeds, thick ones the mean of {runs}. Validation, a tenth of "
        f"train, chose epoch {epochs}"
    )
    if epochs in test.index:
        best = int(test.idxmax())
        said += f", where the test reviews stand at {theme.percent(test[epochs])}"
        said += (
            "; that is their best epoch, too"
            if best == epochs
            else f"; their best epoch is {best}, with {theme.percent(test[best])}"
        )
        if test.index.max() > best:
            said += (
                f". By the last epoch they lose {100 * (test[best] - test.iloc[-1]):.2f} "
                "percentage points to overfitting"
            )
        if theme.percent(test[epochs]) != theme.percent(row["clean"]):
            is_sum = "net_accuracy" in models.bundles[name].metrics
            said += f". The leaderboard’s {theme.percent(row['clean'])} is another figure: " + (
                "it is of the whole sum, while only its net has epochs, and is drawn here"
                if is_sum
                else f"it is the mean of all its runs, while {runs} recorded their epochs"
            )
    return f"{said}."


def show_confusion(of: Board) -> str:
    """Draws what a model says by what is true."""
    models, title, name, n_reviews, size = of.models, of.title, of.name, of.n_reviews, of.size
    counts = models.confusion(name)
    number = counts.set_index(["label", "said"])["count"]
    taken_for, taken_against = int(number[0, 1]), int(number[1, 0])
    wrong = taken_for + taken_against
    of.draw(
        trust_figure.confusion(
            counts, title=f"{title}: {theme.count(wrong)} of {n_reviews} reviews are wrong", **size
        ),
        f"Confusion matrix of {title}: against and right {number[0, 0]}, against but called for "
        f"{taken_for}, for but called against {taken_against}, for and right {number[1, 1]}",
        counts,
    )
    said = (
        f"Of {n_reviews} reviews, {page.plain(title)} gets {theme.count(wrong)} wrong: "
        f"{theme.count(taken_for)} against the film that it takes to be for it, and "
        f"{theme.count(taken_against)} the other way round. "
    )
    if taken_for == taken_against:
        return said + "It errs to both sides alike."
    worse, better = ("against", "for") if taken_for > taken_against else ("for", "against")
    return said + f"Reviews {worse} the film are misread more often than reviews {better} it."


def show_trust(of: Board) -> str:
    """Draws what came true by what was said."""
    models, title, name, size = of.models, of.title, of.name, of.size
    trust = models.trust(name)
    bins = trust.bins
    of.draw(
        trust_figure.reliability(
            bins,
            title=f"{title}: {theme.percent(trust.error)} from what came true, on average",
            **size,
        ),
        f"Reliability of {title}: share of reviews for the film by the probability it gave, in "
        f"{len(bins)} bins; expected calibration error {theme.percent(trust.error)}",
        bins,
    )
    worst = bins.loc[(bins["predicted"] - bins["actual"]).abs().idxmax()]
    sure = int(bins.loc[(bins["low"] < 0.05) | (bins["high"] > 0.95), "count"].sum())
    return (
        f"Where {page.plain(title)} says {theme.percent(worst['predicted'])}, "
        f"{theme.percent(worst['actual'])} of {theme.count(int(worst['count']))} reviews are for "
        "the film: its largest gap. Dots grow with the number of reviews; in "
        f"{theme.percent(sure / models.n_reviews)} of them it gives less than 10 % or more than "
        "90 %. Probabilities are after temperature scaling on validation reviews."
    )


def show_roc(of: Board) -> str:
    """Draws how well models rank reviews."""
    models, titles, title, size = of.models, of.titles, of.title, of.size
    found = {one: models.roc(one) for one in models.names}
    areas = {titles[one]: curve.auc for one, curve in found.items()}
    points = {titles[one]: curve.points for one, curve in found.items()}
    best = max(areas, key=areas.__getitem__)
    of.draw(
        trust_figure.roc(
            points,
            areas,
            chosen=title,
            title=f"{title} ranks {theme.percent(areas[title])} of all pairs right",
            **size,
        ),
        "ROC curves; area under the curve: "
        + "; ".join(f"{one} {area:.4f}" for one, area in areas.items()),
        pd.concat([table.assign(model=one) for one, table in points.items()]),
    )
    said = (
        "Draw a review for a film and one against it: with a chance of "
        f"{theme.percent(areas[title])}, its AUC, {page.plain(title)} gives the first the larger "
        "logit. "
    )
    if best != title:
        said += f"The best of all, {page.plain(best)}, reaches {theme.percent(areas[best])}. "
    return said + "The dotted line is guessing."


def show_when(of: Board) -> str:
    """Draws accuracy by kinds of reviews."""
    models, title, name, size, kind = of.models, of.title, of.name, of.size, of.kind
    table = models.accuracy_by(kind)
    own = table[table["name"] == name]
    best, worst = own.loc[own["accuracy"].idxmax()], own.loc[own["accuracy"].idxmin()]
    drop = 100 * (best["accuracy"] - worst["accuracy"])
    of.draw(
        lines.by_slice(
            table,
            axis=AXES[kind],
            chosen=title,
            title=f"{title}: {drop:.2f} points from best to worst kind",
            **size,
        ),
        f"Accuracy by {AXES[kind]}, with 95 % intervals; {title}: "
        + "; ".join(
            f"{label} {theme.percent(value)}"
            for label, value in zip(own["label"], own["accuracy"], strict=True)
        ),
        table,
    )
    is_clear = worst["high"] < best["low"]
    said = (
        f"{page.plain(title)} is best where {AXES_SAID[kind]} is “{page.plain(best['label'])}” "
        f"({theme.percent(best['accuracy'])}) and worst where it is “{page.plain(worst['label'])}” "
        f"({theme.percent(worst['accuracy'])}); "
        + (
            "their 95 % intervals lie apart. "
            if is_clear
            else "their 95 % intervals overlap, so this may be chance. "
        )
    )
    wins = table.loc[table.groupby("bin")["accuracy"].idxmax(), "title"]
    if len(models.names) > 1:
        leader = wins.mode().iloc[0]
        n_won = int((wins == leader).sum())
        said += f"{page.plain(leader)} leads in {n_won} of {theme.counted(len(wins), 'kind')}."
    return said


VIEWS = {
    "Leaderboard": show_board,
    "Training": show_training,
    "Confusion": show_confusion,
    "Trust": show_trust,
    "ROC": show_roc,
    "When": show_when,
}
