"""The arrows of the house: which room may import which. A wrong one fails here by file and line."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from core.contents import CONTENTS, TOPICS

ROOT = Path(__file__).resolve().parents[1]
TRAINING = ("jax", "jaxlib", "flax", "optax", "orbax")
SCREEN = ("streamlit", "plotly")
# Of a topic, and without a training library behind them: readers, and the one door of pages.
LIGHT_ROOMS = ("data", "explore")
LIGHT = ("errors.py", "bundle.py")
DOORS = ("__main__.py", "commands.py")  # of the command line, which knows every topic
# What every page goes through, however many do today.
FOR_ALL_PAGES = ("dashboard/components/switch.py", "dashboard/components/translation.py")
CACHES = ("cache_data", "cache_resource")


class Import(NamedTuple):
    """One imported name and where it stands."""

    name: str  # "core.bundle.load_bundle" as well as "core.bundle"
    line: int
    is_at_top: bool  # runs when the module is imported


@functools.cache  # the same module is asked for on every path that leads to it
def imports(source: str) -> tuple[Import, ...]:
    """Returns every import of a module, also those inside functions."""
    tree, found = ast.parse(source), []
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or _is_typing_only(function)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        for name in names:
            found.append(Import(name, node.lineno, id(node) not in inside))
    return tuple(found)


def _is_typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def starts(name: str, *prefixes: str) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def wrong_arrow(path: str, name: str) -> str | None:
    """Says why the module at `path` must not import `name`, or None if it may."""
    parts = path.split("/")
    if name.startswith("."):
        return "imports are absolute from the root"
    if starts(name, "figures", "components", "app_pages", "resources", "theme", "view_state"):
        return "dashboard modules are imported as dashboard.*, or a second copy is loaded"
    if parts[0] == "core":
        if starts(name, *SCREEN, "dashboard"):
            return "core knows nothing of the screen"
        if is_light(parts) and starts(name, *TRAINING):
            return "readers and explorers work without jax"
        others = [f"core.{topic}" for topic in TOPICS if topic != parts[1]]
        if parts[1] in TOPICS and starts(name, *others):
            return "topics do not import each other"
        if len(parts) == 2 and parts[1] not in DOORS and starts(name, *others):
            return "what topics share does not know them"
    if parts[0] == "dashboard":
        if starts(name, *TRAINING):
            return "the app never trains"
        if starts(name, "dashboard.app_pages"):
            if parts[1] != "app_pages":
                return "what pages share does not know them"
            if not starts(name, f"dashboard.app_pages.{parts[2]}"):
                return "pages do not import each other's parts"
        is_figure = parts[1] == "figures" or parts[-1].endswith("_figure.py")
        is_pure = is_figure or parts[1] in ("theme.py", "link_values.py", "navigation.py")
        if is_pure and starts(name, "streamlit", "dashboard.resources", "dashboard.components"):
            return "figures and their colours are pure functions"
        if is_figure and starts(name, "core"):
            return "figures get arrays and tables, no core objects"
        if parts[1] == "app_pages" and starts(name, "core") and name != "core":
            if starts(name, "core.bundle", "core.contents"):
                return "pages open bundles through resources"
        if starts(name, *(f"core.{topic}" for topic in TOPICS)) and not is_door(name):
            return "the app enters a topic by its explore"
    return None


def is_light(parts: list[str]) -> bool:
    """Says whether a module of core, its path in parts, works without a training library."""
    if parts[1] in TOPICS:
        return parts[2].removesuffix(".py") in LIGHT_ROOMS
    return parts[1] in LIGHT or parts[1] == "datasets"


def is_door(name: str) -> bool:
    """Says whether a name is a topic's own (its constants) or behind its explore."""
    parts = name.split(".")
    return len(parts) == 2 or parts[2] == "explore" or parts[2].isupper()


