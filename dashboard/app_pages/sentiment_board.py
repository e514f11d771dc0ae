"""Which model wins, and when? The trained models of reviews side by side."""

import pandas as pd
import streamlit as st

from core.sentiment.comparison import Comparison
from core.sentiment.latency import latency
from core.sentiment.slices import SLICES
from dashboard import resources, theme, view_state
from dashboard.components import missing, page, provenance, width
from dashboard.components.chart import chart
from dashboard.figures import sentiment_board as figures
from dashboard.figures import sentiment_lines as lines

KEY = "sentiment_board_main"
BOARD, TRAINING, CONFUSION, TRUST, ROC, WHEN = VIEWS = (
    "Leaderboard",
    "Training",
    "Confusion",
    "Trust",
    "ROC",
    "When",
)
AXES = {
    "length": "length of the review (words)",
    "negations": "negations in the review (not, never, n’t, …)",
    "rare words": "share of rare words in the review",
}
LINEAR = "nbsvm"
NBSP = "\N{NO-BREAK SPACE}"


def beside() -> tuple[dict[str, float], dict[str, str], list[str]]:
    """Returns each model's number of the lesson or a paper, whose it is, and the lesson's nets."""
    values, owners, nets = {}, {}, []
    for topic in resources.lesson()["topics"]:
        for row in topic["rows"]:
            kind, _, name = row["bundle"].partition("-")
            if kind != "sentiment" or row["metric"] != "test_accuracy":
                continue
            values[name] = row["value"]
            is_lesson = topic["id"] == "sentiment"
            owner = "the lesson's" if is_lesson else row["detail"].rpartition("beside ")[2]
            owners[name] = owner.replace("'", "’")
            if is_lesson:
                nets.append(name)
    return values, owners, nets


def sentence() -> str:
    """Says who wins, if the numbers say so."""
    found = {
        name: described["metrics"].get("test_accuracy", {}).get("value")
        for name in lesson
        if (described := resources.manifest(f"sentiment-{name}")) is not None
    }
    reported = max((lesson[name] for name in nets), default=1.0)
    ours = [found[name] for name in nets if found.get(name) is not None]
    linear = found.get(LINEAR)
    if linear is None or linear <= max([reported, *ours]):
        return (
            "The trained models on the same test reviews, measured once cleanly and once as the "
            "lesson did."
        )
    text = (
        f"A linear model of 2012 beats every net of the lesson: {theme.percent(linear)}, against "
        f"{theme.percent(reported)} for the best that the lesson reports"
    )
    return (
        f"{text} and {theme.percent(max(ours))} for the best trained here." if ours else f"{text}."
    )


lesson, owners, nets = beside()
page.header("Which model wins, and when?", sentence().replace(" %", f"{NBSP}%"))
view = view_state.page("sentiment_board")
with missing.guard():
    models: Comparison = resources.sentiment_board()
    board = models.board(lesson)

titles = {name: models.title(name) for name in models.names}
with_epochs = [name for name in models.names if not models.curves(name).empty]
by_rank = board.sort_values("clean", ascending=False, kind="stable")["name"].tolist()
shown = view.segmented_control("view", "Show", VIEWS, BOARD, label_visibility="collapsed")
chooser = st.columns([3, 2])
with chooser[0]:
    name = view.selectbox(
        "model",
        "Model in colour or in bold" if shown in (BOARD, ROC, WHEN) else "Model",
        list(models.names),
        next((name for name in by_rank if name in with_epochs), by_rank[0]),
        titles.__getitem__,
    )
with chooser[1]:
    kind = view.selectbox("slice", "Reviews by (view When)", SLICES, "length")
title, row = titles[name], board.set_index("name").loc[name]
look = page.look()
size = {"width": width.known(KEY), "font_size": look.letters}
n_reviews = theme.count(models.n_reviews)


def with_sd(column: str) -> list[str]:
    """Writes a column of shares, each with its standard deviation; a dash where there is none."""
    sds = board[f"{column}_sd"] if f"{column}_sd" in board else board[column] * float("nan")
    return [
        "–"
        if pd.isna(value)
        else theme.percent(value) + ("" if pd.isna(sd) else f" ± {100 * sd:.2f}")
        for value, sd in zip(board[column], sds, strict=True)
    ]


def draw(figure: object, alt: str, data: pd.DataFrame) -> None:
    """Draws the one figure of the page."""
    chart(figure, key=KEY, alt=alt, data=data, filename=f"sentiment-{shown.lower()}")


