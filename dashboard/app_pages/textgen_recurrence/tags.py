"""Who closes the tag that was opened: the experiment, and the models on one's own text."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import InputError
from core.textgen import LANGUAGE_MODELS
from core.textgen.explore.memory import (
    DISTANCES,
    END,
    MOST_CHARS,
    NAMES,
    ClosingTagPrediction,
    MemoryModel,
    by_class,
)
from dashboard import theme, view_state
from dashboard.app_pages.textgen_recurrence import memory_figure as figures
from dashboard.components import page, sample_text, width
from dashboard.components.chart import chart
from dashboard.components.text import plain, sentence

KEY = "textgen_recurrence_tags"
KEY_OWN = "textgen_recurrence_closing"
KEY_TEXT = "textgen-markup"
DISTANCE, DEPTH = "distance", "depth"
BY = {DISTANCE: "how long ago it was opened", DEPTH: "how many are open"}
AXES = {
    DISTANCE: "characters since the tag was opened",
    DEPTH: "open tags, the one to be closed included",
}
SAMPLES = {  # words have none of the letters that names begin with
    "near": ("A few characters", "<fig>null"),
    "border": ("Just out of sight", "<gem>soon rust lost plum onto"),
    "nested": ("Others in between", "<hub>knot <cap>pull <box>torn</box> rust <den>out</den> pump"),
    "far": (
        "150 characters",
        "<elm>must rosso turns monk pullum stop knots lotus norm sprout tusk mops lost tumult poll "
        "surplus romp vortus skull morton plus urn kok nun pot sum tort molt run stun",
    ),
}
EXPLAINED = """\
The markup is drawn by a grammar of this project: an element has one of eight names, and holds words
and other elements, up to four deep. All names begin differently, so the first letter behind `</`
can be known by whoever remembers the tag, and by nobody else. Words are of letters that no name
begins with.

