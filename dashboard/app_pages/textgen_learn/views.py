"""A training as it went: the texts of its snapshots, its curve, and other nets beside it."""

import dataclasses

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.textgen.explore import Settings, TextModel
from dashboard import resources, theme, view_state
from dashboard.app_pages.textgen_learn import learning_figure as figures
from dashboard.app_pages.textgen_learn.nets_figure import nets
from dashboard.components import page, scored_text, width
from dashboard.components.chart import chart
from dashboard.components.player import player
from dashboard.components.text import plain

PAGE = "textgen_learn"
KEY = f"{PAGE}_main"
KEY_QUALITY = f"{PAGE}_quality"
KEY_NETS = f"{PAGE}_nets"
LESSON_ROW = "textgen-nietzsche"
SHOWN = 320  # characters of a sample on its card: as many as the lesson showed
_FRAME = 1_800  # ms: long enough to read a line
_A_ROW = 3  # cards
_MOST_PRIME = 300  # characters
SAMPLE = Settings(temperature=0.8)  # as the texts in the bundles were drawn


@dataclasses.dataclass(frozen=True, slots=True)
class Training:
    """A net and what its bundle tells of its training.

    Attributes:
        view: the page's controls.
        name: of the net.
        model: the net.
        beside: place of a view's own control.
    """

    view: view_state.View
    name: str
    model: TextModel
    beside: DeltaGenerator

    @property
    def samples(self) -> list[figures.Sample]:
        """What the net of each kept epoch wrote."""
        return [
            figures.Sample(
                int(row.epoch), str(row.text), float(row.share_of_words), int(row.longest_copy)
            )
            for row in self.model.samples.sort_values("epoch").itertuples()
        ]

    @property
    def ngram(self) -> float | None:
        """Bits a character of a model that only counts, on the same held-out text."""
        return self.model.bundle.metrics.get("ngram_bits", {}).get("value")

    @property
    def lesson(self) -> list[float]:
        """Losses that the lesson printed, nats a character; none for another text than its own."""
        if self.model.bundle.dataset.get("name") != "nietzsche":
            return []
        rows = [row for topic in resources.lesson()["topics"] for row in topic["rows"]]
        return next((row["history"] for row in rows if row["id"] == LESSON_ROW), [])


def through(training: Training) -> None:
    """Draws the texts of the snapshots above the curve, one after the other."""
    samples, model, view = training.samples, training.model, training.view
    epochs = [sample.epoch for sample in samples]
    start = epochs[-1]
    if len(samples) > 1:
        with training.beside:
            start = view.selectbox(
                "epoch", "Shown first", epochs, epochs[-1], lambda epoch: f"epoch {epoch}"
            )
        player(KEY, duration=_FRAME)
    curves, look = figures.curves_of(model.history), page.look()
    chart(
        figures.learning(
            curves,
            samples,
            lesson=training.lesson,
            ngram=training.ngram,
            start=start,
            width=width.known(KEY),
            font_size=look.letters,
        ),
        key=KEY,
        alt="What the net wrote after epochs "
        + ", ".join(map(str, epochs))
        + ", above its bits a character on held-out text, from "
        f"{curves['held_out_bits'].iloc[0]:.2f} to {curves['held_out_bits'].iloc[-1]:.2f}",
        data=curves,
        filename="textgen-learning",
    )
    first, best = samples[0], model.best_epoch
    bits = dict(zip(curves["epoch"], curves["held_out_bits"], strict=True))
    loss = curves["train_bits"].dropna()
    page.what_you_see(
        f"On text that it never saw, the net falls from {bits[0]:.2f} to **{bits[best]:.2f} bits** "
        f"a character after epoch {best}, the best on validation text."
        + (
            f" A model that only counts what followed the last few characters gets "
            f"{training.ngram:.2f}."
            if training.ngram is not None
            else ""
        )
        + (
            f" Of the words it writes, {100 * first.share_of_words:.0f} % are real at epoch "
            f"{first.epoch} and {100 * samples[-1].share_of_words:.0f} % at epoch {epochs[-1]}."
            if len(samples) > 1
            else f" This bundle kept the net of epoch {first.epoch} only."
        )
        + (
            f" While training it gets down to {loss.min():.2f}; the lesson printed only such a "
            "number (◆), of a larger net that read each character 40 times an epoch."
            if training.lesson and len(loss)
            else ""
        )
    )
    if len(samples) > 1:
        st.subheader("Is it English, and is it its own?", anchor=False)
        chart(
            figures.quality(samples, width=width.known(KEY, width.DEFAULT), font_size=look.letters),
            key=KEY_QUALITY,
            alt="Share of real words and length of the longest copy after each kept epoch",
            data=model.samples.drop(columns="text"),
            filename="textgen-quality",
        )
        st.caption(
            "Measured on 1,000 characters each. A word is real if the book has it. A copy is the "
            "longest part that stands letter by letter in the book: short ones are unavoidable, a "
            "whole sentence would mean that the net recites."
        )


