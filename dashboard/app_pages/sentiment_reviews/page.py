"""Where do the models fail? On the visitor's own reviews, or on the test reviews one by one."""

import pandas as pd
import streamlit as st

from core.errors import DataError, InputError, LatentLabError
from core.sentiment import FORMER_NAMES
from core.sentiment.explore import disagreement
from core.sentiment.explore.disagreement import ANYONE, CHOSEN, EVERYONE, VISITOR, WHO, Verdicts
from core.sentiment.explore.local_reviews import as_read
from core.sentiment.explore.uploads import LABELS, MAX_BYTES, MAX_CHARACTERS, MAX_ROWS
from dashboard import resources, theme, view_state
from dashboard.app_pages.sentiment_reviews import dots_figure as figures
from dashboard.app_pages.sentiment_reviews import own_reviews
from dashboard.components import (
    experiments,
    missing,
    page,
    provenance,
    review_text,
    share,
    switch,
    width,
)
from dashboard.components.chart import chart
from dashboard.components.text import sentence

KEY = "sentiment_reviews_main"
YOURS, TEST = "Your reviews", "The test reviews"
WIDTH = 600  # px of the figure, in its column on a projector
TEXT_HEIGHT, LONG = 340, 900  # px that a review of so many characters gets, and scrolls in
LISTED = 200  # rows of the table below the figure
SIDES = ("against", "for")
YOU, GUESSES = "You", "The template’s guesses"  # who stands in the row of the column `mine`
WHO_SAID = {
    ANYONE: "No matter who",
    CHOSEN: "Only this model",
    EVERYONE: "All models",
}
SCORE = "app_pages/sentiment_score/page.py"
LEAVES = "sentiment_reviews-leaves"  # set for one run, by a button that leads to another page


def where_from() -> str:
    """Draws the choice of the source; the test reviews only where the data set is here."""
    try:
        is_here = resources.reviews_are_here()
    except LatentLabError as error:
        st.warning(page.plain(sentence(error)), icon=":material/folder_off:")
        is_here = False
    sources = (YOURS, TEST) if is_here else (YOURS,)
    source = view.segmented_control(
        "source", "Which reviews", sources, YOURS, label_visibility="collapsed"
    )
    if not is_here:
        st.caption(
            "The 25,000 test reviews can be browsed here too once they are on this machine: "
            f"`{resources.reviews_command()}`"
        )
    return source


def take_to_score(review: str) -> None:
    """Puts a review where the next run finds it, even if a figure's width has cut this one off."""
    review_text.put(review, "sentiment_score")
    st.session_state[LEAVES] = True


def interval(row: pd.Series) -> str:
    """Writes a 95 % interval in percent."""
    return f"{100 * row['low']:.1f}–{100 * row['high']:.1f} %"


def show_table() -> None:
    """Draws how often each is right, the visitor among them."""
    table = ranks.assign(you=ranks["name"] == VISITOR)
    shown = pd.DataFrame(
        {
            "place": table["place"],
            "model": [f"★ {you_are()}" if row.you else row.title for row in table.itertuples()],
            "accuracy": table["accuracy"].map(theme.percent),
            f"right of {n_reviews}": table["right"].map(theme.count),
            "95 % interval": table.apply(interval, axis=1),
        }
    )
    if source == YOURS:
        shown["IMDB test"] = [
            "" if row.you else percent_or_dash(disagreement.known_accuracy(bundles[row.name]))
            for row in table.itertuples(index=False)
        ]
    mark = f"background-color: {theme.faded(theme.BLUE, 0.22)}"
    st.dataframe(
        shown.style.apply(
            lambda row: [mark if table.loc[row.name, "you"] else ""] * len(row), axis=1
        ),
        hide_index=True,
        height="content",
    )


def is_yours() -> bool:
    """Says whether the visitor filled the column `mine`: in the template nobody has guessed yet."""
    return own is not None and own.name is not None


def you_are() -> str:
    """Names the row of the column `mine`."""
    return YOU if is_yours() else GUESSES


def percent_or_dash(share: float) -> str:
    """Writes a share, or a dash where there is none."""
    return theme.percent(share) if share == share else "–"


