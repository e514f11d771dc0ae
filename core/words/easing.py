"""How the exaggeration of t-SNE's attraction is eased away; told alike to the descent and to pages.

It stays whole at first and then falls to 1, evenly in its logarithm. `core.words.tsne` says why.
"""

from typing import Any


def phases(
    n_iterations: int, whole: int | None = None, eased: int | None = None
) -> tuple[int, int]:
    """Returns when the exaggeration begins to fall, and when it has fallen to 1.

    Args:
        n_iterations: of the whole descent.
        whole: iterations for which it stays whole; None for a twentieth of all.
        eased: iterations that it takes to fall, 0 to drop at once; None for eleven twentieths.
    """
    whole = n_iterations // 20 if whole is None else whole
    return whole, whole + (11 * n_iterations // 20 if eased is None else eased)


def factors(iterations: Any, exaggeration: Any, whole_until: Any, eased_until: Any) -> Any:
    """Returns the factor on the attraction in given iterations, counted from 0.

    Args:
        iterations: an array of NumPy or of JAX, of any shape; the factors are of its kind.
        exaggeration: at first.
        whole_until: the first of `phases`.
        eased_until: the second one.
    """
    library = iterations.__array_namespace__()
    span = library.maximum(eased_until - whole_until, 1)
    fallen = library.clip((iterations - whole_until) / span, 0, 1)
    return exaggeration ** (1 - library.where(iterations >= eased_until, 1.0, fallen))
