"""MovieLens archives as typed NumPy containers: who rated what, and what is known of the films."""

import dataclasses
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from core.datasets.archives import find_member
from core.datasets.registry import check_counts, lookup
from core.datasets.store import LocalData
from core.datasets.tables import read_csv_member, read_double_colon_member
from core.errors import DataError, InputError

# Half stars from 0.5 to 5; ml-100k and ml-1m use the whole ones among them.
STARS = np.arange(1, 11, dtype=np.float32) / 2
DATA_SETS = (
    "ml-latest-small-2016",
    "ml-latest-small",
    "ml-100k",
    "ml-1m",
    "ml-25m",
    "ml-32m",
)

_PERIODS = np.array([1940, 1960, 1970, 1980, 1990, 2000, 2010])
_NO_GENRE = ("(no genres listed)", "unknown")
_YEAR = re.compile(  # (1995), (2007-), (2009– ), (1997/II), (c. 1990), (2006 TV), and unclosed ones
    r"\s*[(\[\uff08]\s*(?:c(?:irca|a)?\.?\s*)?(?P<year>\d{4})(?!\d)"
    r"(?:\s*[-\u2010-\u2015/]\s*(?:\d{2,4}|[IVX]+|present)?|\s+(?:TV|V|VG)|\s*\?)?"
    r"\s*(?:[)\]\uff09]|$)",
    re.IGNORECASE,
)
_YEARS = range(1870, 2100)  # of films: other numbers of four digits in brackets are names
_MEDIUM = re.compile(  # what is said of a film behind its year, and is no part of its title
    r"[(\[](?:V|TV|VG|(?:TV )?(?:mini-?)?series|TV movie|video|mini|short|documentary)[)\]]",
    re.IGNORECASE,
)
_ARTICLES = (
    "The|A|An|Le|La|Les|L'|Un|Une|Der|Die|Das|Ein|Eine|El|Los|Las|Il|Lo|I|Gli|O|Os|As|Den|Det"
)
_TRAILING_ARTICLE = re.compile(
    rf"^(?P<title>.+), (?P<article>{_ARTICLES})(?P<rest>\s*\(.*)?$", re.IGNORECASE
)


@dataclasses.dataclass(frozen=True, slots=True)
class MovieData:
    """Ratings and films of one MovieLens edition; only films with a rating are in it.

    Attributes:
        name: the data set's short name.
        user_ids: int32[U], the data set's own ids, ascending.
        movie_ids: int32[I], likewise.
        users: int32[R], row in `user_ids` of each rating, in file order.
        items: int32[R], row in `movie_ids`.
        ratings: f32[R], stars.
        titles: I titles without the year, the article in front, made unique within a year.
        years: int32[I], year of release; 0 where the data set has none.
        genres: the G names of genres, sorted.
        has_genre: bool[I, G].
    """

    name: str
    user_ids: np.ndarray
    movie_ids: np.ndarray
    users: np.ndarray
    items: np.ndarray
    ratings: np.ndarray
    titles: tuple[str, ...]
    years: np.ndarray
    genres: tuple[str, ...]
    has_genre: np.ndarray

    @property
    def n_users(self) -> int:
        """Number of users U."""
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        """Number of rated films I."""
        return len(self.movie_ids)

    def ratings_of(self, user_id: int) -> dict[int, float]:
        """Returns what a user gave: movie id -> stars.

        Raises:
            InputError: there is no user of that id.
        """
        row = np.searchsorted(self.user_ids, user_id)
        if row == self.n_users or self.user_ids[row] != user_id:
            raise InputError(
                f"user ({user_id}) should be a user id of {self.name}, from {self.user_ids[0]} to "
                f"{self.user_ids[-1]}"
            )
        own = self.users == row
        ids = self.movie_ids[self.items[own]].tolist()
        return dict(zip(ids, self.ratings[own].tolist(), strict=True))


def read_movielens(local: LocalData) -> MovieData:
    """Reads a MovieLens archive and checks its counts against the registry.

    Args:
        local: where it lies; `local.dataset.name` decides the layout.

    Returns:
        The ratings and films.

    Raises:
        InputError: the data set is no MovieLens edition.
        DataError: the archive is damaged, or has other counts than this edition.
    """
    name = local.dataset.name
    if name not in DATA_SETS:
        raise InputError(f"data set ({name}) should be one of {', '.join(DATA_SETS)}")
    readers = {"ml-100k": _read_100k, "ml-1m": _read_1m}
    ratings, films = readers.get(name, _read_csv)(local.path)
    data = assemble(name, ratings, films)
    found = {
        "ratings": len(ratings),
        "users": data.n_users,
        "movies": len(films),
        "rated_movies": data.n_items,
    }
    check_counts(lookup(name), found)
    return data


