"""Two orders of words with one meaning: the states behind them, and a story of one's own."""

import pandas as pd
import streamlit as st

from core.textgen import LANGUAGE_MODELS
from core.textgen.explore.memory import (
    ASIDES,
    ORDERS,
    PLACE_FIRST,
    PLACES,
    TIME_FIRST,
    WHEN,
    WHERE,
    YEARS,
    MemoryModel,
    Story,
)
from dashboard import theme, view_state
from dashboard.app_pages.textgen_recurrence import memory_figure, orders_figure
from dashboard.app_pages.textgen_recurrence.tags import model_titles
from dashboard.components import page, width
from dashboard.components.char_strip import char_strip
from dashboard.components.chart import chart
from dashboard.components.experiments import Try

KEY = "textgen_recurrence_states"
KEY_ANSWERS = "textgen_recurrence_answers"
KEY_STORY = "textgen_recurrence_story"
ORDER_TITLES = {TIME_FIRST: "year first", PLACE_FIRST: "place first"}
QUESTIONS = {WHERE: "where?", WHEN: "when?"}
EXPLAINED = """\
A story tells where somebody went and when, in one of two orders, then up to two sentences about
something else, then one question. One pair of place and year in four never stands together in what
the nets learn from, so the answers about those pairs cannot be known by heart: what counts is to
have kept place and year apart, whichever came first.

An answer is right if each of its characters was held likeliest behind the right ones before it. The
map shows hidden and cell state of the LSTM after each story, on the two principal components of all
of them; two dimensions of many, so points that lie together here may still be told apart by the
net.
"""
_HEIGHT = 480  # px
_WIDTH = 420  # px of each of the two figures on a projector of 1280 x 720


def draw(view: view_state.View, model: MemoryModel) -> None:
    """Draws the story with its answer, then all states, and who answers rightly."""
    story = _compose(view)
    _answer(model, story)
    left, right = st.columns(2, gap="medium")
    with left:
        share_same = _states(model, story)
    with right:
        unseen = _answers(model)
    titles = model_titles(model, "stories")
    by_model = unseen.groupby("model")["is_right"].mean()
    page.what_you_see(
        "Left, a point is what the LSTM holds once a story was told, of 64 stories in two orders "
        f"each, joined by a line; for **{theme.percent(share_same)}** of them the nearest state of "
        "the other order is the same story. Right, the answers about pairs of place and year that "
        "were never learned from: "
        + ", ".join(
            f"{titles[model_name]} {theme.percent(by_model[model_name])}"
            for model_name in LANGUAGE_MODELS
        )
        + "."
    )


def other_order(view: view_state.View) -> Try:
    """Returns the experiment that tells the same story in the order that is not shown."""
    (order,) = set(ORDERS) - {view.controls["order"].value}
    return Try("The other order", {"order": order}, goes_on=True)


def _compose(view: view_state.View) -> Story:
    row = st.columns([26, 25, 37, 25, 33], vertical_alignment="bottom")
    with row[0]:
        place = view.selectbox("place", "Place", PLACES, PLACES[0], str.capitalize)
    with row[1]:
        year = view.selectbox("year", "Year", YEARS, YEARS[6])
    with row[2]:
        order = view.segmented_control(
            "order", "Told", tuple(ORDERS), TIME_FIRST, ORDER_TITLES.__getitem__
        )
    with row[3]:
        n_asides = view.segmented_control(
            "asides", "Asides", tuple(range(len(ASIDES))), 1, help="Sentences in between."
        )
    with row[4]:
        question = view.segmented_control(
            "question", "Asked", tuple(QUESTIONS), WHERE, QUESTIONS.__getitem__
        )
    return Story(place, year, order, asides=ASIDES[:n_asides], question=question)


def _answer(model: MemoryModel, story: Story) -> None:
    answer = model.answer(story)
    asked, given = story.asked, "".join(answer["likeliest"])
    shares = answer["share"].tolist()
    char_strip(
        [*asked, *answer["char"]],
        [0.0] * len(asked) + shares,
        ["read"] * len(asked)
        + [
            f"{theme.percent(share)} for “{char}”, likeliest: “{likeliest}”"
            for char, share, likeliest in answer.itertuples(index=False)
        ],
        key=KEY_STORY,
        signed=False,
        clickable=False,
        label="The story, its question and the right answer, shaded by its probability",
    )
    whole = float(answer["share"].prod())
    is_right = given == story.answer
    st.markdown(
        f"{'✓' if is_right else '✗'} The LSTM "
        + (
            f"answers **{story.answer}**, rightly"
            if is_right
            else f"misses the answer **{story.answer}**: its likeliest letters, each behind the "
            f"right ones before it, are **{page.plain(given)}**"
        )
        + f". Probability of the whole answer: {theme.percent(whole)}. Place and year "
        + (
            "**never stood together** in what it learned from."
            if model.is_unseen(story)
            else "stood together in what it learned from."
        )
    )


def _states(model: MemoryModel, story: Story) -> float:
    table = model.states
    share_same = float(table["is_next"].mean())
    first, second = (
        Story(story.place, story.year, order).statement for order in dict.fromkeys(table["order"])
    )
    title = "Is the same held either way?"
    chart(
        orders_figure.states(
            table.assign(order=table["order"].map(ORDER_TITLES)),
            place=story.place,
            year=story.year,
            title=title,
            statements=(first, second),
            background=theme.surface(dark=page.look().dark).background,
            height=_HEIGHT,
            width=width.known(KEY, _WIDTH),
            font_size=page.look().letters,
        ),
        key=KEY,
        alt=f"{title} States of {len(table)} stories on two principal components; in "
        f"{theme.percent(share_same)} the nearest of the other order is the same story",
        data=table,
        filename="textgen-states",
    )
    return share_same


def _answers(model: MemoryModel) -> pd.DataFrame:
    unseen = model.answers[model.answers["is_unseen"]]
    titles = model_titles(model, "stories")
    table = (
        unseen.groupby(["model", "n_asides"])["is_right"]
        .agg(n="size", accuracy="mean")
        .reset_index()
    )
    table = table.assign(
        title=table["model"].map(titles),
        at=table["n_asides"],
        label=table["n_asides"].map(lambda n: ("none", "one", "two")[n]),
        short=table["n_asides"].astype(str),
    )
    title = "Who still knows where and when?"
    chart(
        memory_figure.shares(
            table.sort_values("model", key=lambda names: names.map(LANGUAGE_MODELS.index)),
            accent=titles["lstm"],
            title=title,
            axis="sentences in between",
            guess=1 / len(PLACES),
            guess_text=f"a guess, one in {len(PLACES)}",
            height=_HEIGHT,
            width=width.known(KEY, _WIDTH),
            font_size=page.look().letters,
        ),
        key=KEY_ANSWERS,
        alt=f"{title} Share of right answers of each model by the sentences in between",
        data=table[["model", "n_asides", "n", "accuracy"]],
        filename="textgen-answers",
    )
    return unseen
