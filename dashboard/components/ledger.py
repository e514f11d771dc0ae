"""The ledger: each number of the lesson beside ours, with a verdict in a word and a sign."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from dashboard import theme

Manifest = Mapping[str, Any]

FORMATS: dict[str, Callable[[float], str]] = {
    "mse": theme.mse,
    "rmse": theme.mse,
    "nats": theme.mse,
    "bits": theme.mse,
    "accuracy": theme.percent,
    "share": theme.percent,
}


class Verdict(NamedTuple):
    """How our number stands to the lesson's."""

    sign: str
    word: str
    style: str  # CSS class; colour only repeats what sign and word say


PASSED = Verdict("✓", "passed", "passed")
MISSED = Verdict("✗", "missed", "missed")
NOT_COMPARABLE = Verdict("≠", "not comparable", "other")
MEASURED = Verdict("•", "measured", "other")  # where nobody else has a number
NOT_MEASURED = Verdict("○", "not measured yet", "open")


class Line(NamedTuple):
    """One row of the ledger, ready to be shown."""

    label: str
    detail: str
    lesson: str
    ours: str  # "" as long as it is not measured
    spread: str  # "± 0.0031 over 5 runs", or ""
    conditions: str  # protocol and data of our number, and why it does not compare
    verdict: Verdict


def line(row: Mapping[str, Any], manifest: Manifest | None) -> Line:
    """Compares one number of the lesson with the bundle that answers it.

    Args:
        row: a row of `assets/lesson.json`.
        manifest: the bundle's manifest, or None if there is no usable bundle.

    Returns:
        The row to show. Our value is the mean over seeds where the bundle has several.
    """
    show = FORMATS[row["unit"]]
    metric = (manifest or {}).get("metrics", {}).get(row["metric"])
    beside = "–" if row["value"] is None else show(row["value"])
    if manifest is None or metric is None:
        return Line(row["label"], row["detail"], beside, "", "", "", NOT_MEASURED)
    dataset = manifest["dataset"]
    conditions = [metric.get("protocol", ""), dataset_label(dataset)]
    wanted = row.get("dataset_version")
    is_same_data = wanted is None or wanted in str(dataset.get("version", ""))
    if row["value"] is None:
        verdict = MEASURED
    elif not row.get("comparable", True):
        verdict = NOT_COMPARABLE
        conditions.append(row["why"])
    elif not is_same_data:
        verdict = NOT_COMPARABLE
        conditions.append(f"the lesson used the version of {wanted}")
    else:
        is_lower = metric["value"] < row["value"]
        is_passed = metric["value"] == row["value"] or is_lower == (row["better"] == "lower")
        verdict = PASSED if is_passed else MISSED
    return Line(
        row["label"],
        row["detail"],
        beside,
        show(metric["value"]),
        spread(metric, show),
        "; ".join(part for part in conditions if part),
        verdict,
    )


def spread(metric: Mapping[str, Any], show: Callable[[float], str]) -> str:
    """Returns the standard deviation over seeds in words, or nothing for a single run."""
    if metric.get("sd") is None:
        return ""
    seeds = metric.get("per_seed") or ()
    return f"± {show(metric['sd'])}" + (f" over {len(seeds)} runs" if seeds else "")


def dataset_label(dataset: Mapping[str, Any]) -> str:
    """Returns name and version of a data set, the version only if the name does not say it."""
    name, version = str(dataset.get("name", "")), str(dataset.get("version", ""))
    return name if version in name else f"{name} {version}"


def table(title: str, measure: str, lines: Sequence[Line], *, beside: str = "Lesson") -> str:
    """Returns one topic's rows as an HTML table that turns into cards on a phone.

    Args:
        title: of the topic.
        measure: what its numbers are.
        lines: its rows. Conditions that all measured rows share are said once, above them.
        beside: whose numbers stand beside ours.
    """
    shared = {row.conditions for row in lines if row.ours}
    note = ""
    if len(shared) == 1 and sum(bool(row.ours) for row in lines) > 1:
        note = f'<p class="ledger-note">Here: {escape(shared.pop())}.</p>'
        lines = [row._replace(conditions="") for row in lines]
    body = "".join(_row(row, beside) for row in lines)
    return (
        f'<table class="ledger"><caption>{escape(title)} <small>{escape(measure)}</small>{note}'
        f"</caption><thead><tr><th>Model</th><th>{escape(beside)}</th><th>Here</th>"
        f"<th>Verdict</th></tr></thead><tbody>{body}</tbody></table>"
    )


def _row(row: Line, beside: str) -> str:
    ours = f"<b>{escape(row.ours)}</b> <small>{escape(row.spread)}</small>" if row.ours else "–"
    conditions = f"<small>{escape(row.conditions)}</small>" if row.conditions else ""
    verdict = row.verdict
    return (
        f"<tr><th scope='row'>{escape(row.label)}<small>{escape(row.detail)}</small></th>"
        f"<td data-label='{escape(beside)}'>{escape(row.lesson)}</td>"
        f"<td data-label='Here'><span>{ours}</span>{conditions}</td>"
        f"<td data-label='Verdict'><span class='verdict {verdict.style}'>"
        f"<span aria-hidden='true'>{verdict.sign}</span> {verdict.word}</span></td></tr>"
    )


_COLOURS = f"--passed: {theme.BLUE}; --missed: {theme.VERMILION}; --other: {theme.GREY}"
_RULES = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
STYLE = f"<style>:root {{ {_COLOURS} }}\n{_RULES}</style>"
