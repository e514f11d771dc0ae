"""The three views of the page about neighbours: a list a set, an analogy, an axis."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import InputError
from core.words.explore import ask
from core.words.explore.ask import Answer, Choice, Neighbours, WordSet
from core.words.explore.relations import as_written, expected
from dashboard import theme, view_state
from dashboard.app_pages.words_neighbours import analogy_figure, axes_figure
from dashboard.app_pages.words_neighbours import lists_figure as figures
from dashboard.components import choices, width
from dashboard.components.chart import chart
from dashboard.components.page import look, what_you_see
from dashboard.components.text import listed, plain, sentence

KEY, KEY_PLANE = "words_neighbours_main", "words_neighbours_plane"
N_ENDS = 8
_MOST_NAMED = 5


class Given(NamedTuple):
    """What a set answers, of one that has an answer; as `Answer` has it."""

    of: WordSet
    table: pd.DataFrame


def draw_neighbours(
    view: view_state.View, sets: Sequence[WordSet], word: str, n: int, top_n: int | None
) -> None:
    """Draws the neighbours of one word in every set.

    Args:
        view: the page's controls, among them `word`, which the buttons of near spellings set.
        sets: at least one.
        word: as typed.
        n: neighbours of each.
        top_n: only among so many most frequent words; None for all.
    """
    if not word.strip():
        st.info("Type a word to see its neighbours.", icon=":material/search:")
        return
    found = ask.neighbours(sets, word, n, top_n)
    _report(found.answers)
    unanswered = (answer.of.suggest(word) for answer in found.answers if answer.problem)
    near = next((words for words in unanswered if words), [])
    if near:
        lines = ((suggestion, plain(suggestion)) for suggestion in near)
        with st.container(horizontal=True, gap="small"):
            choices.buttons(view, "word", lines, key=f"{view.name}-near", kind="secondary")
    given = _given(found.answers)
    if not given:
        return
    title = f"The nearest words of “{word.strip()}” in {given[0].of.label}"
    if found.comparisons:
        n_shared = len(found.comparisons[0].shared)
        title = (
            f"“{word.strip()}”: {given[0].of.label} and {given[1].of.label} share "
            f"{n_shared or 'none'} of {len(given[0].table)}"
        )
    chart(
        figures.word_lists(
            [_compared_panel(given, place) for place in range(len(given))],
            title=title,
            width=width.known(KEY),
            font_size=_letters(),
        ),
        key=KEY,
        alt=f"Lists of the nearest words of {word.strip()} in {len(given)} sets of vectors",
        data=_stacked(given),
        filename="words-neighbours",
    )
    what_you_see(_neighbours_text(found, word))


def draw_analogy(
    sets: Sequence[WordSet],
    words: Sequence[str],
    n: int,
    top_n: int | None,
    *,
    leave_out: bool,
) -> None:
    """Draws what every set puts to the third word, and the sum behind it.

    Args:
        sets: at least one.
        words: a, b and c of a : b = c : ?, as typed.
        n: words in a list.
        top_n: only among so many most frequent words; None for all.
        leave_out: whether the three words are no answers.
    """
    a, b, c = asked = [text.strip() for text in words]
    if not all(asked):
        st.info("An analogy needs three words.", icon=":material/search:")
        return
    answers = ask.analogy(sets, asked, n, top_n, leave_out=leave_out)
    _report(answers)
    given = [answer for answer in _given(answers) if len(answer.table)]
    if not given:
        return
    right = expected(a, b, c)
    chart(
        figures.word_lists(
            [_panel(answer) for answer in given],
            title=_analogy_title(given, asked, right),
            width=width.known(KEY),
            font_size=_letters(),
        ),
        key=KEY,
        alt=f"Lists of the words nearest to {b} - {a} + {c}",
        data=_stacked(given),
        filename="words-analogy",
    )
    what_you_see(
        f"The words nearest to the sum **{plain(b)} − {plain(a)} + {plain(c)}**. "
        f"{_judged(given, right)}{_inputs_text(given, leave_out=leave_out)} Below, the sum drawn "
        f"out: the grey step from {plain(a)} to {plain(b)} is put to {plain(c)} (orange). Its tip "
        "◇ need not lie on a word; the blue dot is the nearest one besides the three."
    )
    _draw_parallelograms(given, asked)


def _analogy_title(given: Sequence[Given], asked: Sequence[str], right: str | None) -> str:
    """Returns the analogy with what the sets answer, and what is right where all are wrong."""
    firsts = list(dict.fromkeys(answer.table["word"].iloc[0] for answer in given))
    said = ", ".join(map(as_written, firsts))
    if right is not None and right not in firsts:
        said += f"; right is {as_written(right)}"
    a, b, c = map(as_written, asked)
    return f"{a} : {b} = {c} : {said}"


def _inputs_text(given: Sequence[Given], *, leave_out: bool) -> str:
    """Says what becomes of the three words of an analogy among its answers."""
    if leave_out:
        return "The three words themselves are left out; turn the switch off to see what it hides."
    n_inputs = sum(bool(answer.table["is_input"].iloc[0]) for answer in given)
    if n_inputs:
        return (
            f"With the three words kept ({figures.INPUT}), one of them comes first in {n_inputs} "
            f"of {len(given)} sets: the sum has hardly left it."
        )
    return "Even with the three words kept, another one comes first everywhere."


def _draw_parallelograms(given: Sequence[Given], asked: Sequence[str]) -> None:
    """Draws the sum of an analogy in each set that has an answer besides the three words."""
    drawn = []
    for answer in given:
        free = answer.table.loc[~answer.table["is_input"], "word"]
        if len(free):
            assert answer.of.vectors is not None  # which answer analogies
            points = ask.parallelogram(answer.of.vectors, asked, free.iloc[0])
            drawn.append((answer.of.label, points))
    if drawn:
        chart(
            analogy_figure.parallelograms(drawn, width=width.known(KEY), font_size=_letters()),
            key=KEY_PLANE,
            alt="The three words, their sum and the answer in the plane that tells them apart best",
            data=pd.concat([table.assign(vectors=name) for name, table in drawn]),
            filename="words-parallelogram",
        )


def _judged(given: Sequence[Given], right: str | None) -> str:
    """Says which sets answer rightly, where everybody knows what is right."""
    if right is None:
        return ""
    is_right = {plain(one.of.label): one.table["word"].iloc[0] == right for one in given}
    good = [label for label, is_so in is_right.items() if is_so]
    bad = [label for label, is_so in is_right.items() if not is_so]
    said = f"Right would be **{plain(as_written(right))}**: "
    if not bad:
        return f"{said}{listed(good)} {'says' if len(good) == 1 else 'say'} so. "
    wrong = f"{listed(bad)} {'is' if len(bad) == 1 else 'are'} wrong"
    return f"{said}{wrong}. " if not good else f"{said}{listed(good)} found it, {wrong}. "


def draw_axis(
    sets: Sequence[WordSet], ends: tuple[str, str], second: tuple[str, str], choice: Choice
) -> None:
    """Draws words along the axis of two words, or in the plane of two axes.

    Args:
        sets: at least one.
        ends: the words at the left and at the right, as typed.
        second: the words below and above, as typed; a plane if there are two.
        choice: which words are laid out.
    """
    low, high = (text.strip() for text in ends)
    below, above = (text.strip() for text in second)
    is_plane = bool(below and above)
    if not (low and high):
        st.info("An axis needs a word at each end.", icon=":material/search:")
        return
    if choice.words is not None and not choice.words:
        st.info("Type some words to lay along the axis.", icon=":material/search:")
        return
    answers, unknown, lists = [], {}, []
    for one in sets:
        try:
            words = one.choose(choice)
            table, unknown[one.label] = one.along(low, high, words)
            if is_plane:
                up, _ = one.along(below, above, words)
                table = table.rename(columns={"position": "x"}).assign(y=up["position"])
            lists.append((one.label, one.ends(low, high, N_ENDS, choice.top_n)))
            answers.append(Answer(one, table))
        except InputError as error:
            answers.append(Answer(one, problem=str(error)))
    _report(answers)
    _report_unknown(sets, unknown)
    given = [answer for answer in _given(answers) if len(answer.table)]
    if not given:
        return
    tables = [(answer.of.label, answer.table) for answer in given]
    if is_plane:
        figure = axes_figure.planes(
            tables,
            (low, high),
            (below, above),
            title=_plane_title(*tables[0], below, above),
            width=width.known(KEY),
            font_size=_letters(),
            background=theme.surface(dark=look().dark).background,
        )
        text = _plane_text(tables, (low, high), (below, above))
    else:
        title, text = _strip_text(tables, low, high)
        figure = axes_figure.strips(
            tables, low, high, title=title, width=width.known(KEY), font_size=_letters()
        )
    chart(
        figure,
        key=KEY,
        alt=f"Words between {low} and {high} in {len(given)} sets of vectors",
        data=_stacked(given),
        filename="words-axis",
    )
    what_you_see(text)
    _draw_ends(lists, low, high, choice.top_n)


def _given(answers: Iterable[Answer]) -> list[Given]:
    """Returns those that have a table."""
    return [Given(answer.of, answer.table) for answer in answers if answer.table is not None]


def _report(answers: Sequence[Answer]) -> None:
    """Draws a sentence for each set without an answer."""
    lines = []
    for answer in answers:
        if answer.problem:
            lines.append(f"**{plain(answer.of.label)}**: {plain(sentence(answer.problem))}")
    if lines:
        st.info("  \n".join(lines), icon=":material/search_off:")


def _lacks(one: WordSet) -> str:
    """Begins a sentence that names words which a set does not have here."""
    name = plain(one.label)
    if one.vectors is None:  # its archive may well have them
        most = theme.count(one.n_words)
        return f"Of **{name}** only the {most} most frequent words are here, without"
    return f"**{name}** does not know"


def _report_unknown(sets: Sequence[WordSet], unknown: dict[str, list[str]]) -> None:
    """Draws which of the words that should lie on an axis a set does not have here."""
    lines = []
    lacks = {one.label: _lacks(one) for one in sets}
    for label, words in unknown.items():
        if words:
            named = ", ".join(plain(word[:40]) for word in words[:_MOST_NAMED])
            more = len(words) - _MOST_NAMED
            rest = f" and {theme.count(more)} more" if more > 0 else ""
            lines.append(f"{lacks[label]} {named}{rest}.")
    if lines:
        st.info("  \n".join(lines), icon=":material/search_off:")


def _panel(answer: Given, values: str = "cosine", **columns: object) -> figures.Panel:
    n_words = f"{theme.count(answer.of.n_words)} words"
    subtitle = f"{answer.of.texts}, {n_words}" if answer.of.texts else n_words
    return figures.Panel(answer.of.label, subtitle, answer.table.assign(**columns), values)


def _compared_panel(given: Sequence[Given], place: int) -> figures.Panel:
    """Returns the list of a set, each word with its place in the first one, or in the second."""
    if len(given) == 1:
        return _panel(given[0])
    other = given[0 if place else 1].of.label
    places = given[place].table["place_there"].tolist()
    return _panel(
        given[place],
        f"cosine · place in {other}",
        note=[theme.count(there) if there else "–" for there in places],
        hover=[
            f"place {theme.count(there)} in {other}" if there else f"no known place in {other}"
            for there in places
        ],
    )


def _neighbours_text(found: Neighbours, word: str) -> str:
    given = _given(found.answers)
    names = [plain(answer.of.label) for answer in given]
    text = f"The words with the highest cosine to **{plain(word)}**, set by set."
    if not found.comparisons:
        return text
    pairs = [
        f"{len(pair.shared)} with {name} (Jaccard {pair.jaccard:.2f})"
        for pair, name in zip(found.comparisons, names[1:], strict=True)
    ]
    text += f" {names[0]} has {', '.join(pairs)} in common, marked {figures.SHARED}."
    places = given[0].table["place_there"].to_numpy()
    lost = int(places.argmax())
    if places[lost] > len(places):
        text += (
            f" **{plain(given[0].table['word'].iloc[lost])}**, number {lost + 1} in {names[0]}, is "
            f"only number {theme.count(int(places[lost]))} in {names[1]}."
        )
    elif (places > 0).all():
        text += f" All of {names[0]}'s words are among the nearest in {names[1]} too."
    return text


def _strip_text(tables: Sequence[tuple[str, pd.DataFrame]], low: str, high: str) -> tuple[str, str]:
    """Returns the finding, and what one sees."""
    name, table = tables[0]
    table = table.sort_values("position")
    first, last = table.iloc[0], table.iloc[-1]
    title = f"From {first['word']} to {last['word']}: how {name} orders words by {low} – {high}"
    text = (
        f"Where words lie on the way from **{plain(low)}** to **{plain(high)}**: the cosine of "
        f"each with the difference of the two, so 0 is neutral. In {plain(name)} the ends are "
        f"**{plain(first['word'])}** ({theme.signed(first['position'])}) and "
        f"**{plain(last['word'])}** ({theme.signed(last['position'])})."
    )
    if len(tables) > 1:
        other_name, other = tables[1]
        both = table.merge(other, on="word", suffixes=("", "_other"))
        if len(both) > 2:
            order = both["position"].corr(both["position_other"], method="spearman")
            text += (
                f" {plain(other_name)} puts them in much the same order"
                if order > 0.7
                else f" {plain(other_name)} orders them differently"
            ) + f" (rank correlation {theme.signed(order)})."
    return title, text


def _plane_title(name: str, table: pd.DataFrame, below: str, above: str) -> str:
    most, least = (table["word"].loc[row] for row in (table["y"].idxmax(), table["y"].idxmin()))
    return f"{name}: {most} is nearest to {above}, {least} to {below}"


def _plane_text(
    tables: Sequence[tuple[str, pd.DataFrame]], across: tuple[str, str], up: tuple[str, str]
) -> str:
    text = (
        f"Words in the plane of two axes: **{plain(across[0])}** to **{plain(across[1])}** across, "
        f"**{plain(up[0])}** to **{plain(up[1])}** up; the cross is neutral."
    )
    known = [
        f"{theme.signed(float(np.corrcoef(table['x'], table['y'])[0, 1]))} in {plain(name)}"
        for name, table in tables
        if len(table) > 2 and table["x"].std() > 0 and table["y"].std() > 0
    ]
    return text + (f" Over these words the two correlate: {', '.join(known)}." if known else "")


def _draw_ends(
    lists: Sequence[tuple[str, pd.DataFrame]], low: str, high: str, top_n: int | None
) -> None:
    among = "of all words" if top_n is None else f"of the {theme.count(top_n)} most frequent words"
    st.markdown(f"**Farthest out** {among}")
    for (name, table), place in zip(lists, st.columns(len(lists)), strict=True):
        lines = [f"**{plain(name)}**"]
        for end, word in (("low", low), ("high", high)):
            words = ", ".join(plain(found) for found in table.loc[table["end"] == end, "word"])
            lines.append(f"{plain(word)}: {words}")
        place.markdown("  \n".join(lines))


def _stacked(answers: Sequence[Given]) -> pd.DataFrame:
    """Returns all answers in one table, for the CSV."""
    tables = [answer.table.assign(vectors=answer.of.label) for answer in answers]
    return pd.concat(tables, ignore_index=True)


def _letters() -> int:
    return theme.PRESENT_FONT if look().present else theme.MINIMUM_FONT + 1
