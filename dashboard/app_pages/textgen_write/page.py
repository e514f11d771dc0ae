"""What does a net write behind a text of yours, and what surprises it in one?"""

import numpy as np
import streamlit as st

from core.errors import InputError
from core.textgen.explore import MOST_CHARS, Settings
from dashboard import control_setting, resources, theme, view_state
from dashboard.app_pages.textgen_write import writing
from dashboard.components import (
    experiments,
    live_text,
    missing,
    page,
    provenance,
    scored_text,
    share,
)
from dashboard.components import width as widths
from dashboard.components.text import plain, sentence
from dashboard.figures.alternatives import likely, sign

PAGE = "textgen_write"
WRITE, SCORE = "Let it write", "Score a text of your own"
KEY_PRIME, KEY_OWN = "textgen-write-prime", "textgen-write-own"
KEY_BARS = f"{PAGE}_alternatives"
MOST_SEED = 9999
EPOCH_WIDTH = 150  # px
SHOWN_PRIME = 300  # characters of a prime that stand in front of what is written
OWN = """\
whoever praises his own strength has seldom been asked to carry anything.
the laptop restarted twice, and then the update was gone.
"""

page.header(
    "What does the net write, and what surprises it?",
    "It reads your text character by character, then draws one after the other. The fuller the "
    "colour, the less it expected the character; click one to see what else could have come.",
)
view = view_state.page(PAGE)
with missing.guard():
    names = resources.text_models()
    resources.text_model(names[0])
shown = view.segmented_control("view", "Show", (WRITE, SCORE), WRITE, label_visibility="collapsed")
row = st.columns([8, 4, 3, 3] if shown == WRITE else [8, 10], vertical_alignment="bottom")
with row[0]:
    beside = st.container(horizontal=True, gap="small")
with beside:
    name = view.selectbox("model", "Net", names, names[0], resources.text_title)
with missing.guard():
    model = resources.text_model(name)
    bits_held_out = model.bundle.metrics.get("held_out_bits", {}).get("value")


def epoch_title(epoch: int) -> str:
    """Says which epoch it is."""
    what = str(epoch) if epoch else "0, untrained"
    return f"{what}, the best" if epoch == model.best_epoch else what


def usual_prime() -> None:
    """Puts the net's own beginning into the field, unless the visitor typed another."""
    usual, used = str(model.bundle.config.get("prime", "")), f"{PAGE}-prime-used"
    if KEY_PRIME not in st.session_state or st.session_state[KEY_PRIME] == st.session_state.get(
        used
    ):
        control_setting.put(KEY_PRIME, usual)
    st.session_state[used] = usual


def field(label: str, key: str, height: int) -> str:
    """Draws a field for a text and returns what stands in it."""
    typed = st.text_area(
        label,
        key=key,
        height=height,
        persist_state="session",
        help="It is read when you pause. It stays in this session: it is in no link and no log.",
    )
    live_text.make_live(key)
    return typed or ""


first_epoch, epoch = model.epochs[0], model.best_epoch
if len(model.epochs) > 1:
    with beside:
        epoch = view.selectbox(
            "epoch", "After epoch", model.epochs, model.best_epoch, epoch_title, width=EPOCH_WIDTH
        )


def chosen_place(what: scored_text.ScoredText, owner: object) -> int:
    """Returns the place that was clicked in a text; the greatest surprise before any click."""
    clicked = st.session_state.get(f"{PAGE}-place")
    if clicked is not None and clicked[0] == owner and clicked[1] < len(what.text):
        return clicked[1]
    return int(np.argmax(what.bits))


def choose(owner: object, place: int) -> None:
    """Keeps the place that was clicked in a text."""
    st.session_state[f"{PAGE}-place"] = (owner, place)


