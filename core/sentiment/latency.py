"""How long a model takes for one review, here and now."""

import time

import numpy as np

from core.sentiment.explorer import SentimentModel

N_TIMED = 30  # texts
_COMMON_WORDS = (
    "the a and of to is in it that this was as with for movie film but not on one they have by "
    "all who so like just or has about good some can when more very time even only story would "
    "what see there than other much well people great because really first acting too make plot "
    "any way bad"
).split()


def latency(model: SentimentModel) -> float:
    """Measures how long a model takes for one review, here and now.

    Args:
        model: scores the same 30 made-up texts of 50 to 400 words.

    Returns:
        The median time of a text, ms.
    """
    texts = sample_texts()
    model.score(texts[0])  # the first one may wait for memory
    took = []
    for text in texts:
        started = time.perf_counter()
        model.score(text)
        took.append(time.perf_counter() - started)
    return float(np.median(took) * 1000)


def sample_texts() -> list[str]:
    """Returns the texts that latency is measured on, always the same."""
    rng = np.random.default_rng(0)
    lengths = np.linspace(50, 400, N_TIMED).round().astype(int)
    return [" ".join(rng.choice(_COMMON_WORDS, size=length)) for length in lengths]
