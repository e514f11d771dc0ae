"""The bounds of a map, checked alike by the command line, the pages and t-SNE itself."""

import math

from core.errors import InputError

NEIGHBOURS_PER_PERPLEXITY = 3  # that carry weight, as in the tree-based t-SNE
FEWEST_POINTS = 4


def highest_perplexity(n_points: int) -> float:
    """Returns the largest perplexity for which 3 x perplexity neighbours exist."""
    return (n_points - 1) / NEIGHBOURS_PER_PERPLEXITY


def check_perplexity(perplexity: float, n_points: int) -> None:
    """Checks that a neighbourhood of that size exists.

    Raises:
        InputError: the perplexity is below 1, or above a third of the other points.
    """
    if n_points < FEWEST_POINTS:
        raise InputError(
            f"points ({n_points}) should be at least {FEWEST_POINTS}: t-SNE compares neighbours; "
            "add some"
        )
    bound = highest_perplexity(n_points)
    if not 1 <= perplexity <= bound:
        remedy = ""
        if perplexity > bound and math.isfinite(perplexity):
            needed = math.ceil(NEIGHBOURS_PER_PERPLEXITY * perplexity) + 1
            remedy = f"; lower it, or take at least {needed:,} words"
        raise InputError(
            f"perplexity ({perplexity:g}) should be from 1 to {math.floor(10 * bound) / 10:g} for "
            f"{n_points:,} words, a third of the others{remedy}"
        )


def check_size(n_words: int, fewest: int, most: int) -> None:
    """Checks the number of words of a map.

    Raises:
        InputError: it is out of bounds.
    """
    if not fewest <= n_words <= most:
        remedy = "add some" if n_words < fewest else "leave some out"
        raise InputError(
            f"words ({n_words:,}) should be from {fewest:,} to {most:,} different ones; {remedy}"
        )
