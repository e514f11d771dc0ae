"""What do the filters look for?"""

import numpy as np
import pandas as pd
import streamlit as st

from core.sentiment import FORMER_NAMES
from core.sentiment.explore import Activations, SentimentModel
from dashboard import resources, view_state
from dashboard.app_pages.sentiment_filters import window_figure as figures
from dashboard.components import (
    experiments,
    missing,
    page,
    provenance,
    review_text,
    share,
    width,
    word_strip,
)
from dashboard.components.chart import chart
from dashboard.components.experiments import Try
from dashboard.components.player import player
from dashboard.components.word_strip import Word
from dashboard.sample_reviews import SAMPLES

PAGE = "sentiment_filters"
BARS = f"{PAGE}_main"
FIRST_PLACE = 14  # of "wonderful" in the first sample: the filters to begin with speak there
A_PLACE = 400  # ms of playing: long enough to read the word that comes in
WIDTH = 420  # px of the figure beside the review on a projector of 1280 x 720


def take_bar() -> None:
    """Chooses the filter and the place of the bar that was clicked."""
    points = st.session_state[BARS]["selection"]["points"]
    if points:
        size, number, at = points[0]["customdata"]
        view.set(size=int(size), filter=int(number) + 1, place=int(at) + 1)


def loudest(values: dict[int, np.ndarray]) -> tuple[int, int]:
    """Returns the words that the loudest filter sees, and its number, counted from 0."""
    size = max(values, key=lambda size: values[size].max())
    return size, int(values[size].argmax())


def at_place(found: Activations, place: int) -> dict[int, np.ndarray]:
    """Returns what each filter says at a place, f32[F] for each size; nothing beyond the words."""
    return {
        size: f[place] if place < len(f) else np.zeros(f.shape[1])
        for size, f in found.values.items()
    }


def in_words(size: int) -> str:
    """Writes how many words a filter sees."""
    return f"{size} {'word' if size == 1 else 'words'}"


def said_of(words: list[str], values: dict[int, np.ndarray]) -> pd.DataFrame:
    """Returns what each filter says at each place as a table, a row a value."""
    return pd.concat(
        pd.DataFrame(
            {
                "place": np.repeat(np.arange(1, len(words) + 1), f.shape[1]),
                "word": np.repeat(np.array(words, object), f.shape[1]),
                "size": size,
                "filter": np.tile(np.arange(1, f.shape[1] + 1), len(words)),
                "value": f.ravel(),
            }
        )
        for size, f in values.items()
    )


def strip(model: SentimentModel, found: Activations, words: list[str], here: int) -> None:
    """Draws the words by what the chosen filter says of the window around each."""
    values = found.values[size][:, number - 1]

    def go() -> None:
        at = word_strip.dropped(f"{PAGE}_words", words)
        if at is not None:
            view.set(place=at + 1)

    word_strip.strip(
        [
            Word(
                word,
                "seen",
                float(value),
                f"filter {number} says {value:.2f} of the window around it",
            )
            for word, value in zip(words, values, strict=True)
        ],
        key=f"{PAGE}_words",
        label=f"The words of the review, coloured by filter {number} of {model.title}",
        hint="Coloured by what the chosen filter says; click a word to move the window there.",
        most=float(max(values.max(initial=0), 1e-6)),
        on_drop=go,
        window=word_strip.Window(BARS, here, size),
    )


page.header(
    "What do the filters look for?",
    "A window of a few words slides over your review, and every filter says how much it likes what "
    "it sees. Press Play to let it slide; click a filter's bar for the phrases that it likes best.",
)
view = view_state.page(PAGE)
with missing.guard():
    everything = resources.sentiment_models()
models = {name: model for name, model in everything.items() if model.has_filters}
if not models:
    st.info("No net with filters is among the assets: train the cnn.", icon=":material/info:")
    st.code(resources.command_for("sentiment-cnn"), language="bash", wrap_lines=True)
    st.stop()
sample = review_text.samples(view)
left, right = st.columns([5, 6], gap="medium")
with left:
    text = review_text.field(view, sample)
    name = view.selectbox(
        "model",
        "Net",
        list(models),
        next(iter(models)),
        lambda name: models[name].title,
        former=FORMER_NAMES,
    )
    model = models[name]
    net = model.net
    assert net is not None  # it has filters
    found = model.activations(text)
    words = [found.reading.tokens[place] for place in found.reading.places]
    sizes = list(found.values)
    # begin with a filter that has something to say: the one that the first sample activates most
    first_place = min(FIRST_PLACE, net.length)
    to_begin = at_place(model.activations(next(iter(SAMPLES.values())).text), first_place - 1)
    columns = st.columns(3, vertical_alignment="bottom")
    with columns[0]:
        size = view.selectbox("size", "Words it sees", sizes, loudest(to_begin)[0])
    with columns[1]:
        number = view.number_input(
            "filter", "Filter", 1, len(to_begin[size]), int(to_begin[size].argmax()) + 1
        )
    with columns[2]:
        place = view.number_input("place", "Window at word", 1, net.length, first_place)
