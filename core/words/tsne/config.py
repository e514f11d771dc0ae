"""How a map is drawn: its settings, their bounds, and the exaggeration schedule.

The same for the command line, the pages and the descent itself; loads no training library. The
exaggeration of the attraction stays whole at first and then falls to 1, evenly in its logarithm;
`core.words.tsne.descent` says why.
"""

import dataclasses
import math
from typing import Any

from core.errors import InputError

NEIGHBOURS_PER_PERPLEXITY = 3  # that carry weight, as in the tree-based t-SNE
FEWEST_POINTS = 4
STARTS = ("pca", "random")


@dataclasses.dataclass(frozen=True, slots=True)
class TsneConfig:
    """How a map is drawn.

    Attributes:
        perplexity: effective number of neighbours, from 1 to (N - 1) / 3.
        n_iterations: all of them, the exaggerated ones included.
        exaggeration: factor on the attraction at first; 1 for none.
        exaggerated_iterations: how long it stays whole; None for a twentieth of all iterations.
        decay_iterations: how long it then takes to fall to 1, evenly in its logarithm; 0 drops it
            at once, None takes eleven twentieths of all iterations.
        learning_rate: None for N / exaggeration, at most N / 4.
        start: "pca" or "random" (normal, scaled alike).
        seed: of a random start; a PCA start has nothing random.
        frame_every: iterations from one kept frame to the next.
    """

    perplexity: float = 30.0
    n_iterations: int = 1000
    exaggeration: float = 12.0
    exaggerated_iterations: int | None = None
    decay_iterations: int | None = None
    learning_rate: float | None = None
    start: str = "pca"
    seed: int = 0
    frame_every: int = 10

    def __post_init__(self) -> None:
        """Checks the bounds that do not depend on N."""
        for name, low in (
            ("n_iterations", 1),
            ("exaggeration", 1),
            ("exaggerated_iterations", 0),
            ("decay_iterations", 0),
            ("frame_every", 1),
            ("seed", 0),
        ):
            value = getattr(self, name)
            if value is not None and not value >= low:
                raise InputError(f"{name} ({value}) should be at least {low}")
        if self.learning_rate is not None and not 0 < self.learning_rate < 1e6:
            raise InputError(
                f"learning_rate ({self.learning_rate:g}) should be above 0 and below 1e6; leave "
                "it out for N / exaggeration"
            )
        if self.start not in STARTS:
            raise InputError(f"start ({self.start}) should be one of {', '.join(STARTS)}")

    @property
    def exaggeration_phases(self) -> tuple[int, int]:
        """Returns when the exaggeration begins to fall, and when it has fallen to 1."""
        return exaggeration_phases(
            self.n_iterations, self.exaggerated_iterations, self.decay_iterations
        )


def exaggeration_phases(
    n_iterations: int, whole: int | None = None, decay: int | None = None
) -> tuple[int, int]:
    """Returns when the exaggeration begins to fall, and when it has fallen to 1.

    Args:
        n_iterations: of the whole descent.
        whole: iterations for which it stays whole; None for a twentieth of all.
        decay: iterations that it takes to fall, 0 to drop at once; None for eleven twentieths.
    """
    whole = n_iterations // 20 if whole is None else whole
    return whole, whole + (11 * n_iterations // 20 if decay is None else decay)


def exaggeration_factors(
    iterations: Any, exaggeration: Any, whole_until: Any, decayed_until: Any
) -> Any:
    """Returns the factor on the attraction in given iterations, counted from 0.

    Args:
        iterations: an array of NumPy or of JAX, of any shape; the factors are of its kind.
        exaggeration: at first.
        whole_until: the first of `exaggeration_phases`.
        decayed_until: the second one.
    """
    library = iterations.__array_namespace__()
    span = library.maximum(decayed_until - whole_until, 1)
    fallen = library.clip((iterations - whole_until) / span, 0, 1)
    return exaggeration ** (1 - library.where(iterations >= decayed_until, 1.0, fallen))


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
