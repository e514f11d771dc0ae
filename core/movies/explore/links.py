"""A visitor's ratings as a few characters of a link, where they live and nowhere else.

`318-9.858-8` is four and a half stars for movie 318 and four for movie 858: the data set's own ids,
which outlive a model trained anew, and half stars, joined by marks that no browser escapes.
"""

import dataclasses
import re
from collections.abc import Collection, Mapping

from core.errors import InputError

MOST_RATINGS = 50
MOST_CHARACTERS = 4000  # several times what the longest list of ratings needs
_SHOWN = 3  # pieces that a sentence quotes before it only counts them
_PIECE = re.compile(r"([0-9]{1,9})-(10|[1-9])")


@dataclasses.dataclass(frozen=True, slots=True)
class LinkRatings:
    """What a link's text says.

    Attributes:
        ratings: movie id -> stars from 0.5 to 5, in the order of the link; a movie named twice
            counts once, with its last stars.
        nonsense: pieces that are no rating.
        unknown: ids of movies that the data set does not have.
        n_left_out: ratings beyond the first `MOST_RATINGS`.
    """

    ratings: dict[int, float]
    nonsense: tuple[str, ...] = ()
    unknown: tuple[int, ...] = ()
    n_left_out: int = 0

    @property
    def problem(self) -> str:
        """One plain sentence about all that was ignored, or nothing."""
        reasons = []
        if self.nonsense:
            reasons.append(f"{_quoted(self.nonsense)} cannot be read (a rating looks like 318-9)")
        if self.unknown:
            reasons.append(f"no film here has the id {_quoted(self.unknown)}")
        if self.n_left_out:
            reasons.append(f"{self.n_left_out} go beyond the {MOST_RATINGS} that a link may hold")
        if not reasons:
            return ""
        return f"Some of the link's ratings are ignored: {'; '.join(reasons)}."


def encode(ratings: Mapping[int, float]) -> str:
    """Writes ratings for a link.

    Args:
        ratings: movie id -> stars, 0.5 to 5 in halves; at most `MOST_RATINGS`.

    Returns:
        Digits, "-" and "." only; empty for no ratings.

    Raises:
        InputError: there are too many, or an id or a number of stars is out of bounds.
    """
    if len(ratings) > MOST_RATINGS:
        raise InputError(f"ratings ({len(ratings)}) should be at most {MOST_RATINGS}")
    pieces = []
    for movie_id, stars in ratings.items():
        piece = f"{movie_id}-{2 * stars:g}"
        if not _PIECE.fullmatch(piece):
            raise InputError(
                f"rating ({movie_id}: {stars}) should be a movie id of up to nine digits and stars "
                "from 0.5 to 5 in halves"
            )
        pieces.append(piece)
    return ".".join(pieces)


def decode(text: str, known: Collection[int]) -> LinkRatings:
    """Reads what a link says; never raises, whatever the text.

    Args:
        text: as `encode` writes it, or nonsense.
        known: ids of the movies that may be rated.
    """
    ratings: dict[int, float] = {}
    nonsense: list[str] = []
    unknown: list[int] = []
    left_out = 0
    for piece in text.strip().split(".") if text.strip() else ():
        match = _PIECE.fullmatch(piece)
        if not match:
            nonsense.append(piece)
            continue
        movie_id, stars = int(match[1]), int(match[2]) / 2
        if movie_id not in known:
            unknown.append(movie_id)
        elif movie_id not in ratings and len(ratings) == MOST_RATINGS:
            left_out += 1
        else:
            ratings[movie_id] = stars
    return LinkRatings(ratings, tuple(nonsense), tuple(unknown), left_out)


def _quoted(pieces: Collection[object]) -> str:
    shown = [f"“{str(piece)[:12]}”" for piece in list(pieces)[:_SHOWN]]
    if len(pieces) > _SHOWN:
        shown.append(f"and {len(pieces) - _SHOWN} more")
    return ", ".join(shown)
