"""What the model makes of a visitor: the ratings, what each of them did, and why a film fits.

No Streamlit here. Rows are those of the explorer's films; ids are the data set's own.
"""

from collections.abc import Mapping

import pandas as pd

from core.movies.explore import MovieExplorer
from core.movies.explore.fold_in import Effects
from core.movies.explore.links import MOST_CHARACTERS, MOST_RATINGS, LinkRatings, decode, encode
from core.movies.explore.made_up import MADE_UP_RATERS
from dashboard import theme
from dashboard.figures.waterfall import shortened

__all__ = [
    "MOST_CHARACTERS",
    "MOST_RATINGS",
    "RATERS",
    "STRENGTHS",
    "changed",
    "invented",
    "reasons",
    "read",
    "starters",
    "stars_words",
]

STRENGTHS = (0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)
N_STARTERS, N_MORE = 8, 4  # offered to someone who has rated nothing, and after that
# Well known, and far apart in taste: MovieLens ids, the first ones are offered first.
_STARTERS = (296, 260, 1721, 912, 1, 1968, 593, 780, 4973, 2571, 356, 318, 39, 541, 480, 5618)
# Those of the made-up raters whom a visitor can be for a click.
RATERS = ("Likes space operas", "Only old classics", "Hates everything")


def read(films: MovieExplorer, text: str) -> LinkRatings:
    """Reads the ratings of a link for the films of a model."""
    return decode(text, frozenset(films.films["movie_id"].tolist()))


def changed(ratings: Mapping[int, float], movie_id: int, stars: float | None) -> str:
    """Returns the link's text after a film is rated, rated anew, or (with None) no longer rated."""
    left = {**ratings, movie_id: stars}
    return encode({key: value for key, value in left.items() if value is not None})


def invented(films: MovieExplorer, name: str) -> str:
    """Returns the link's text for a made-up rater, less the films that the model does not know."""
    known = set(films.films["movie_id"].tolist())
    return encode({key: stars for key, stars in MADE_UP_RATERS[name].items() if key in known})


def starters(films: MovieExplorer, rated: Mapping[int, float]) -> list[int]:
    """Returns rows of films to begin with that are not rated yet: well known, of many tastes."""
    well_known = films.rows_of(dict.fromkeys(_STARTERS, 0.0))
    candidates = dict.fromkeys([*well_known, *films.top_by_count(100).tolist()])
    return [row for row in candidates if row not in rated][: N_MORE if rated else N_STARTERS]


def reasons(
    films: MovieExplorer, table: pd.DataFrame, rated: Mapping[int, float], effects: Effects
) -> list[str]:
    """Says in plain words why each film stands where it does.

    Args:
        films: the model.
        table: recommended films: index film row, columns bias and taste.
        rated: film row -> stars.
        effects: of `rated`.

    Returns:
        One phrase a film, no Markdown.
    """
    on_taste = effects.on_taste(films.item_factors[table.index])
    titles = films.films["title"]
    phrases = []
    for place, (bias, taste) in enumerate(zip(table["bias"], table["taste"], strict=True)):
        phrase = f"film bias {theme.signed(bias)}"
        if rated:
            phrase += f", your taste {theme.signed(taste)}"
            strongest = int(on_taste[:, place].argmax())
            added = float(on_taste[strongest, place])
            if added >= 0.005:
                row = list(rated)[strongest]
                title = shortened(titles[row], 40)
                phrase += f" ({theme.signed(added)} by {stars_words(rated[row])} for {title})"
        phrases.append(phrase)
    return phrases


def stars_words(stars: float) -> str:
    """Writes a number of stars: 4.5 is ★★★★½."""
    return "★" * int(stars) + ("½" if stars % 1 else "")
