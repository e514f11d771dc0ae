"""What the pages read, loaded once: the only place with Streamlit's caches.

A bundle is named by its folder in the assets, and its name begins with its topic;
`LATENT_LAB_ASSETS` points to another assets folder. Cached objects are shared by all visitors and
never changed after they are made.
"""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from core.batchnorm import BEST, KIND, SURGERIES, SURGERY, SWEEP
from core.bundle import MANIFEST, Bundle, load_bundle, read_manifest
from core.contents import content_of, named
from core.errors import BundleError
from core.sentiment import MODELS
from core.textgen import MEMORY, UNFOLDED
from core.textgen import MODELS as TEXT_MODELS
from core.words import MAPS, OUR_VECTORS, VECTORS

if TYPE_CHECKING:
    from core.batchnorm.explore.nets import BestNets
    from core.batchnorm.explore.surgery import Surgery, SurgeryModel
    from core.batchnorm.explore.sweep import SweepResults
    from core.movies.explore import MovieExplorer
    from core.sentiment.explore import SentimentModel
    from core.sentiment.explore.comparison import Comparison
    from core.sentiment.explore.local_reviews import Texts
    from core.textgen.explore import TextModel
    from core.textgen.explore.memory import MemoryModel
    from core.textgen.explore.unfolded import UnfoldedModel
    from core.words.explore import MapExplorer
    from core.words.explore.live import TsneRunner
    from core.words.explore.vectors import WordVectors

T = TypeVar("T")
TUNED_VECTORS = "cnn-glove-tuned"  # of the models of reviews: its embedding began as GloVe
LESSON = Path(__file__).resolve().parents[1] / "assets" / "lesson.json"


def assets() -> Path:
    """Returns the folder with the trained bundles."""
    return Path(os.environ.get("LATENT_LAB_ASSETS") or LESSON.parent)


def command_for(name: str) -> str:
    """Returns the command that makes the bundle of that name."""
    return lesson()["commands"].get(name, f"python -m core train {_topic(name)}")


def lesson() -> dict[str, Any]:
    """Returns the figures of the lesson, as `assets/lesson.json` has them."""
    return _lesson()


def bundle(name: str) -> Bundle:
    """Returns a bundle by name.

    Raises:
        BundleNotFound: there is none; names the command that makes it.
        BundleError: it is damaged, foreign or newer than this code.
    """
    return _opened(_bundle, name)


def manifest(name: str) -> dict[str, Any] | None:
    """Returns what `bundle.json` says about a bundle, or None if there is no usable one."""
    folder = assets() / name
    try:
        return _manifest(str(folder), _age(folder))
    except BundleError:
        return None


def explorer(name: str, content: str = "") -> Any:
    """Returns the explorer of a bundle, of the class that `core.contents` names for what it holds.

    Args:
        name: of the bundle's folder.
        content: what it should hold.

    Raises:
        BundleNotFound: there is no such bundle; names the command that makes it.
        BundleError: it is damaged, foreign or newer than this code, or holds something else.
    """
    return _opened(_explorer, name, content)


def movie_explorer(name: str) -> "MovieExplorer":
    """Returns the explorer of a movies bundle; raises as `bundle` does."""
    films: MovieExplorer = explorer(name)
    films.components(n_components=None)  # once, here: not in somebody's first view of the map
    return films


def word_maps(name: str) -> "MapExplorer":
    """Returns the explorer of a bundle of word maps; raises as `bundle` does."""
    return explorer(name, MAPS)


def word_vectors(name: str) -> "WordVectors | None":
    """Returns a set of vectors; None for "glove" where its archive is not on this machine.

    Args:
        name: "glove", or one of `our_vector_sets`, which raises as `bundle` does.

    Raises:
        DataError: GloVe's archive is damaged.
    """
    if name == "glove":
        return _glove()
    whole = vectors_bundle(name)
    if _topic(whole) == "sentiment":
        return _opened(_embedding, whole)
    return explorer(whole, VECTORS)


def vectors_bundle(name: str) -> str:
    """Returns the name of the bundle that holds a set of vectors."""
    return f"sentiment-{name}" if name == TUNED_VECTORS else f"words-{name}"


def vector_sets() -> dict[str, str]:
    """Returns name and title of every usable set of vectors, the richest first.

    Raises:
        DataError: GloVe's archive is damaged.
    """
    glove = word_vectors("glove")
    return ({"glove": glove.title} if glove is not None else {}) | our_vector_sets()


def our_vector_sets() -> dict[str, str]:
    """Returns the same of the sets that are bundles."""
    described = {name: manifest(vectors_bundle(name)) for name in (*OUR_VECTORS, TUNED_VECTORS)}
    return {
        name: str(found["config"].get("title", name))
        for name, found in described.items()
        if found is not None
    }


def sentiment_model(name: str) -> "SentimentModel":
    """Returns one of the models of reviews; raises as `bundle` does."""
    return explorer(f"sentiment-{name}")


def sentiment_models() -> dict[str, "SentimentModel"]:
    """Returns every usable one by name, in the order of the lesson; raises if there is none."""
    return {name: sentiment_model(name) for name in _usable("sentiment", MODELS)}


def sentiment_board() -> "Comparison":
    """Returns every usable one beside the others; raises as `bundle` does if there is none."""
    folders = [assets() / f"sentiment-{name}" for name in _usable("sentiment", MODELS)]
    return _sentiment_board(tuple((str(folder), _age(folder)) for folder in folders))


def text_models() -> list[str]:
    """Returns the names of the usable nets that write; the first of all where none is usable."""
    return _usable("textgen", TEXT_MODELS)


def text_model(name: str) -> "TextModel":
    """Returns one of the nets that write; raises as `bundle` does."""
    return explorer(f"textgen-{name}")


