"""Which sets of word vectors are here to be asked, and where each comes from."""

from collections.abc import Sequence

import streamlit as st

from core.datasets.registry import lookup
from core.errors import BundleError, DataError
from core.words.explore.ask import WordSet
from dashboard import resources, theme
from dashboard.components import missing, provenance
from dashboard.components.text import plain, sentence

_REVIEWS = "film reviews"
# name -> label, and the texts that the set has seen
_LABELS = {
    "glove": ("GloVe", "Wikipedia and news"),
    "sgns": ("Skip-gram", _REVIEWS),
    "glove-reviews": ("GloVe’s method", _REVIEWS),
    "window": ("Windows", _REVIEWS),
    resources.TUNED_VECTORS: ("GloVe, tuned", "film reviews and verdicts"),
}


def available() -> list[WordSet]:
    """Returns every set that is usable here, GloVe first; ends the page if there is none.

    A set that is damaged is named in a warning, and the others stay.
    """
    try:
        names = list(resources.vector_sets())
    except DataError as error:
        st.warning(plain(sentence(error)), icon=":material/broken_image:")
        names = list(resources.our_vector_sets())
    found = []
    if "glove" not in names and resources.manifest("words-maps-glove") is not None:
        names.insert(0, "glove-lists")
    for name in names:
        try:
            found.append(_open(name))
        except BundleError as error:
            st.warning(
                f"A set of vectors is left out. {plain(error)}", icon=":material/broken_image:"
            )
    if not found:
        with missing.guard():
            resources.word_vectors(resources.OUR_VECTORS[0])
        st.stop()
    return found


def _open(name: str) -> WordSet:
    if name == "glove-lists":
        maps = resources.word_maps("words-maps-glove")
        return WordSet("glove", None, maps, maps.bundle, *_LABELS["glove"])
    vectors = resources.word_vectors(name)
    bundle = None if name == "glove" else resources.bundle(resources.vectors_bundle(name))
    return WordSet(name, vectors, None, bundle, *_LABELS.get(name, (name, "")))


def footer(sets: Sequence[WordSet]) -> None:
    """Draws where the sets on screen come from."""
    lines = []
    for one in sets:
        if one.bundle is not None:
            lines += provenance.sentences(one.bundle, None)
            continue
        assert one.vectors is not None  # a set without a bundle is GloVe's own archive
        data = lookup("glove-6b")
        lines.append(
            f"**Model** {plain(one.vectors.title)}, {theme.count(len(one.vectors))} words, read "
            f"from its archive on this machine  \n**Data** {plain(data.version)} · **Licence** "
            f"{plain(data.licence)} · {plain(data.citation)}"
        )
    st.divider()
    st.caption("  \n".join(lines))