def cache_lines(source: str) -> Iterator[int]:
    """Yields the lines that use one of Streamlit's caches."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in CACHES:
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and any(a.name in CACHES for a in node.names):
            yield node.lineno


def modules(root: Path) -> dict[str, str]:
    """Returns path below the root -> source of every module of the house."""
    files = [path for room in ("core", "dashboard") for path in sorted((root / room).rglob("*.py"))]
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in files}


def violations(root: Path) -> list[str]:
    """Returns each wrong arrow of the tree as `path:line imports name: reason`."""
    found = []
    sources = modules(root)
    for path, source in sources.items():
        for name, line, _ in imports(source):
            reason = wrong_arrow(path, name)
            if reason:
                found.append(f"{path}:{line} imports {name}: {reason}")
        if path.startswith("dashboard/") and path != "dashboard/resources.py":
            found += [
                f"{path}:{line} uses a cache: only dashboard/resources.py does"
                for line in cache_lines(source)
            ]
    opened = {content.explorer.partition(":")[0].replace(".", "/") for content in CONTENTS}
    for path in sources:
        is_opened = path.removesuffix(".py").removesuffix("/__init__") in opened
        if path.startswith("dashboard/") or is_opened:  # by an import or by the table of contents
            for chain in _chains_to_training(path, sources, {path}, at_top=is_opened):
                found.append(f"{' -> '.join(chain)}: the app loads a training library")
    return found


def single_page_modules(sources: dict[str, str]) -> list[str]:
    """Returns the modules among components and figures that serve less than two pages."""
    importers: dict[str, set[str]] = {path: set() for path in sources}
    for path, source in sources.items():
        for name, _, _ in imports(source):
            target = name.replace(".", "/") + ".py"
            if target in importers:
                importers[target].add(path)

    def served(path: str, seen: set[str]) -> set[str]:
        if path.startswith("dashboard/app_pages/"):
            return {path.split("/")[2]}
        seen.add(path)
        return {page for one in importers[path] - seen for page in served(one, seen)}

    found = []
    for path in sorted(sources):
        if path.startswith(("dashboard/components/", "dashboard/figures/")):
            pages = served(path, set())
            if len(pages) < 2 and path not in FOR_ALL_PAGES:
                found.append(f"{path} serves {' '.join(pages) + ' alone' if pages else 'nothing'}")
    return found


def _chains_to_training(
    path: str,
    sources: dict[str, str],
    seen: set[str],
    chain: tuple[str, ...] = (),
    *,
    at_top: bool = False,
) -> Iterator[tuple[str, ...]]:
    here = (*chain, path)
    for name, _, is_at_top in imports(sources[path]):
        if (chain or at_top) and not is_at_top:
            continue  # a page may call what trains only behind a function that it never calls
        if starts(name, *TRAINING) and chain:
            yield (*here, name)
        base = name.replace(".", "/")
        for target in (f"{base}.py", f"{base}/__init__.py"):
            if target in sources and target not in seen:
                seen.add(target)
                yield from _chains_to_training(target, sources, seen, here, at_top=at_top)


def test_no_arrow_is_wrong() -> None:
    found = violations(ROOT)
    assert not found, "\n".join(found)


def test_what_pages_share_serves_two_pages_at_least() -> None:
    """Anything else lives beside its page, where a reader looks for it."""
    found = single_page_modules(modules(ROOT))
    assert not found, "\n".join(found)


def test_a_shared_module_of_one_page_is_found() -> None:
    sources = {
        "dashboard/components/one.py": "",
        "dashboard/components/two.py": "from dashboard.components import three",
        "dashboard/components/three.py": "",
        "dashboard/figures/none.py": "",
        "dashboard/app_pages/a/page.py": "from dashboard.components import one, two",
        "dashboard/app_pages/b/part.py": "from dashboard.components.two import x",
    }
    assert single_page_modules(sources) == [
        "dashboard/components/one.py serves a alone",
        "dashboard/figures/none.py serves nothing",
    ]


def test_the_walk_sees_the_house() -> None:
    paths = modules(ROOT)
    for path in ("core/bundle.py", "dashboard/app.py", "dashboard/app_pages/overview/page.py"):
        assert path in paths


@pytest.mark.parametrize(
    ("path", "source", "reason"),
    [
        ("core/bundle.py", "import streamlit as st", "core knows nothing of the screen"),
        ("core/movies/model.py", "from plotly import graph_objects", "core knows nothing"),
        ("core/movies/train.py", "from dashboard import theme", "core knows nothing"),
        ("core/movies/data.py", "import jax.numpy as jnp", "without jax"),
        ("core/movies/explore.py", "def f():\n    from flax import nnx", "without jax"),
        ("core/movies/explore/card.py", "import jax", "without jax"),
        ("core/datasets/registry.py", "import jax", "without jax"),
        ("core/words/train.py", "from core.movies.data import Ratings", "each other"),
        ("core/words/train.py", "from core import movies", "each other"),
        ("core/loop.py", "from core.movies.model import DotProduct", "share does not know"),
        ("core/movies/train.py", "from .data import Ratings", "absolute"),
        ("dashboard/app.py", "import jax", "never trains"),
        ("dashboard/components/chart.py", "from optax import adam", "never trains"),
        ("dashboard/figures/movies.py", "import streamlit as st", "pure"),
        ("dashboard/figures/movies.py", "from dashboard.resources import bundle", "pure"),
        ("dashboard/figures/movies.py", "from core.bundle import Bundle", "arrays and tables"),
        ("dashboard/theme.py", "import streamlit", "pure"),
        ("dashboard/app_pages/words/map_figure.py", "import streamlit", "pure"),
        ("dashboard/app_pages/words/map_figure.py", "from core.bundle import Bundle", "arrays"),
        (
            "dashboard/app_pages/words/page.py",
            "from dashboard.app_pages import words_tsne",
            "each other",
        ),
        (
            "dashboard/components/films.py",
            "import dashboard.app_pages.words",
            "not know",
        ),
        (
            "dashboard/app_pages/words/page.py",
            "from core.bundle import load_bundle",
            "resources",
        ),
        (
            "dashboard/app_pages/words/page.py",
            "from core.words.train import train",
            "by its explore",
        ),
        ("dashboard/app_pages/words/page.py", "import figures", "second copy"),
        ("dashboard/components/ledger.py", "import core.movies.train", "by its explore"),
        ("dashboard/resources.py", "from core.movies.model import DotProduct", "by its explore"),
        (
            "dashboard/app_pages/words/page.py",
            "import streamlit as st\n@st.cache_data\ndef f(): ...",
            "cache",
        ),
        ("dashboard/figures/words.py", "from streamlit import cache_resource", "cache"),
    ],
)
def test_a_planted_wrong_arrow_is_found(
    tmp_path: Path, path: str, source: str, reason: str
) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(source, encoding="utf-8")
    found = violations(tmp_path)
    assert any(line.startswith(f"{path}:") and reason in line for line in found), found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (
            "core/movies/train.py",
            "import jax\nfrom core.loop import fit\nfrom core.movies import data",
        ),
        ("core/__main__.py", "from core.movies import command"),
        ("dashboard/resources.py", "import streamlit as st\n@st.cache_resource\ndef f(): ..."),
        (
            "dashboard/app_pages/movies/page.py",
            "from core.movies.explore import MovieExplorer",
        ),
        ("dashboard/app_pages/movies/page.py", "from core.errors import InputError"),
        ("dashboard/figures/movies.py", "from dashboard import theme\nimport plotly.graph_objects"),
    ],
)
def test_a_right_arrow_is_left_alone(tmp_path: Path, path: str, source: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(source, encoding="utf-8")
    assert violations(tmp_path) == []


def test_a_training_library_behind_a_module_is_found(tmp_path: Path) -> None:
    for path, source in {
        "dashboard/resources.py": "from core.movies.explore.taste import Taste",
        "core/movies/explore/taste.py": "from core.devices import device",
        "core/devices.py": "import jax",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(source, encoding="utf-8")
    (found,) = violations(tmp_path)
    assert found.startswith(
        "dashboard/resources.py -> core/movies/explore/taste.py -> core/devices.py -> jax"
    )
    lazy = "def device():\n    import jax"
    (tmp_path / "core/devices.py").write_text(lazy, encoding="utf-8")
    assert violations(tmp_path) == []
