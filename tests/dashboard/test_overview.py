"""The Overview and the ledger, on full and on empty assets."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.bundle import load_bundle
from core.errors import BundleNotFound
from dashboard import resources
from dashboard.components import ledger, provenance
from dashboard.navigation import PAGES, Entry

ROOT = Path(__file__).resolve().parents[2]
App = Callable[..., AppTest]


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def row(identifier: str) -> dict:
    return dict(provenance.lesson_row(identifier))


def manifest(value: float, **metric: object) -> dict:
    measured = {"value": value, "protocol": "seeds 0 to 4", "unit": "mse", **metric}
    return {
        "metrics": {"val_mse": measured},
        "dataset": {"name": "ml-latest-small", "version": "2016"},
    }


def test_overview_with_bundles(app: App, full_assets: Path) -> None:
    page = app()
    assert not page.exception and not page.warning
    shown = html(page)
    assert "0.7979" in shown and "0.7701" in shown
    assert "± 0.0031 over 5 runs" in shown
    for word in ("✓</span> passed", "✗</span> missed", "≠</span> not comparable"):
        assert word in shown
    assert any("np\\.random\\.seed" in text.value for text in page.markdown)
    assert not page.get("plotly_chart")  # the first view loads no plotly


def test_overview_without_bundles(app: App, empty_assets: Path) -> None:
    page = app()
    assert not page.exception and not page.warning
    shown = html(page)
    assert "0.7979" in shown and "90.36 %" in shown
    assert "passed" not in shown.replace(ledger.STYLE, "")
    assert "not measured yet" in shown


def test_overview_with_a_damaged_bundle(app: App, full_assets: Path) -> None:
    (full_assets / "movies-bias" / "bundle.json").write_text("{", encoding="utf-8")
    page = app()
    assert not page.exception
    assert "0.7701" not in html(page)


def test_every_page_has_its_own_address_and_file() -> None:
    entries = [entry for topic in PAGES.values() for entry in topic]
    assert len({entry.url_path for entry in entries}) == len(entries)
    assert [entry.script for entry in entries if not entry.url_path] == [
        "app_pages/overview/page.py"
    ]
    for entry in entries:
        assert (ROOT / "dashboard" / entry.script).is_file()
        assert entry.question or not entry.url_path


def test_the_overview_leads_to_the_pages(
    app: App, empty_assets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = "../tests/dashboard/probe.py"
    entry = Entry(probe, "Probe page", "probe", ":material/science:", "Does a card lead here?")
    monkeypatch.setitem(PAGES, "Probes", (entry,))
    page = app()
    assert not page.exception
    links = [link.proto.label for link in page.get("page_link")]
    assert links == [f"**{e.title}**" for group in PAGES.values() for e in group if e.url_path]
    assert "Does a card lead here?" in [text.value for text in page.markdown]


def test_the_lessons_figures_are_complete() -> None:
    lesson = json.loads((ROOT / "assets" / "lesson.json").read_text(encoding="utf-8"))
    assert [topic["id"] for topic in lesson["topics"]] == [
        "movies",
        "movies-beyond",
        "sentiment",
        "sentiment-beyond",
        "words",
        "textgen",
        "textgen-held-out",
        "batchnorm",
    ]
    rows = {row["id"]: row for topic in lesson["topics"] for row in topic["rows"]}
    assert len(rows) == sum(len(topic["rows"]) for topic in lesson["topics"])
    assert rows["movies-dot"]["value"] == 1.4423
    assert rows["movies-bias"]["value"] == 0.7979
    assert rows["movies-net"]["value"] == 0.7938
    assert rows["sentiment-multicnn"]["value"] == 0.9036
    assert rows["batchnorm-loss-before"]["value"] == 1.5168
    assert rows["batchnorm-loss"]["value"] == 4.7634
    assert rows["batchnorm-accuracy"]["value"] == 0.6342
    for one in rows.values():
        assert one["unit"] in ledger.FORMATS
        assert one["better"] in ("lower", "higher")
        assert one["bundle"].startswith(f"{one['id'].partition('-')[0]}-")
        assert "why" in one or one.get("comparable", True)


@pytest.mark.parametrize(
    ("better", "ours", "verdict"),
    [
        ("lower", 0.79, ledger.PASSED),
        ("lower", 0.7979, ledger.PASSED),
        ("lower", 0.7980, ledger.MISSED),
        ("higher", 0.80, ledger.PASSED),
        ("higher", 0.79, ledger.MISSED),
    ],
)
def test_the_verdict(better: str, ours: float, verdict: ledger.Verdict) -> None:
    line = ledger.line(row("movies-bias") | {"better": better}, manifest(ours))
    assert line.verdict == verdict


def test_other_data_or_another_measure_is_not_compared() -> None:
    newer = manifest(0.5)
    newer["dataset"]["version"] = "2018"
    line = ledger.line(row("movies-bias"), newer)
    assert line.verdict == ledger.NOT_COMPARABLE and "2016" in line.conditions
    held_back = row("movies-bias") | {"comparable": False, "why": "held back"}
    line = ledger.line(held_back, manifest(0.5))
    assert line.verdict == ledger.NOT_COMPARABLE and "held back" in line.conditions


def test_a_bundle_without_the_metric_is_not_measured() -> None:
    other = row("movies-bias") | {"metric": "val_rmse"}
    assert ledger.line(other, manifest(0.5)).verdict == ledger.NOT_MEASURED


def test_a_single_run_shows_no_spread() -> None:
    assert ledger.line(row("movies-bias"), manifest(0.7)).spread == ""
    both = ledger.line(row("movies-bias"), manifest(0.7, sd=0.002, per_seed=[0.7] * 3))
    assert both.spread == "± 0.0020 over 3 runs"


def test_names_in_the_table_are_escaped() -> None:
    line = ledger.line(row("movies-bias") | {"label": "<script>"}, None)
    assert "<script>" not in ledger.table("a < b", "", [line])


def test_the_footer_names_model_data_seed_metric_and_lesson(full_assets: Path) -> None:
    bundle = load_bundle(full_assets / "movies-bias")
    text = "\n".join(provenance.sentences(bundle, row("movies-bias"))).replace("\\", "")
    for part in (
        "movies-bias",
        "2 CPU cores",
        "4.2 s",
        "split 0",
        "ml-latest-small 2016",
        "research use",
        "0.7701 ± 0.0031 over 5 runs",
        "mean of split seeds 0 to 4",
        "0.7979, ✓ passed",
    ):
        assert part in text
    alone = "\n".join(provenance.sentences(bundle, None))
    assert "Lesson" not in alone and "0\\.7701" in alone


def test_a_bundle_is_loaded_once_and_again_when_it_changes(full_assets: Path) -> None:
    first = resources.bundle("movies-bias")
    assert resources.bundle("movies-bias") is first
    assert first.metrics["val_mse"]["value"] == 0.7701
    with pytest.raises(BundleNotFound, match="core train movies"):
        resources.bundle("movies-nothing")


def missing_page() -> None:
    from pathlib import Path

    import streamlit as st

    from core.errors import BundleError, BundleNotFound
    from dashboard.components import missing

    with missing.guard():
        if st.query_params["case"] == "none":
            raise BundleNotFound(Path("assets/movies_x"), "python -m core make")
        raise BundleError(Path("assets/movies_x"), ["a *b* is cut", "c"])
    st.title("never reached")


@pytest.mark.parametrize("case", ["none", "damaged"])
def test_a_page_without_its_bundle_says_so(case: str) -> None:
    page = AppTest.from_function(missing_page)
    page.query_params["case"] = case
    page.run()
    assert not page.exception and not page.title
    text = "\n".join(block.value for block in page.markdown)
    assert "movies\\_x" in text
    if case == "none":
        assert [block.value for block in page.code] == ["python -m core make"]
    else:
        assert "a \\*b\\* is cut" in text and "- c" in text


def test_conditions_that_all_rows_share_are_said_once() -> None:
    lines = [ledger.line(row("movies-bias"), manifest(value)) for value in (0.7, 0.8)]
    both, alone = (ledger.table("Movies", "MSE", some) for some in (lines, lines[:1]))
    assert both.count("seeds 0 to 4") == 1 and "Here: seeds 0 to 4" in both
    assert alone.count("seeds 0 to 4") == 1 and "Here: " not in alone


def test_a_number_of_ours_alone_is_only_measured() -> None:
    line = ledger.line(row("movies-dot-51") | {"value": None, "metric": "val_mse"}, manifest(0.8))
    assert (line.lesson, line.verdict) == ("–", ledger.MEASURED)