def assemble(name: str, ratings: pd.DataFrame, films: pd.DataFrame) -> MovieData:
    """Joins a table of ratings and a table of films.

    Args:
        name: what to call the data.
        ratings: columns user, movie (ids) and rating (stars), in any order of rows.
        films: columns movie (id), title ("Title, The (1995)") and genres ("Comedy|Drama").

    Returns:
        The joined data; a film without a rating is dropped.

    Raises:
        DataError: a rated film is not in `films`, a film stands there twice, or stars are off.
    """
    # return_inverse sorts once and serves ids and rows alike; int32 keeps 32 million ratings small
    user_ids, users = np.unique(ratings["user"].to_numpy(), return_inverse=True)
    movie_ids, items = np.unique(ratings["movie"].to_numpy(), return_inverse=True)
    stars = ratings["rating"].to_numpy(np.float32)
    if len(stars) == 0:
        raise DataError(f"{name} holds no ratings")
    if not (np.isfinite(stars).all() and stars.min() >= STARS[0] and stars.max() <= STARS[-1]):
        raise DataError(f"{name} holds ratings outside {STARS[0]} to {STARS[-1]} stars")
    if films["movie"].duplicated().any():
        raise DataError(f"{name} lists a film twice in its table of films")
    known = films.set_index("movie").reindex(movie_ids)
    if known["title"].isna().any():
        absent = movie_ids[known["title"].isna().to_numpy()][:3]
        raise DataError(f"{name} has ratings of films that it does not list, e.g. {absent}")
    parsed = [split_title(title) for title in known["title"]]
    years = np.array([year for _, year in parsed], np.int32)
    lists = [
        [genre for genre in text.split("|") if genre and genre not in _NO_GENRE]
        for text in known["genres"]
    ]
    genres = tuple(sorted({genre for names in lists for genre in names}))
    column = {genre: place for place, genre in enumerate(genres)}
    has_genre = np.zeros((len(movie_ids), len(genres)), bool)
    for row, names in enumerate(lists):
        has_genre[row, [column[genre] for genre in names]] = True
    return MovieData(
        name=name,
        user_ids=user_ids.astype(np.int32),
        movie_ids=movie_ids.astype(np.int32),
        users=users.astype(np.int32),
        items=items.astype(np.int32),
        ratings=stars,
        titles=_unique_titles([title for title, _ in parsed], years, movie_ids),
        years=years,
        genres=genres,
        has_genre=has_genre,
    )


def split_title(text: str) -> tuple[str, int]:
    """Takes "Godfather, The (1972)" apart into ("The Godfather", 1972); the year is 0 if absent.

    The year is the last one in brackets that stand alone, whatever comes behind: what else is in
    brackets there belongs to the title, unless it only names the medium, as (TV) does.
    """
    found = [match for match in _YEAR.finditer(text) if int(match["year"]) in _YEARS]
    title, year = text.strip(), 0
    if found:
        behind = _MEDIUM.sub(" ", text[found[-1].end() :]).strip(" )]\t")
        behind += ")" * (behind.count("(") - behind.count(")"))
        title = f"{text[: found[-1].start()]} {behind}".strip()
        year = int(found[-1]["year"])
    article = _TRAILING_ARTICLE.match(title)
    if article:
        glue = "" if article["article"].endswith("'") else " "
        title = article["article"] + glue + article["title"] + (article["rest"] or "")
    return title or text.strip(), year


def random_split(n_ratings: int, *, seed: int, train_share: float = 0.8) -> np.ndarray:
    """Draws the train part of a split: bool[R], `default_rng(seed).random(R) < train_share`."""
    if not 0 < train_share < 1:
        raise InputError(f"train_share ({train_share}) should be between 0 and 1")
    return np.random.default_rng(seed).random(n_ratings) < train_share


def contiguous_folds(n_ratings: int, n_folds: int = 5) -> list[np.ndarray]:
    """Cuts the ratings in file order into test folds, the way ml-100k's own u1 to u5 are made.

    Returns:
        A bool[R] for each fold, true in its train part.
    """
    bounds = np.linspace(0, n_ratings, n_folds + 1).astype(int)
    place = np.arange(n_ratings)
    return [(place < low) | (place >= high) for low, high in zip(bounds, bounds[1:], strict=False)]