place = min(place, max(len(words), 1))
here = place - 1
values = at_place(found, here)
at_best, best = loudest(values)
with left:
    if words:
        strip(model, found, words, here)
with right:
    if len(words) > 1:
        player(BARS, duration=A_PLACE)
    steps = figures.played(len(words), here, sum(len(said) for said in values.values()))
    if len(steps) < len(words):
        st.caption(
            f"Play goes over words {steps[0] + 1} to {steps[-1] + 1} of {len(words)}. Move the "
            "window to play others."
        )
    look = page.look()
    chart(
        figures.sliding_window(
            found.values if words else {size: f[None] for size, f in values.items()},
            words or [""],
            chosen=(size, number - 1),
            place=here,
            width=width.known(BARS, WIDTH),
            font_size=look.letters,
        ),
        key=BARS,
        alt="What each filter says of the window around "
        + (f"word {place} of {len(words)}" if words else "no word")
        + f", and filter {number} along the review",
        data=said_of(words, found.values),
        filename="sentiment-filters",
        on_select=take_bar,
        selection_mode="points",
    )
table = model.top_ngrams
if table is not None:
    mine = table[(table["size"] == size) & (table["filter"] == number - 1)]
    st.subheader(f"Top n-grams of filter {number}, among common phrases", anchor=False)
    if len(mine):
        chart(
            figures.top_ngrams(mine),
            key=f"{PAGE}_favourites",
            alt=f"The {len(mine)} n-grams with the highest activation of filter {number}: "
            + ", ".join(mine["ngram"].head(5)),
            data=mine,
            filename="sentiment-top-ngrams",
        )
    else:
        st.caption("No common phrase activates it.")
if words:
    said = found.values[size][:, number - 1]
    peak = " ".join(word for word in figures.window(words, int(said.argmax()), size) if word)
    n_filters = sum(len(f) for f in values.values())
    page.what_you_see(
        f"Before you play, the window stands at word {place} of {len(words)}. "
        + (
            f"Of {n_filters} filters, number {best + 1} over {in_words(at_best)} speaks loudest "
            f"here ({values[at_best][best]:.2f}). "
            if values[at_best][best] > 0
            else f"None of {n_filters} filters speaks here. "
        )
        + (
            f"In this review, filter {number} over {in_words(size)} likes “{page.plain(peak)}” "
            f"best ({said.max():.2f})."
            if said.max() > 0
            else f"In this review, filter {number} over {in_words(size)} is silent."
        )
    )
else:
    page.what_you_see("There is no word to look at yet.")
peaks_at = int(found.values[size][:, number - 1].argmax()) if words else 0
experiments.draw(
    view,
    [
        Try("The loudest filter here", {"size": at_best, "filter": best + 1}, goes_on=True),
        Try("Where this filter peaks", {"place": peaks_at + 1}, goes_on=True),
        ("Not bad at all", {"sample": "negation"}),
    ],
    kept=("model",),
)
with page.details("How a filter works"):
    if model.adds_words:
        st.latex(r"y_t = \max\Bigl(0,\; b + \sum_{d} w_{x_{t+d}} + m \cdot v_t\Bigr)")
        st.markdown(
            "Each word has a number $w$ of its own for every filter, and a filter adds up those of "
            "its window, in whatever order they stand. Besides, $v_t$ is what a layer makes of the "
            "window that has read reviews without labels, and $m$ is what the filter makes of that."
        )
    else:
        st.latex(r"y_t = \max\Bigl(0,\; b + \sum_{d} w_d \cdot x_{t+d}\Bigr)")
        st.markdown(
            f"Each word is a vector $x$ of {model.bundle.config['n_dims']} numbers. A filter is "
            "one matrix: a row of weights $w_d$ for each place of its window, and a bias $b$."
        )
    rule = model.bundle.config.get("disclosure")
    st.markdown(
        "It slides over the review and gives one number at each word; below 0 it is silent."
        + (
            " Its top n-grams, those with the highest activation, are looked for among common "
            f"phrases, no reviewer's own: each stands in reviews of {rule['min_films']} films "
            "or more, belongs to no longer passage, names nobody whom films have not made "
            f"known, and chains with others to at most {rule['longest_chain']} words."
            if rule and table is not None
            else ""
        )
    )
share.popover(view)
width.ask(BARS, WIDTH)
provenance.footer(model.bundle, lesson=f"sentiment-{name}")