def standing() -> str:
    """Says who is best, and where the visitor stands."""
    best = ranks.iloc[0]
    who_gets = f"{page.plain(best['title'])} gets"
    if best["name"] == VISITOR:
        who_gets = "you get" if is_yours() else "the template’s guesses get"
    text = (
        f"Of {n_reviews} {'review' if verdicts.n_reviews == 1 else 'reviews'}, {who_gets} "
        f"{theme.count(best['right'])} right"
    )
    you = ranks[ranks["name"] == VISITOR]
    if len(you) and best["name"] != VISITOR:
        own_row = you.iloc[0]
        text += (
            f"; {'you get' if is_yours() else 'the guesses of the template get'} "
            f"{theme.count(own_row['right'])}, place {own_row['place']} of {len(ranks)}"
        )
    if len(ranks) > 1 and ranks["low"].max() < ranks["high"].min():
        text += "; all intervals overlap, so the order may be chance"
    return f"{text}. "


def what_is_said(said: pd.DataFrame, label: int) -> str:
    """Says what the figure shows of one review."""
    models_said = said[said["name"] != VISITOR]
    n_wrong = int((~models_said["is_right"]).sum())
    low = models_said.loc[models_said["probability"].idxmin()]
    high = models_said.loc[models_said["probability"].idxmax()]
    text = (
        f"The writer of this review is {SIDES[label]} the film; {n_wrong} of "
        f"{theme.counted(len(models_said), 'model')} {'gets' if n_wrong == 1 else 'get'} it "
        "wrong. "
    )
    if len(models_said) > 1:
        text += (
            f"They find it {theme.percent(low['probability'])} "
            f"({page.plain(low['title'])}) to {theme.percent(high['probability'])} "
            f"({page.plain(high['title'])}) probable that it is for the film."
        )
    return text


if st.session_state.pop(LEAVES, False):
    switch.to_page(SCORE)
page.header(
    "Where do the models fail?",
    "Beat them on reviews of your own, and see which reviews split them.",
)
view = view_state.page("sentiment_reviews")
with missing.guard():
    source = where_from()
    own = texts = None
    if source == YOURS:
        models = resources.sentiment_models()
        bundles = {name: model.bundle for name, model in models.items()}
        left, right = st.columns([3, 7], gap="medium")
        with left:
            own = own_reviews.upload()
            if is_yours():
                view.withhold("your reviews")
        board = right.container()
        with right:
            uploaded = own.scoring.uploaded
            scores = own_reviews.logits(own, models)
            verdicts: Verdicts = disagreement.of_models(
                bundles, scores, uploaded.labels, uploaded.mine
            )
    else:
        board = st.container()
        try:
            bundles = resources.sentiment_board().bundles
            texts = resources.test_reviews()
            verdicts = disagreement.of_tables(list(bundles.values()), texts.labels)
        except (DataError, InputError) as error:
            st.error(page.plain(sentence(error)), icon=":material/error:")
            st.stop()

n_reviews = theme.count(verdicts.n_reviews)
titles = dict(zip(verdicts.names, verdicts.titles, strict=True))
ranks = disagreement.accuracies(verdicts)
best = next(name for name in ranks["name"] if name != VISITOR)
with board:
    show_table()

st.subheader("Which reviews split them?", anchor=False)
controls = st.columns([7, 4, 3], vertical_alignment="bottom")
with controls[0]:
    who = view.segmented_control("who", "Who is wrong", WHO, ANYONE, WHO_SAID.__getitem__)
with controls[1]:
    name = view.selectbox(
        "model", "This model", list(titles), best, titles.__getitem__, former=FORMER_NAMES
    )
listed = disagreement.disagreements(verdicts, who, name)
place_key, marker = f"{view.name}_place", f"{view.name}-listed"
of_what = (source, own and id(own.scoring), who, name if who == CHOSEN else None, len(listed))
if st.session_state.get(marker, of_what) != of_what:  # another list begins with its first review
    st.session_state[place_key] = 1.0
st.session_state[marker] = of_what
with controls[2]:
    place = view.number_input(
        "place",
        f"Review, of {theme.count(len(listed))}",
        1,
        max(len(listed), 1),
        1,
        help="The list begins with the review that splits the models most: the one with the "
        "largest distance between their probabilities.",
    )
