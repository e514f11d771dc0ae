"""What is measured of a trained net: surprise at unseen text, beside counting; samples; cells."""

import re
from collections.abc import Set

import numpy as np
import pandas as pd

from core.textgen.data import Corpus
from core.textgen.explore import TextModel
from core.textgen.explore.inside import followers
from core.textgen.ngram import fit_ngrams
from core.textgen.sampling import Settings

SAMPLE = Settings(temperature=0.8)
_SAMPLE_CHARS = 1_000
_NGRAM_CONTEXTS = range(3, 8)
_N_CELLS = 5  # of each feature
_LOOKED_AT = 20_000  # characters that cells are compared on
_PRECEDING = 2_000  # characters that are read before measuring begins
_WORD = re.compile(r"[^\W\d_]+")


def held_out_bits(model: TextModel, corpus: Corpus) -> float:
    """Reads the end of a text in one pass and returns the mean surprise, bits a character."""
    begin = max(corpus.n_known - _PRECEDING, 0)
    bits = model.score(corpus.text[begin:])
    return float(bits[corpus.n_known - begin :].mean())


def best_ngrams(corpus: Corpus) -> tuple[int, float]:
    """Returns the context that is best on the validation part, and its bits on the held-out one."""
    found = []
    for n_context in _NGRAM_CONTEXTS:
        model = fit_ngrams(corpus.train, n_context=n_context, n_chars=len(corpus.alphabet))
        bits = -np.log2(model.probabilities(corpus.ids))
        val = bits[corpus.n_train : corpus.n_known].mean()
        found.append((val, n_context, float(bits[corpus.n_known :].mean())))
    return min(found)[1:]


def samples_of(model: TextModel, corpus: Corpus) -> pd.DataFrame:
    """What the net of each kept epoch writes behind one prime with one seed, and how good it is."""
    known = set(words_of(corpus.text[: corpus.n_known]))
    source = corpus.text[: corpus.n_known]
    rows = []
    for epoch in model.epochs:
        prime = model.bundle.config["prime"]
        pieces = model.write(prime, _SAMPLE_CHARS, SAMPLE, epoch=epoch)
        text = "".join(piece.text for piece in pieces)
        rows.append(
            {
                "epoch": epoch,
                "text": text,
                "share_of_words": share_of_words(text, known),
                "longest_copy": len(longest_copy(text, source)),
            }
        )
    return pd.DataFrame(rows)


def cells_of(model: TextModel, corpus: Corpus) -> pd.DataFrame:
    """Cells that follow a feature of the validation part."""
    text = corpus.text[corpus.n_train : corpus.n_known][:_LOOKED_AT]
    remembered = [
        model.read(text[at : at + 5_000]).states[:, :, -1] for at in range(0, len(text), 5_000)
    ]
    found = followers(np.concatenate(remembered), text, n_best=_N_CELLS)
    return pd.DataFrame(
        [
            {"feature": feature, **cell._asdict()}
            for feature, cells in found.items()
            for cell in cells
        ]
    )


def words_of(text: str) -> list[str]:
    """Returns the words of a text, runs of letters."""
    return _WORD.findall(text)


def share_of_words(text: str, known: Set[str]) -> float:
    """Returns the share of a text's words that are known; nan for a text without words.

    The last word counts only if something stands behind it: it may have been cut.
    """
    whole = text[: text.rindex(last.group())] if (last := _cut_word(text)) else text
    words = words_of(whole)
    return sum(word in known for word in words) / len(words) if words else float("nan")


def longest_copy(text: str, source: str) -> str:
    """Returns the longest part of a text that stands in another word for word, the first of them.

    Args:
        text: of n characters; about 2 n searches are made.
        source: where to search.
    """
    longest = ""
    for at in range(len(text)):
        while at + len(longest) < len(text):
            more = text[at : at + len(longest) + 1]
            if more not in source:
                break
            longest = more
    return longest


def _cut_word(text: str) -> re.Match[str] | None:
    return re.search(r"[^\W\d_]+$", text)