def text_title(name: str) -> str:
    """Returns what a net that writes is called; its name where it is not here."""
    described = manifest(f"textgen-{name}")
    return str(described["config"].get("title", name)) if described else name


def memory_model() -> "MemoryModel":
    """Returns the experiments on who remembers what; raises as `bundle` does."""
    return explorer(f"textgen-{MEMORY}", MEMORY)


def unfolded_model() -> "UnfoldedModel":
    """Returns the net of three steps; raises as `bundle` does."""
    return explorer(f"textgen-{UNFOLDED}", UNFOLDED)


def surgery_models() -> dict[str, "SurgeryModel"]:
    """Returns every usable net on the operating table by name; raises if there is none."""
    return {name: surgery_model(name) for name in _usable(KIND, SURGERIES)}


def surgery_model(name: str) -> "SurgeryModel":
    """Returns one of the nets on the operating table; raises as `bundle` does."""
    return explorer(f"{KIND}-{name}", SURGERY)


def surgery(
    name: str,
    recipe: str,
    layers: tuple[str, ...],
    epsilon: float,
    n_samples: int,
    training: bool,
    seed: int,
) -> "Surgery":
    """Returns what `SurgeryModel.operate` gives, once for each way to operate."""
    how = (layers, recipe, epsilon, n_samples, training, seed)
    return _opened(_surgery, f"{KIND}-{name}", how)


def best_nets() -> "BestNets":
    """Returns the fine-tuned nets that classify cats and dogs; raises as `bundle` does."""
    return explorer(f"{KIND}-{BEST}", BEST)


def sweep_results() -> "SweepResults":
    """Returns the trainings with and without batch norm; raises as `bundle` does."""
    return explorer(f"{KIND}-{SWEEP}", SWEEP)


def reviews_are_here() -> bool:
    """Says whether the data set of reviews lies on this machine; InputError for a wrong setting."""
    from core.sentiment.explore import local_reviews

    return local_reviews.is_here()


def reviews_command() -> str:
    """Returns the command that brings the data set of reviews here."""
    from core.sentiment.explore import local_reviews

    return local_reviews.command()


@st.cache_resource(show_spinner="Opening the test reviews: half a minute the first time")
def test_reviews() -> "Texts":
    """Returns the data set's test reviews, in the order of the bundles' tables.

    Raises:
        DataError: the archive is not here, or damaged.
    """
    from core.sentiment.explore.local_reviews import open_test_texts

    return open_test_texts()


@st.cache_resource(show_spinner=False)
def tsne_runner() -> "TsneRunner":
    """Returns what draws visitors' maps, one at a time for the whole server."""
    from core.words.explore.live import TsneRunner

    return TsneRunner()


def _usable(topic: str, names: Sequence[str]) -> list[str]:
    """Returns which models' bundles can be used; the first of all where none can."""
    here = [name for name in names if manifest(f"{topic}-{name}") is not None]
    return here or [names[0]]


def _opened(load: Callable[..., T], name: str, *how: Any) -> T:
    """Returns what a cached loader makes of a bundle: anew where that was trained anew."""
    folder = assets() / name
    return load(str(folder), _age(folder), name, *how)


def _age(folder: Path) -> int:
    """Returns a stamp of the bundle, so that one trained anew is loaded anew."""
    path = folder / MANIFEST
    return path.stat().st_mtime_ns if path.is_file() else 0


@st.cache_resource(show_spinner=False)
def _lesson() -> dict[str, Any]:
    return json.loads(LESSON.read_text(encoding="utf-8"))


@st.cache_resource(show_spinner=False, max_entries=64)
def _manifest(folder: str, age: int) -> dict[str, Any] | None:
    return read_manifest(folder) if age else None


@st.cache_resource(show_spinner="Loading the model", max_entries=8)
def _bundle(folder: str, age: int, name: str) -> Bundle:
    return load_bundle(folder, kind=_topic(name), command=command_for(name))


@st.cache_resource(show_spinner="Loading the model", max_entries=32)
def _explorer(folder: str, age: int, name: str, content: str) -> Any:
    bundle = _bundle(folder, age, name)
    row = content_of(bundle, folder)
    if row.name != content:
        raise BundleError(Path(folder), [f"its content is {row.name!r}, expected {content!r}"])
    return named(row.explorer)(bundle, Path(folder))


@st.cache_resource(show_spinner="Loading the vectors", max_entries=4)
def _embedding(folder: str, age: int, name: str) -> "WordVectors":
    from core.words.explore.vectors import WordVectors  # other topics' pages need not load it

    model: SentimentModel = _explorer(folder, age, name, "")
    if model.net is None:
        raise BundleError(Path(folder), ["it holds no net, so no vectors of words"])
    words = model.vocabulary.words
    matrix = model.net.table[1 : len(words) + 1]  # without padding and rare words
    return WordVectors(model.name, f"Embedding of: {model.title}", words, matrix)


@st.cache_resource(show_spinner="Comparing the models", max_entries=4)
def _sentiment_board(folders: tuple[tuple[str, int], ...]) -> "Comparison":
    from core.sentiment.explore.comparison import Comparison

    return Comparison([_bundle(folder, age, Path(folder).name) for folder, age in folders])


@st.cache_resource(show_spinner="Operating: some seconds the first time", max_entries=256)
def _surgery(folder: str, age: int, name: str, how: tuple) -> "Surgery":
    return _explorer(folder, age, name, SURGERY).operate(*how)


@st.cache_resource(show_spinner="Opening GloVe: some seconds the first time")
def _glove() -> "WordVectors | None":
    from core.words.explore.glove import glove_if_here

    return glove_if_here()


def _topic(name: str) -> str:
    """Returns the topic of a bundle, with which its name begins: movies of movies-bias."""
    return name.partition("-")[0]
