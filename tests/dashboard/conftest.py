"""The app in one process, on full or empty assets."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import resources
from tests.dashboard.samples import fill
from tests.dashboard.word_samples import fill_words, sample_vectors
from tests.dashboard.writer_samples import fill_writers

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def empty_assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An assets folder without a bundle, which the app reads."""
    folder = tmp_path / "assets"
    folder.mkdir()
    monkeypatch.setenv("LATENT_LAB_ASSETS", str(folder))
    return folder


@pytest.fixture
def full_assets(empty_assets: Path) -> Path:
    """An assets folder with three small bundles, which the app reads."""
    return fill(empty_assets)


@pytest.fixture(scope="session")
def _words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_words(tmp_path_factory.mktemp("words"))


@pytest.fixture
def no_glove(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without GloVe's archive, whatever lies on this one."""
    monkeypatch.setattr(resources, "_glove", lambda: None)


@pytest.fixture
def word_assets(_words: Path, no_glove: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Assets with three sets of vectors and two bundles of maps, to be read only; no archive."""
    monkeypatch.setenv("LATENT_LAB_ASSETS", str(_words))
    return _words


@pytest.fixture
def glove_here(word_assets: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same assets on a machine that has GloVe, here a sample of 200 words."""
    vectors = sample_vectors("glove")
    monkeypatch.setattr(resources, "_glove", lambda: vectors)
    return word_assets


@pytest.fixture(scope="session")
def _writers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("writers")
    assets = folder / "assets"
    assets.mkdir()
    return fill_writers(assets, folder)


@pytest.fixture
def text_assets(_writers: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Assets with two nets that write, one of them with snapshots, to be read only."""
    monkeypatch.setenv("LATENT_LAB_ASSETS", str(_writers))
    return _writers


@pytest.fixture
def app() -> Callable[..., AppTest]:
    """Runs a page of the app: `app("movies_ranking", {"movies_ranking_top_n": "7"})`."""

    def run(page: str = "overview", query: Mapping[str, str | list[str]] | None = None) -> AppTest:
        tester = AppTest.from_file(ROOT / "dashboard" / "app.py", default_timeout=60)
        if page != "overview":
            tester.run()  # a page can be chosen once the menu is known
            tester.switch_page(f"app_pages/{page}/page.py")
        tester.query_params.update(query or {})
        return tester.run()

    return run


@pytest.fixture
def probe() -> Callable[..., AppTest]:
    """Runs the page with every kind of control: `probe({"probe_top_n": "7"})`."""

    def run(query: Mapping[str, str | list[str]] | None = None) -> AppTest:
        tester = AppTest.from_file(ROOT / "tests" / "dashboard" / "probe.py", default_timeout=60)
        tester.query_params.update(query or {})
        return tester.run()

    return run
