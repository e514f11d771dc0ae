"""What ships: every bundle is whole and within bounds, and every page can show it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.bundle import ASSETS, MANIFEST, load_bundle
from dashboard.navigation import PAGES

App = Callable[..., AppTest]
BUNDLES = sorted(path.parent.name for path in ASSETS.glob(f"*/{MANIFEST}"))
SCRIPTS = [Path(entry.script).parent.name for entries in PAGES.values() for entry in entries]
MOST_BYTES, MOST_BYTES_OF_A_FILE = 120_000_000, 40_000_000


def test_all_folders_are_bundles() -> None:
    assert BUNDLES == sorted(path.name for path in ASSETS.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_is_whole(name: str) -> None:
    bundle = load_bundle(ASSETS / name)  # checks every file's SHA-256
    assert name.split("-")[0] == bundle.kind
    assert bundle.command in bundle.card
    assert all(metric["protocol"] for metric in bundle.metrics.values())


def test_the_files_are_within_their_bounds() -> None:
    sizes = [path.stat().st_size for path in ASSETS.rglob("*") if path.is_file()]
    assert sum(sizes) <= MOST_BYTES and max(sizes) <= MOST_BYTES_OF_A_FILE


def test_the_lessons_figures_have_their_counterparts() -> None:
    lesson = json.loads((ASSETS / "lesson.json").read_text(encoding="utf-8"))
    for topic in lesson["topics"]:
        for row in topic["rows"]:
            manifest = json.loads((ASSETS / row["bundle"] / MANIFEST).read_text(encoding="utf-8"))
            assert row["metric"] in manifest["metrics"], row["id"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_page_shows_what_ships(
    app: App, no_glove: None, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.delenv("LATENT_LAB_ASSETS", raising=False)
    page = app(script)
    assert not page.exception and not page.warning and not page.error