**Counting** takes how often each letter came behind the last few characters (interpolated
Kneser-Ney). The **window** is a net with one hidden layer over the last characters, whatever came
before. The **plain recurrent** net has a state that each character rewrites through one layer. The
**LSTM** (Hochreiter and Schmidhuber 1997) has cells whose gates decide what is kept. All are
measured on markup that none has learned from. One training of each: a wider window, or longer
training, moves the border and does not remove it.
"""
_HEIGHT = 560  # px
_NAME = len(NAMES[0]) + len("<>") - 1  # characters of an opening tag behind the "<"


def model_titles(model: MemoryModel, kind: str) -> dict[str, str]:
    """Returns what each model is called.

    Args:
        model: the experiments.
        kind: "memory" for the models of markup, "stories" for those of stories.
    """
    settings = model.settings[kind]
    window = settings.get("language_models", settings)["width"]
    return dict(
        zip(
            LANGUAGE_MODELS,
            ("Counting", f"Window of {window}", "Plain recurrent", "LSTM"),
            strict=True,
        )
    )


def draw(view: view_state.View, model: MemoryModel, beside: DeltaGenerator) -> None:
    """Draws the experiment, then the models on the visitor's own markup.

    Args:
        view: the page's controls.
        model: the experiments.
        beside: place of the figure's control.
    """
    with beside:
        by = view.segmented_control(
            "by", "By", tuple(BY), DISTANCE, BY.__getitem__, label_visibility="collapsed"
        )
    titles = model_titles(model, "memory")
    _experiment(model, by, titles)
    st.subheader("Who closes yours?", anchor=False)
    _own(view, model, titles)


def _experiment(model: MemoryModel, by: str, titles: dict[str, str]) -> None:
    table = by_class(model.closing_tags, by)
    classes = sorted(table[by].unique().tolist())
    names = (
        dict(zip(DISTANCES, figures.distance_labels(DISTANCES), strict=True))
        if by == DISTANCE
        else {depth: str(depth) for depth in classes}
    )
    table = table.assign(
        title=table["model"].map(titles),
        at=table[by].map({one: at for at, one in enumerate(classes)}),
        label=table[by].map(names),
        short=table[by].map(lambda one: f"{one}+" if by == DISTANCE else str(one)),
    )
    last = table[table[by] == classes[-1]].set_index("model")["accuracy"]
    mark = None
    seen = model.settings["memory"]["language_models"]["width"]
    if by == DISTANCE:
        mark = figures.Mark(
            figures.place_among(seen - _NAME, DISTANCES),
            f"from here on the tag lies<br>outside the window of {seen}",
            "outside<br>the window",
        )
        where = f"{names[classes[-1]].replace(' on', ' characters')} or more later"
    else:
        where = f"With {classes[-1]} tags open"
    title = f"{where}: LSTM {_short(last['lstm'])}, window {_short(last['window'])}"
    chart(
        figures.shares(
            table,
            accent=titles["lstm"],
            title=title,
            axis=AXES[by],
            guess=1 / len(NAMES),
            guess_text=f"a guess, one name in {len(NAMES)}",
            mark=mark,
            height=_HEIGHT,
            width=width.known(KEY),
            font_size=page.look().letters,
        ),
        key=KEY,
        alt=f"Share of closing tags that each model got right, by {BY[by]}. {title}",
        data=table[["model", by, "label", "n", "accuracy"]],
        filename=f"textgen-tags-by-{by}",
    )
    first = table[table["at"] == 0].set_index("model")["accuracy"]
    spans = ", ".join(
        f"{titles[model_name]} from {_short(first[model_name])} to {_short(last[model_name])}"
        for model_name in LANGUAGE_MODELS
    )
    page.what_you_see(
        f"Four models learned from the same markup, and each was asked for the first letter of "
        f"every closing tag. From the left to the right: {spans}. Counting and the window see only "
        f"the last characters, the window {seen} of them; what was opened before these they can "
        "only guess. A state can carry the tag on, but training has to teach it to."
    )


def _own(view: view_state.View, model: MemoryModel, titles: dict[str, str]) -> None:
    sample = view.segmented_control(
        "sample", "Begin with", tuple(SAMPLES), "border", lambda name: SAMPLES[name][0]
    )
    left, right = st.columns([4, 6], gap="medium")
    with left:
        text = sample_text.field(
            view,
            KEY_TEXT,
            (sample, SAMPLES[sample][1]),
            label="Markup with an open tag",
            max_chars=MOST_CHARS,
            height=180,
            help=f"The models know {len(NAMES)} names: {', '.join(NAMES)}; words are made of the "
            "letters k to v. They are asked what comes behind “</”.",
        )
        st.caption(f"Names to open: {', '.join(NAMES)}. Words of the letters k to v.")
    with right:
        problem = _unfinished(text)
        if problem:
            st.info(problem, icon=":material/edit:")
            return
        try:
            found = model.predict_closing_tag(text)
        except InputError as error:
            st.warning(plain(sentence(error)), icon=":material/error:")
            return
        st.markdown(_said(found))
        chart(
            figures.closing_tag(
                found.shares,
                titles=titles,
                right=found.expected,
                font_size=page.look().letters,
            ),
            key=KEY_OWN,
            alt="Which name each model would close: "
            + "; ".join(
                f"{titles[row['model']]} {_likeliest(row)}"
                for row in found.shares.to_dict("records")
            ),
            data=found.shares,
            filename="textgen-closing",
        )
        st.caption("Probabilities in %; each model’s likeliest in bold, the right name framed.")


def _unfinished(text: str) -> str:
    """Says what keeps the models from being asked, or nothing."""
    body = text.removesuffix(END)
    if not body.strip():
        return f"There is nothing to close yet: open a tag, say <{NAMES[0]}>, and write a word."
    if body.rfind("<") > body.rfind(">"):
        return "The text ends inside a tag: write its > first, and some words behind it."
    return ""


def _said(found: ClosingTagPrediction) -> str:
    said = []
    if found.reading.replaced:
        pairs = ", ".join(
            f"“{plain(char)}” as {f'“{plain(read)}”' if read.strip() else 'a space'}"
            if read
            else f"“{plain(char)}” not at all"
            for char, read in list(found.reading.replaced.items())[:4]
        )
        said.append(f"The models do not know every sign here: they read {pairs}.")
    if found.expected is None:
        said.append(
            "No tag is open here, so nobody can be right: this is what each model would write "
            "anyway."
        )
    elif found.expected not in NAMES:
        said.append(
            f"The open tag is **{plain(found.expected)}**, a name that nobody learned: they know "
            f"{', '.join(NAMES)}."
        )
    else:
        said.append(
            f"The open tag is **{plain(found.expected)}**, opened "
            f"**{theme.counted(found.distance, 'character')}** ago."
        )
    return " ".join(said)


def _likeliest(row: dict[str, Any]) -> str:
    name = max((name for name in row if name != "model"), key=row.__getitem__)
    return f"{name} {theme.percent(row[name])}"


def _short(share: float) -> str:
    return theme.percent(share).replace(" ", "\N{NO-BREAK SPACE}")