look = page.look()
if listed.empty:
    whom = "All models together" if who == EVERYONE else f"{titles[name]} alone"
    st.info(
        f"{page.plain(whom)} {'are' if who == EVERYONE else 'is'} wrong on none of these "
        f"{n_reviews} reviews.",
        icon=":material/task_alt:",
    )
    page.what_you_see(standing())
else:
    at = min(place, len(listed)) - 1
    number, label = int(listed["review"].iat[at]), int(listed["label"].iat[at])
    if texts is not None:
        review = as_read(texts, number)
    else:
        assert own is not None  # the reviews are of the one source or the other
        review = own.scoring.uploaded.texts[number]
    said = disagreement.said_of(verdicts, number)
    said["title"] = said["title"].mask(said["name"] == VISITOR, you_are())
    words, drawing = st.columns([5, 6], gap="medium")
    with words:
        st.markdown(
            f"**Review {theme.count(number + 1)} of {n_reviews}**, {SIDES[label]} the film"
            + (", as the models read it" if texts is not None else "")
        )
        height = TEXT_HEIGHT if len(review) > LONG else "content"
        with st.container(height=height, border=True, key="sentiment_reviews_text"):
            st.text(review)
        st.button(
            "Take it to Score",
            icon=":material/rate_review:",
            help="Which words say so? Opens this review on the page that scores one.",
            on_click=take_to_score,
            args=(review,),
        )
    with drawing:
        chart(
            figures.dots(
                said,
                label=label,
                chosen=titles[name],
                width=width.known(KEY, WIDTH),
                font_size=look.letters,
            ),
            key=KEY,
            alt=f"Probability that the review, which is {SIDES[label]} the film, is for it: "
            + "; ".join(
                f"{one.title} {theme.percent(one.probability)}, "
                + ("right" if one.is_right else "wrong")
                for one in said.itertuples()
            ),
            data=said.drop(columns="name").assign(label=SIDES[label]),
            filename="sentiment-review",
        )
    page.what_you_see(standing() + what_is_said(said, label))
experiments.draw(
    view,
    [
        ("Which review splits them most?", {"who": ANYONE, "place": 1.0}),
        ("Where does the best one fail alone?", {"who": CHOSEN, "model": best}),
        ("What fools them all?", {"who": EVERYONE}),
    ],
    kept=("source",),
)
with page.details("The list of reviews, the form of the file, and how it is counted"):
    st.dataframe(
        pd.DataFrame(
            {
                "review": listed["review"].head(LISTED) + 1,
                "the writer is": [SIDES[label] for label in listed["label"].head(LISTED)],
                "spread": listed["spread"].head(LISTED).map(theme.percent),
                "models wrong": listed["n_wrong"].head(LISTED),
            }
        ),
        hide_index=True,
    )
    st.markdown(
        "**The file** is a CSV or TXT, separated by commas, semicolons or tabs, as spreadsheets "
        "save it (UTF-8, UTF-16 or Windows-1252). Its first row names the columns: `text`, or "
        f"`review`; `label`, or `sentiment`: one of {', '.join(LABELS)}, true or false, or stars "
        "of 5 or 10, the middle of which takes no side; and `mine` if you like: your own guess or "
        "your own model’s, as a label or as a probability from 0 to 1. Rows that lack a text or a "
        f"label are left out, and counted. It holds at most {theme.count(MAX_ROWS)} reviews of "
        f"{theme.count(MAX_CHARACTERS)} characters each, and {MAX_BYTES // 2**20} MB. It is kept "
        "in the memory of this session and nowhere else.\n\n"
        "**Right** is who takes the writer’s side: above 50 % for, else against. Intervals are "
        "Wilson’s: 95 % of such intervals cover the true share, so with a dozen reviews nearly "
        "everything is possible. The weights that ship are measured here, those of the first "
        "seed, and so they are in the column IMDB test, on the data set’s 25,000 test reviews; the "
        "Leaderboard has means over seeds. Probabilities are after temperature scaling on reviews "
        "that no model learned from. **Spread** is the distance from the smallest to the largest "
        "of the models’ probabilities."
    )
share.popover(view)
width.ask(KEY, WIDTH)
provenance.footer(bundles[name], lesson=f"sentiment-{name}")
