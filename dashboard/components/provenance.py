"""The footer that says where a page's numbers come from."""

from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st

from core.bundle import Bundle
from dashboard import resources, theme
from dashboard.components import ledger
from dashboard.components.text import plain


def footer(
    bundle: Bundle,
    *,
    lesson: str | None = None,
    metric: str | None = None,
    beside: str | None = None,
) -> None:
    """Draws model, data, seeds, metrics with their protocol, and the lesson's number beside ours.

    Args:
        bundle: what the page reads.
        lesson: id of the row of `assets/lesson.json` that this model answers.
        metric: the one to show; the lesson's, or the first one, if it is not said.
        beside: id of a row that another bundle answers, to be shown as it stands there.
    """
    lines = [*sentences(bundle, lesson_row(lesson) if lesson else None, metric)]
    if beside:
        lines.append(_lesson_line(beside, of=bundle.name))
    st.divider()
    st.caption("  \n".join(lines))


def drawn_here(what: str, lesson: str) -> None:
    """Draws the footer of a page that reads no bundle: what is drawn, and the lesson's number.

    Args:
        what: the numbers on screen.
        lesson: id of the row of `assets/lesson.json` that the page explains.
    """
    st.divider()
    st.caption(f"**Model** none: {plain(what)}, computed as you look  \n{_lesson_line(lesson)}")


def _lesson_line(identifier: str, of: str = "") -> str:
    """Says what the lesson has for a row, and what its bundle measured, if that is here.

    Args:
        identifier: of the row.
        of: the bundle that the page is about; another one is named.
    """
    row = lesson_row(identifier)
    line = ledger.line(row, resources.manifest(row["bundle"]))
    by = f" by {plain(row['bundle'])}" if row["bundle"] != of else ""
    ours = f"here {plain(line.ours)}{by}" if line.ours else "not measured here yet"
    return (
        f"**Lesson** {plain(row['label'])}: {plain(line.lesson)} ({plain(row['detail'])}), {ours}"
    )


def lesson_row(identifier: str) -> Mapping[str, Any]:
    """Returns a row of the lesson's figures by id; raises KeyError for an unknown one."""
    for topic in resources.lesson()["topics"]:
        for row in topic["rows"]:
            if row["id"] == identifier:
                return row
    raise KeyError(identifier)


def sentences(
    bundle: Bundle, row: Mapping[str, Any] | None, chosen: str | None = None
) -> Iterator[str]:
    """Yields the footer's lines in Markdown; `chosen` is the metric to show without a row."""
    seeds = ", ".join(f"{name} {seed}" for name, seed in bundle.seeds.items())
    yield (
        f"**Model** {plain(bundle.name)}, made on {plain(bundle.device or 'an unnamed device')}"
        # nothing to tell where nothing was trained
        + (f" in {plain(theme.seconds(bundle.duration_s))}" if bundle.duration_s else "")
        + (f" · **Seeds** {plain(seeds)}" if seeds else "")
    )
    dataset = bundle.dataset
    yield (
        f"**Data** {plain(ledger.dataset_label(dataset))} · **Licence** "
        f"{plain(dataset.get('licence') or 'not stated')}"
    )
    headline = row["metric"] if row else chosen or next(iter(bundle.metrics), None)
    metric = bundle.metrics.get(headline) if headline else None
    if metric is None:
        return
    show = ledger.FORMATS.get(row["unit"] if row else metric.get("unit", ""), theme.mse)
    ours = f"{show(metric['value'])} {ledger.spread(metric, show)}".strip()
    text = f"**{plain(headline)}** {plain(ours)} ({plain(metric.get('protocol', ''))})"
    if row:
        verdict = ledger.line(row, {"metrics": bundle.metrics, "dataset": dataset}).verdict
        text += f" · **Lesson** {plain(show(row['value']))}, {verdict.sign} {verdict.word}"
    yield text
