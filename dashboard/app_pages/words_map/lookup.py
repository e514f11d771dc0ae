"""Looking words up on a map: those that were fitted, and others that are put onto it."""

import dataclasses

import pandas as pd
import streamlit as st

from core.errors import BundleNotFound, InputError, LatentLabError
from core.words.explore import N_NEIGHBOURS, MapExplorer, MapRecord
from core.words.explore.ask import GET_GLOVE
from core.words.explore.live import split_words
from core.words.explore.out_of_sample import OutOfSampleWords, transform_words
from core.words.explore.vectors import WordVectors
from dashboard import resources, theme
from dashboard.components.text import listed, plain, sentence

MOST_SEARCHED = 12  # words that one search may name

_MOST_EXPLAINED = 3  # sentences about one search


@dataclasses.dataclass(frozen=True)
class Search:
    """Words that were looked for.

    Attributes:
        rows: those on the map, each once, in the order of the search.
        problems: a sentence for each one that is not.
        beyond: of words too rare for this map, the lowest rank that would do; 0 if there are none.
        out_of_sample: words that were not fitted and are put onto the map; None if there are none.
    """

    rows: tuple[int, ...] = ()
    problems: tuple[str, ...] = ()
    beyond: int = 0
    out_of_sample: OutOfSampleWords | None = None


def vectors_of(maps: MapExplorer) -> WordVectors | None:
    """Opens the vectors that maps were drawn from; None, maybe with a notice, if it cannot."""
    try:
        return resources.word_vectors(maps.vectors_name)
    except BundleNotFound:
        return None  # the maps do without; only words and axes beyond them need the vectors
    except LatentLabError as error:
        st.info(plain(sentence(error)), icon=":material/broken_image:")
        return None


def search(maps: MapExplorer, record: MapRecord, text: str) -> Search:
    """Finds the words of a search, which stand apart by blanks or commas.

    Words that this map was not fitted to are put onto it, where the vectors are at hand.
    """
    asked = list(dict.fromkeys(split_words(text)))
    problems, beyond = [], 0
    if len(asked) > MOST_SEARCHED:
        problems.append(
            f"The search names {len(asked)} words; the first {MOST_SEARCHED} are shown."
        )
        asked = asked[:MOST_SEARCHED]
    fitted, unknown = {}, {}
    for word in asked:
        try:
            row = maps.find(word)
        except InputError as error:
            unknown[word] = sentence(error)
            continue
        if row < record.n_words:
            fitted[word] = row
            continue
        beyond = max(beyond, row + 1)
        unknown[word] = (
            f"“{word}” is number {theme.count(row + 1)} by frequency, and this map has the first "
            f"{theme.count(record.n_words)} words."
        )
    vectors = vectors_of(maps) if unknown else None
    found: dict[str, int] = {}
    for word in unknown:
        if vectors is None:
            problems.append(unknown[word])
            continue
        try:
            found[word] = vectors.find(word)
        except InputError as error:
            problems.append(sentence(error))
    out_of_sample = None
    if vectors is not None and found:
        distinct = list(dict.fromkeys(found.values()))
        try:
            out_of_sample = transform_words(maps, record, vectors, distinct)
            fitted |= {word: record.n_words + distinct.index(row) for word, row in found.items()}
        except InputError as error:
            problems.append(sentence(error))
    if len(problems) > _MOST_EXPLAINED:
        n_more = len(problems) - _MOST_EXPLAINED
        problems = [*problems[:_MOST_EXPLAINED], f"{n_more} more of these words are not here."]
    if unknown and vectors is None and maps.vectors_name == "glove":
        problems.append(f"With all of GloVe here, any word finds its place on it: {GET_GLOVE}")
    rows = tuple(dict.fromkeys(fitted[word] for word in asked if word in fitted))
    return Search(rows, tuple(problems), beyond, out_of_sample)


def true_neighbours(maps: MapExplorer, record: MapRecord, found: Search) -> pd.DataFrame | None:
    """Returns the nearest words of the one word that a search found; None if it found others."""
    if len(found.rows) != 1:
        return None
    row = found.rows[0]
    if found.out_of_sample is not None and row in found.out_of_sample.neighbours:
        return found.out_of_sample.neighbours[row]
    return maps.true_neighbours(record, row, min(N_NEIGHBOURS, record.n_words - 1))


def out_of_sample_sentence(found: Search) -> str:
    """Returns what is said of words that were put onto the map, in Markdown; empty if none was."""
    if found.out_of_sample is None:
        return ""
    names = [f"**{plain(word)}**" for word in found.out_of_sample.table["word"]]
    was, it = ("was", "it is") if len(names) == 1 else ("were", "they are")
    return (
        f"{listed(names)} {was} not fitted: {it} put where the nearest words lie (square), and "
        "no word moved for that."
    )
