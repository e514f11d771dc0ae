"""A corpus of given words."""

from core.reviews import collect
from core.words.data import PARTS, Corpus, corpus_of


def count_corpus(reviews: list[list[str]]) -> Corpus:
    """Makes a corpus of tokenised reviews."""
    return corpus_of(collect((tokens, PARTS[0], 0, 0) for tokens in reviews))