def show_board() -> str:
    """Draws the leaderboard and says what it shows."""
    draw(
        figures.leaderboard(board, beside=owners, chosen=name, **size),
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
        gap = (first["clean"] - last["clean"]) * models.n_reviews
        said += (
            f"; {page.plain(titles[by_rank[-1]])} comes last with {theme.percent(last['clean'])}, "
            f"{theme.count(round(gap))} reviews of {n_reviews} behind"
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


def show_training() -> str:
    """Draws how a model learned, or says that it has no epochs."""
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
    draw(
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
                f". After it they lose {100 * (test[best] - test.iloc[-1]):.2f} percentage points "
                "to overfitting"
            )
    return f"{said}."


def show_confusion() -> str:
    """Draws what a model says by what is true."""
    counts = models.confusion(name)
    number = counts.set_index(["label", "said"])["count"]
    taken_for, taken_against = int(number[0, 1]), int(number[1, 0])
    wrong = taken_for + taken_against
    draw(
        figures.confusion(
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


def show_trust() -> str:
    """Draws what came true by what was said."""
    trust = models.trust(name)
    bins = trust.bins
    draw(
        figures.reliability(
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


def show_roc() -> str:
    """Draws how well models rank reviews."""
    found = {one: models.roc(one) for one in models.names}
    areas = {titles[one]: curve.auc for one, curve in found.items()}
    points = {titles[one]: curve.points for one, curve in found.items()}
    best = max(areas, key=areas.__getitem__)
    draw(
        figures.roc(
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


def show_when() -> str:
    """Draws accuracy by kinds of reviews."""
    table = models.accuracy_by(kind)
    own = table[table["name"] == name]
    best, worst = own.loc[own["accuracy"].idxmax()], own.loc[own["accuracy"].idxmin()]
    drop = 100 * (best["accuracy"] - worst["accuracy"])
    draw(
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
        said += f"{page.plain(leader)} leads in {n_won} of {len(wins)} kinds of reviews."
    return said


AXES_SAID = {
    "length": "the length",
    "negations": "the number of negations",
    "rare words": "the share of rare words",
}
SHOW = {
    BOARD: show_board,
    TRAINING: show_training,
    CONFUSION: show_confusion,
    TRUST: show_trust,
    ROC: show_roc,
    WHEN: show_when,
}
page.what_you_see(SHOW[shown]())
learner = with_epochs[0] if with_epochs else name
view.experiments(
    [
        ("Watch it overfit", {"view": TRAINING, "model": learner}),
        ("Do rare words hurt?", {"view": WHEN, "slice": "rare words"}),
        ("Can the winner’s probabilities be trusted?", {"view": TRUST, "model": by_rank[0]}),
    ]
)

with page.details("All numbers, and what the two protocols are"):
    latency_key = f"{view.name}-latency"
    if st.button(
        "Measure the time for one review",
        icon=":material/timer:",
        help="Scores 30 made-up texts of 50 to 400 words with each model, on this server.",
    ):
        with st.spinner("Scoring 30 texts with each model"), missing.guard():
            st.session_state[latency_key] = {
                one: latency(resources.sentiment_model(one)) for one in models.names
            }
    measured = st.session_state.get(latency_key, {})
    st.dataframe(
        pd.DataFrame(
            {
                "model": board["title"],
                "clean": with_sd("clean"),
                "lesson's protocol": with_sd("best_epoch"),
                "lesson or paper": with_sd("lesson"),
                "ECE": with_sd("ece"),
                "one review": [
                    theme.seconds(measured[one] / 1000) if one in measured else "not measured"
                    for one in board["name"]
                ],
                "before tuning": with_sd("frozen"),
                "validation": with_sd("val"),
                "parameters": [theme.count(int(n)) if n == n else "" for n in board["parameters"]],
                "epochs": board["epochs"],
                "training": [theme.seconds(s) if s == s else "" for s in board["train_s"]],
            }
        ),
        hide_index=True,
    )
    st.markdown(
        "**Clean**, as ranked here: the settings and the number of epochs are chosen on a tenth of "
        "the training reviews, held out; then a new model learns from all of them for so many "
        "epochs, and the test reviews are looked at once. **The lesson’s protocol**: the test "
        "reviews were measured after each epoch, and the best one was reported. That picks the "
        "luckiest epoch on the very reviews that should judge it, so it is never lower. Both "
        "come from the same runs here. ± is the standard deviation over seeds; the linear model "
        "has none.\n\n"
        "**When** sorts reviews into kinds; lengths and shares of rare words are cut into quarters "
        "of the test reviews, negations counted. A word is rare outside the 5,000 most frequent. "
        "Intervals are Wilson’s: 95 % of such intervals cover the true share. **ECE** is the mean "
        "distance of the dots from the line in Trust, by reviews. These views are about the "
        "weights that ship: those of the first seed, in half precision."
    )
view.share()
width.ask(KEY)
provenance.footer(models.bundles[name], lesson=f"sentiment-{name}")