def surprise(what: scored_text.ScoredText) -> str:
    """Says how much a text surprised the net on the whole, and where most."""
    bits, worst = what.bits_per_char, int(np.argmax(what.bits))
    return (
        f"**{bits:.2f} bits** a character, as if it had to guess among {2**bits:.1f} equally "
        f"likely ones. The greatest surprise is “{plain(sign(what.text[worst]))}”, character "
        f"{worst + 1}: {likely(float(2.0 ** -what.bits[worst]))} likely."
    )


def write() -> None:
    """Draws the part of the page in which the net writes."""
    with row[1]:
        temperature = view.slider(
            "temperature",
            "Temperature",
            0.0,
            2.0,
            0.8,
            0.05,
            help="0 always takes the likeliest character; 1 draws as the net thinks; above 1 it "
            "dares more.",
        )
    with row[2], st.popover("Settings", icon=":material/tune:", width="stretch"):
        n_chars = view.number_input("n_chars", "Characters to write", 1, MOST_CHARS, 320, 40)
        seed = view.number_input("seed", "Seed of the draws", 0, MOST_SEED, 0)
        top_k = view.number_input(
            "top_k", "Only the likeliest (top-k)", 0, 100, 0, help="0 takes all of them."
        )
        top_p = view.slider(
            "top_p",
            "Only the likeliest that together have this probability (top-p)",
            0.05,
            1.0,
            1.0,
            0.05,
        )
    usual_prime()
    prime = field("What it reads first; it may be empty", KEY_PRIME, 80)
    settings = Settings(temperature, top_k, top_p, seed)
    base = (name, epoch, prime)
    branch = writing.branch_of(PAGE, base)
    if branch is not None and len(branch.prefix.text) >= n_chars:
        branch = None  # what is wanted ends before it
    try:
        reading = model.reading_of(prime)
    except InputError as error:
        st.warning(plain(sentence(error)), icon=":material/error:")
        return
    scored_text.read_otherwise(reading.replaced, len(model.alphabet))
    key = (base, settings, n_chars, branch.prefix.text if branch else None)
    with row[3]:
        st.button(
            "Another",
            icon=":material/casino:",
            type="primary",
            help="Writes with the next seed.",
            on_click=view.set,
            kwargs={"seed": float((seed + 1) % (MOST_SEED + 1))},
            width="stretch",
        )
    with st.container(border=True):
        written = writing.written(
            PAGE,
            key,
            n_chars,
            branch,
            lambda prefix, n_left: model.write(
                reading.text + prefix, n_left, settings, epoch=epoch
            ),
        )
        what = written.text
        scored_text.strip(
            what,
            key=f"{PAGE}_text",
            label="What the net wrote, shaded by how much each character surprised it",
            given=reading.text[-SHOWN_PRIME:],
            marked=branch.place if branch else None,
            chosen=chosen_place(what, key) if what.text else None,
            hint="Point at a character, or click it.",
            on_choose=lambda place: choose(key, place),
            number=written.number,
            since=len(branch.prefix.text) if branch else 0,
        )
    if written.problem:
        st.warning(plain(sentence(written.problem)), icon=":material/error:")
    if not what.text:
        return
    tools = st.container(horizontal=True, vertical_alignment="center")
    with tools:
        st.download_button(
            "Text (.txt)",
            data=(reading.text + what.text).encode("utf-8"),
            file_name="written.txt",
            mime="text/plain",
            icon=":material/download:",
            on_click="ignore",
            help="What was read first, and what was written behind it.",
        )
        if branch is not None:
            st.button(
                "Back to the text before the turn",
                icon=":material/undo:",
                on_click=writing.turn_back,
                args=(PAGE,),
            )
    expected = (
        f" On text that it never saw it needs {bits_held_out:.2f}: what it writes itself "
        + ("is easier to guess." if what.bits_per_char < bits_held_out else "is no easier.")
        if bits_held_out is not None and epoch == model.best_epoch
        else ""
    )
    page.what_you_see(
        f"You let it write {theme.count(len(what.text))} "
        f"{'character. It costs' if len(what.text) == 1 else 'characters. They cost'} "
        + surprise(what)
        + expected
        + (f" Character {branch.place + 1} is where you turned it." if branch is not None else "")
    )
    place = chosen_place(what, key)
    left, right = st.columns([7, 5], gap="medium")
    with left:
        scored_text.alternatives(what, place, key=KEY_BARS)
    with right:
        st.markdown("**Continue from another character**")
        st.caption(
            f"Keeps all before character {place + 1}, puts the other one there, and writes on."
        )
        scored_text.turns(
            what,
            place,
            key=f"{PAGE}-turn",
            turn=lambda prefix: writing.turn(PAGE, base, prefix),
        )