def beside(training: Training) -> None:
    """Draws the texts of all snapshots as cards, shaded by how much each surprised its own net."""
    model, curves = training.model, training.model.history
    usual = str(model.bundle.config.get("prime", ""))
    prime = st.text_input(
        "What each net reads first",
        usual,
        max_chars=_MOST_PRIME,
        key=f"textgen-learn-prime-{training.name}",
        persist_state="session",
        help="It stays in this session: it is in no link and no log.",
    )
    if prime != usual:
        training.view.withhold("your beginning")
    scored_text.read_otherwise(model.reading_of(prime).replaced, len(model.alphabet))
    bits = dict(zip(curves["epoch"], curves["held_out_bits"], strict=True))
    st.caption(
        "A plain character was expected; the fullest colour is a surprise of "
        f"{scored_text.FULL:g} bits or more, 1 in {2**scored_text.FULL:.0f} or less."
    )
    samples = training.samples
    for first in range(0, len(samples), _A_ROW):
        row = st.columns(_A_ROW, gap="small")
        for sample, column in zip(samples[first : first + _A_ROW], row, strict=False):
            with column.container(border=True):
                _card(model, sample, bits[sample.epoch], prime, is_usual=prime == usual)
    page.what_you_see(
        f"Each card is the same net at another moment of its training, behind "
        f"“{plain(prime)}”, with the same seed, at temperature {SAMPLE.temperature:g}. The fuller "
        "the colour, the less the net of that epoch expected its own character: an untrained one "
        "is surprised by everything."
    )


def _card(
    model: TextModel, sample: figures.Sample, bits: float, prime: str, *, is_usual: bool
) -> None:
    best = ", the best" if sample.epoch == model.best_epoch else ""
    when = f"After epoch {sample.epoch}{best}" if sample.epoch else "Before training"
    st.markdown(f"**{when}**")
    said = f"{bits:.2f} bits a character"
    if is_usual:  # what was written when it was trained, and measured then
        said += (
            f" · {100 * sample.share_of_words:.0f} % real words · longest copy "
            f"{sample.longest_copy}"
        )
        what = scored_text.sample_of(model, prime, sample.text[:SHOWN], sample.epoch)
    else:
        what = scored_text.scored(model.write(prime, SHOWN, SAMPLE, epoch=sample.epoch))
    st.caption(said)
    scored_text.strip(
        what,
        key=f"{PAGE}_sample_{sample.epoch}",
        label=f"What the net wrote after epoch {sample.epoch}",
        has_legend=False,
    )


def all_nets(training: Training) -> None:
    """Draws the held-out bits of every net of the same text."""
    dataset = training.model.bundle.dataset.get("name")
    rows = []
    for name in resources.text_models():
        described = resources.manifest(f"textgen-{name}")
        if described is None or described["dataset"].get("name") != dataset:
            continue
        history = resources.text_model(name).history
        rows.append(
            history[["epoch", "held_out_bits"]].assign(name=name, title=resources.text_title(name))
        )
    table = pd.concat(rows, ignore_index=True)
    best = {
        name: resources.text_model(name).bundle.metrics["held_out_bits"]["value"]
        for name in dict.fromkeys(table["name"])
    }
    order = sorted(best, key=best.__getitem__)
    title = f"{resources.text_title(order[0])} needs the fewest bits"
    if len(order) == 1:
        title = "Only one net of this text is here"
    chart(
        nets(
            table,
            chosen=resources.text_title(training.name),
            title=title,
            ngram=training.ngram,
            width=width.known(KEY_NETS),
            font_size=page.look().letters,
        ),
        key=KEY_NETS,
        alt="Bits a character on held-out text by epoch: "
        + "; ".join(f"{resources.text_title(name)} {best[name]:.3f}" for name in order),
        data=table,
        filename="textgen-nets",
    )
    said = "; ".join(f"{plain(resources.text_title(name))} **{best[name]:.3f}**" for name in order)
    page.what_you_see(
        f"Bits a character on the last tenth of the book, each net at its best epoch: {said}."
        + (f" Counting gets {training.ngram:.3f}." if training.ngram is not None else "")
        + " An epoch reads as many characters for each net, so epochs can be compared."
    )
    with page.details("All numbers"):
        st.dataframe(
            pd.DataFrame([_row(name) for name in order]),
            hide_index=True,
        )


def _row(name: str) -> dict[str, object]:
    bundle = resources.text_model(name).bundle
    config, metrics = bundle.config, bundle.metrics
    return {
        "net": resources.text_title(name),
        "learned numbers": theme.count(int(config["n_parameters"])),
        "reads": "one long stream" if config["way"] == "stream" else "windows",
        "epochs": config["n_epochs"],
        "best epoch": config["best_epoch"],
        "held-out bits": round(metrics["held_out_bits"]["value"], 4),
        "validation bits": round(metrics["val_bits"]["value"], 4),
        "while training (nats)": round(metrics["train_nats"]["value"], 4),
        "training": theme.seconds(bundle.duration_s),
    }
