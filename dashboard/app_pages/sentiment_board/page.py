"""Which model wins, and when? The trained models of reviews side by side."""

import pandas as pd
import streamlit as st

from core.sentiment import FORMER_NAMES
from core.sentiment.explore.comparison import Comparison, latency
from core.sentiment.explore.slices import SLICES
from dashboard import resources, theme, view_state
from dashboard.app_pages.sentiment_board.views import KEY, VIEWS, Board
from dashboard.components import experiments, missing, page, provenance, share, width

BOARD, TRAINING, _, TRUST, ROC, WHEN = VIEWS
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

with_epochs = [name for name in models.names if not models.curves(name).empty]
by_rank = board.sort_values("clean", ascending=False, kind="stable")["name"].tolist()
shown = view.segmented_control("view", "Show", tuple(VIEWS), BOARD, label_visibility="collapsed")
chooser = st.columns([3, 2])
with chooser[0]:
    name = view.selectbox(
        "model",
        "Model in colour or in bold" if shown in (BOARD, ROC, WHEN) else "Model",
        list(models.names),
        next((name for name in by_rank if name in with_epochs), by_rank[0]),
        models.title,
        former=FORMER_NAMES,
    )
with chooser[1]:
    kind = view.selectbox("slice", "Reviews by (view When)", SLICES, "length")
size = {"width": width.known(KEY), "font_size": page.look().letters}
shown_now = Board(shown, models, board, owners, name, kind, size)


def with_sd(column: str) -> list[str]:
    """Writes a column of shares, each with its standard deviation; a dash where there is none."""
    sds = board[f"{column}_sd"] if f"{column}_sd" in board else board[column] * float("nan")
    return [
        "–"
        if pd.isna(value)
        else theme.percent(value) + ("" if pd.isna(sd) else f" ± {100 * sd:.2f}")
        for value, sd in zip(board[column], sds, strict=True)
    ]


page.what_you_see(VIEWS[shown](shown_now))
learner = with_epochs[0] if with_epochs else name
experiments.draw(
    view,
    [
        ("Watch it overfit", {"view": TRAINING, "model": learner}),
        ("Do rare words hurt?", {"view": WHEN, "slice": "rare words"}),
        ("Can the winner’s probabilities be trusted?", {"view": TRUST, "model": by_rank[0]}),
    ],
    kept=("model",),
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
                "undistilled": with_sd("undistilled"),
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
        "**Distilled** nets learned from the unlabelled reviews, too: not what their writers "
        "meant, which nobody noted, but how probable the linear model finds it that they "
        "are for the film. It sees n-grams that a net of 5,000 words cannot, and passes them on. "
        "The column **undistilled** is the same recipe on the labelled reviews alone.\n\n"
        "**When** sorts reviews into kinds; lengths and shares of rare words are cut into quarters "
        "of the test reviews, negations counted. A word is rare outside the 5,000 most frequent. "
        "Intervals are Wilson’s: 95 % of such intervals cover the true share. **ECE** is the mean "
        "distance of the dots from the line in Trust, by reviews. These views are about the "
        "weights that ship: those of the first seed, in half precision or less."
    )
share.popover(view)
width.ask(KEY)
provenance.footer(models.bundles[name], lesson=f"sentiment-{name}")