def score() -> None:
    """Draws the part of the page in which the net reads a text of the visitor's."""
    if KEY_OWN not in st.session_state:
        st.session_state[KEY_OWN] = OWN
    typed = field("Your text", KEY_OWN, 120)
    try:
        reading = model.reading_of(typed)
        what = scored_text.scored([model.read(reading.text, epoch=epoch)])
    except InputError as error:
        st.warning(plain(sentence(error)), icon=":material/error:")
        return
    scored_text.read_otherwise(reading.replaced, len(model.alphabet))
    if not what.text:
        st.info("There is nothing to read yet: type something.", icon=":material/edit:")
        return
    owner = (name, epoch, typed)
    place = chosen_place(what, owner)
    with st.container(border=True):
        scored_text.strip(
            what,
            key=f"{PAGE}_own",
            label="Your text, shaded by how much each character surprised the net",
            chosen=place,
            hint="Point at a character, or click it.",
            on_choose=lambda place: choose(owner, place),
        )
    chars = len(model.alphabet)
    beside = (
        f" The end of its own book, which it never saw, costs it {bits_held_out:.2f} bits"
        if bits_held_out is not None
        else " Compare:"
    )
    page.what_you_see(
        f"Your text costs the net {surprise(what)}{beside}; guessing blindly among its {chars} "
        f"characters costs {np.log2(chars):.2f}."
    )
    scored_text.alternatives(what, place, key=KEY_BARS)


{WRITE: write, SCORE: score}[shown]()
tries = {
    WRITE: [
        ("Always the likeliest", {"temperature": 0.0}),
        ("As the net thinks", {"temperature": 1.0}),
        ("Too hot", {"temperature": 1.6}),
        ("Before it learned anything", {"epoch": first_epoch}),
    ],
    SCORE: [
        ("Read it untrained", {"epoch": first_epoch}),
        ("Read it trained", {"epoch": model.best_epoch}),
        ("Let it write", {"view": WRITE}),
    ],
}
experiments.draw(
    view,
    [one for one in tries[shown] if set(one[1]) <= set(view.controls)],
    within={"view": shown},
    kept=("model", "sample"),
)
with page.details("How a character is drawn, and what a bit is"):
    st.latex(
        r"p_i = \frac{e^{z_i / T}}{\sum_j e^{z_j / T}}, \qquad "
        r"\mathrm{surprise} = -\log_2 p^{(T = 1)}"
    )
    st.markdown(
        "The net gives each character a logit $z$. They are divided by the temperature $T$; then "
        "top-k keeps the $k$ likeliest, and top-p as few of the likeliest as together have that "
        "probability (Fan et al. 2018, Holtzman et al. 2020). One of what is left is drawn. The "
        "random numbers follow from the seed and from all that the net has read, so behind another "
        "beginning they are others. Character number $t$ has one of its own, so a longer text "
        "begins like a shorter one.\n\n"
        "Colours and bits are those of the net itself, before temperature and cuts. One bit is the "
        "surprise at a coin; a text of $n$ characters at $b$ bits could be stored in $n \\cdot b$ "
        "bits with this net.\n\n"
        "What it writes sounds like its book and means nothing. Nobody said it."
    )
share.popover(view)
widths.ask(KEY_BARS, 460)
provenance.footer(model.bundle, metric="held_out_bits")