def film_table(data: MovieData, mask: np.ndarray | None = None) -> pd.DataFrame:
    """Counts the ratings of each film; `core.movies.disclosure` says what of it may ship.

    Args:
        data: the ratings and films.
        mask: bool[R], ratings to count; None for all.

    Returns:
        One row a film: movie_id, title, year, genres ("A|B"), count, mean, and stars_0.5 to
        stars_5.0.
    """
    chosen = slice(None) if mask is None else mask
    items, ratings = data.items[chosen], data.ratings[chosen]
    half_stars = np.rint(ratings * 2).astype(np.int64) - 1
    histogram = np.bincount(
        items * len(STARS) + half_stars, minlength=data.n_items * len(STARS)
    ).reshape(data.n_items, len(STARS))
    count = histogram.sum(axis=1)
    with np.errstate(invalid="ignore"):
        mean = (histogram @ STARS.astype(np.float64)) / count
    table = pd.DataFrame(
        {
            "movie_id": data.movie_ids,
            "title": list(data.titles),
            "year": data.years,
            "genres": [
                "|".join(np.array(data.genres, dtype=object)[row]) for row in data.has_genre
            ],
            "count": count.astype(np.int32),
            "mean": mean.astype(np.float32),
        }
    )
    return table.assign(
        **{f"stars_{s:.1f}": histogram[:, k].astype(np.int32) for k, s in enumerate(STARS)}
    )


def mean_squared_error(predicted: np.ndarray, ratings: np.ndarray) -> float:
    """Returns the mean squared error of f32[N] stars, predictions clipped to the scale first."""
    error = np.clip(predicted, STARS[0], STARS[-1]).astype(np.float64) - ratings
    return float(np.square(error).mean())


def side_information(years: np.ndarray, has_genre: np.ndarray) -> np.ndarray:
    """Describes each film by its genres and year.

    The year enters as a number, as a square before 1990 (old films that are still watched were
    chosen), and as closeness to each of seven periods. A missing year is taken for the median one.

    Args:
        years: int32[I], 0 where a year is missing.
        has_genre: bool[I, G].

    Returns:
        f32[I, G + 9].
    """
    known = years > 0
    years = np.where(known, years, np.median(years[known]) if known.any() else 1990)
    scaled = ((years - 1990) / 20.0)[:, None]
    closeness = np.clip(1 - np.abs(years[:, None] - _PERIODS) / 10, 0, 1)
    columns = [has_genre, scaled, np.minimum(scaled, 0) ** 2, closeness]
    return np.concatenate(columns, axis=1).astype(np.float32)


def _read_csv(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    ratings = read_csv_member(
        path,
        find_member(path, "ratings.csv"),
        columns={"userId": np.int32, "movieId": np.int32, "rating": np.float32},
    )
    films = read_csv_member(
        path,
        find_member(path, "movies.csv"),
        columns={"movieId": np.int32, "title": str, "genres": str},
    )
    ratings.columns = ["user", "movie", "rating"]
    films.columns = ["movie", "title", "genres"]
    return ratings, films


def _read_1m(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    ratings = read_double_colon_member(
        path,
        find_member(path, "ratings.dat"),
        columns={"user": np.int32, "movie": np.int32, "rating": np.float32},
        header=("user", "movie", "rating", "timestamp"),
    )
    films = read_double_colon_member(
        path,
        find_member(path, "movies.dat"),
        columns={"movie": np.int32, "title": str, "genres": str},
        header=("movie", "title", "genres"),
    )
    return ratings, films


def _read_100k(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    ratings = read_csv_member(
        path,
        find_member(path, "u.data"),
        columns={"user": np.int32, "movie": np.int32, "rating": np.float32},
        sep="\t",
        header=("user", "movie", "rating", "timestamp"),
        quotes=False,
    )
    listed = read_csv_member(
        path,
        find_member(path, "u.genre"),
        columns={"genre": str},
        sep="|",
        header=("genre", "place"),
        quotes=False,
    )
    genres = [f"genre {name}" for name in listed["genre"]]
    films = read_csv_member(
        path,
        find_member(path, "u.item"),
        columns={"movie": np.int32, "title": str} | dict.fromkeys(genres, np.int8),
        sep="|",
        header=("movie", "title", "released", "video", "address", *genres),
        encoding="latin-1",
        quotes=False,
    )
    flags = films[genres].to_numpy(bool)
    names = np.array(listed["genre"], dtype=object)
    films["genres"] = ["|".join(names[row]) for row in flags]
    return ratings, films[["movie", "title", "genres"]]


def _unique_titles(titles: list[str], years: np.ndarray, ids: np.ndarray) -> tuple[str, ...]:
    times = Counter(zip(titles, years.tolist(), strict=True))
    return tuple(
        f"{title} [{number}]" if times[title, year] > 1 else title
        for title, year, number in zip(titles, years.tolist(), ids.tolist(), strict=True)
    )
