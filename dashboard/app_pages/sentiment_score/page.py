"""Is this review for the film, and which words say so?"""

import time

import pandas as pd
import streamlit as st

from core.sentiment import FORMER_NAMES
from dashboard import resources, theme, view_state
from dashboard.app_pages.sentiment_score import scores_figure as figures
from dashboard.app_pages.sentiment_score import word_reasons
from dashboard.components import experiments, missing, page, provenance, review_text, share
from dashboard.components.chart import chart

UNKNOWN = 0.4  # share of unk above which a text is hardly a film review in English
SHOWN_PARTS = 30

page.header(
    "Is this review for the film, and which words say so?",
    "Every model scores the text as you type: the nets of the lesson, and what beats them.",
)
view = view_state.page("sentiment_score")
with missing.guard():
    models = resources.sentiment_models()

sample = review_text.samples(view)
left, right = st.columns([6, 5], gap="medium")
with left:
    text = review_text.field(view, sample)
    controls = st.columns([5, 5, 3], vertical_alignment="bottom")
    with controls[0]:
        exact = [name for name in models if models[name].is_exact]
        name = view.selectbox(
            "model",
            "Words by",
            list(models),
            (exact or list(models))[-1],
            lambda name: models[name].title,
            former=FORMER_NAMES,
        )
    with controls[1]:
        how = view.selectbox(
            "how",
            "Coloured by",
            (word_reasons.SHARES, word_reasons.DROPPED),
            word_reasons.SHARES,
        )
    pin_key = f"{view.name}-pinned"
    with controls[2]:
        if pin_key in st.session_state:
            st.button(
                "Unpin",
                icon=":material/keep_off:",
                width="stretch",
                on_click=lambda: st.session_state.pop(pin_key, None),
            )
        else:
            st.button(
                "Pin",
                icon=":material/keep:",
                width="stretch",
                help="Keep this text beside the next one, to compare them.",
                on_click=lambda: st.session_state.update({pin_key: text}),
            )
    pinned = st.session_state.get(pin_key)
    if pinned is not None:
        view.withhold("the pinned text")
    model = models[name]
    found = word_reasons.reasons(model, text, how)
    word_reasons.draw(model, text, found, how, key="sentiment_score_words", can_drop=True)
    if pinned is not None:
        st.markdown("**Pinned**")
        word_reasons.draw(
            model,
            pinned,
            word_reasons.reasons(model, pinned, how),
            how,
            key="sentiment_score_pinned",
            can_drop=False,
        )

started = time.perf_counter()
scores = {name: one.score(text) for name, one in models.items()}
took = time.perf_counter() - started
table = pd.DataFrame(
    {
        "model": list(models),
        "title": [one.title for one in models.values()],
        "probability": [score.probability for score in scores.values()],
        "logit": [score.logit for score in scores.values()],
    }
)
if pinned is not None:
    table["pinned"] = [one.score(pinned).probability for one in models.values()]
with right:
    chart(
        figures.scores(
            table,
            chosen=model.title,
            pinned=table["pinned"].tolist() if pinned is not None else None,
        ),
        key="sentiment_score_main",
        alt="Probability that the review is for the film: "
        + "; ".join(
            f"{title} {theme.percent(value)}"
            for title, value in zip(table["title"], table["probability"], strict=True)
        ),
        data=table,
        filename="sentiment-score",
    )
    st.caption(f"All {len(models)} models took {theme.seconds(took)} on this server.")

reading = found.explanation.score.reading
words = [reading.tokens[place] for place in reading.places]
if not reading.tokens:
    page.what_you_see(
        "There is no word to read yet: each model falls back on what it says of an empty review."
    )
else:
    if reading.unk_share > UNKNOWN:
        st.info(
            f"{theme.percent(reading.unk_share)} of the words are unknown to this model: is this "
            "another language, or no film review? Its score means little then.",
            icon=":material/translate:",
        )
    for_it = int((table["probability"] > 0.5).sum())
    order = table.sort_values("probability")
    low, high = order.iloc[0], order.iloc[-1]
    if len(models) == 1:
        said = (
            f"{page.plain(low['title'])} finds it {theme.percent(low['probability'])} probable "
            "that the review is for the film. "
        )
    else:
        said = (
            f"{for_it} of {len(models)} models {'says' if for_it == 1 else 'say'} the review is "
            f"for the film, from {theme.percent(low['probability'])} ({page.plain(low['title'])}) "
            f"to {theme.percent(high['probability'])} ({page.plain(high['title'])}). "
        )
    page.what_you_see(said + word_reasons.largest(model, words, found))
experiments.draw(
    view,
    [
        ("“Not bad at all”: who gets it?", {"sample": "negation"}),
        ("Irony fools them", {"sample": "irony"}),
        ("Two minds in one review", {"sample": "mixed"}),
    ],
    kept=("model",),
)
with page.details("The n-grams behind it, and how the numbers come about"):
    parts = found.explanation.parts
    if found.explanation.is_exact:
        st.markdown(
            f"The logit {theme.signed(found.explanation.score.logit, 3)} is the sum of "
            f"{theme.count(len(parts))} n-grams and {theme.signed(found.explanation.base, 3)} for "
            "every text alike. Nothing is approximated: the model *is* this sum. For the colours, "
            "each n-gram's part is shared out among its words."
        )
        st.dataframe(
            pd.DataFrame(
                {
                    "n-gram": [
                        " ".join(words[part.first : part.first + part.n_words]) for part in parts
                    ],
                    "adds": [part.value for part in parts],
                }
            ).head(SHOWN_PARTS),
            hide_index=True,
            column_config={"adds": st.column_config.NumberColumn(format="%+.4f")},
        )
    else:
        st.markdown(
            f"The logit {theme.signed(found.explanation.score.logit, 3)} is "
            f"{theme.signed(found.explanation.base, 3)} for a review of padding alone, plus the "
            "words' shares. They are integrated gradients (Sundararajan et al. 2017): the slope of "
            "the logit along the straight way from padding to this review, added up word by word."
        )
        st.latex(
            r"\phi_i = (x_i - x'_i) \cdot \int_0^1 "
            r"\nabla_{x_i} f\bigl(x' + \alpha (x - x')\bigr) \, d\alpha"
        )
    st.markdown(
        "“What if a word were gone” scores the review once more without it. The two differ where "
        "words lean on each other: drop “not” from “not bad”. A logit $z$ becomes a probability by "
        f"$1 / (1 + e^{{-z / T}})$ with $T = {model.temperature:.3f}$, fitted on reviews that the "
        "model did not learn from."
    )
share.popover(view)
provenance.footer(model.bundle, lesson=f"sentiment-{name}")
