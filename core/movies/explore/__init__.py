"""What a page, a notebook or the command line asks of a movie model; NumPy and pandas only."""

import dataclasses
import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.bundle import Bundle, check_arrays
from core.errors import BundleError, InputError
from core.movies.data import STARS, side_information
from core.movies.disclosure import (
    HISTOGRAM_STEP,
    MIN_RATINGS_BIAS,
    MIN_RATINGS_FACTORS,
    disclosed,
    film_columns,
)
from core.movies.explore.components import Components, principal_components
from core.movies.explore.fold_in import NewUser, Penalty, fold_in
from core.movies.explore.titles import Titles

__all__ = [
    "HISTOGRAM_STEP",
    "MIN_RATINGS_BIAS",
    "MIN_RATINGS_FACTORS",
    "TOP_BY_COUNT",
    "Explanation",
    "MovieExplorer",
]
TOP_BY_COUNT = 2000  # the lesson ranks the 2,000 most rated films
_COLUMNS = ("movie_id", "title", "year", "genres", "count", "mean")


@dataclasses.dataclass(frozen=True, slots=True)
class Explanation:
    """Why a model predicts what it predicts: `parts` sum to `prediction`.

    Attributes:
        parts: columns part (words), kind ("mean", "user", "film", "taste", "component", "rest") and
            stars (f64).
        prediction: stars, before any clipping to the scale.
    """

    parts: pd.DataFrame
    prediction: float


class MovieExplorer:
    """A trained model's films, opened for questions; never changes.

    What ships of them is decided in `core.movies.disclosure`: films that few people rated have the
    bias and the factors that genres and year let expect, and no rater is inside.

    Args:
        bundle: of kind "movies", whose config has "offset" and "penalty".
        where: the bundle's folder, for messages.

    Raises:
        BundleError: something that the explorer needs is missing.

    Attributes:
        bundle: the bundle itself.
        films: one row a film, in the order of all arrays: movie_id, title, year (0 unknown), genres
            ("A|B"), count (0 where it is withheld), mean, stars_0.5 to stars_5.0, label
            ("Title (1995)"), decade ("1990s" or "unknown"), bias, bias_sd (over training seeds; NaN
            where there is none), has_bias and has_factors (whether they are the model's own).
        genres: names of all genres.
        decades: decades that occur, ascending.
        offset: mean rating that every prediction starts from.
        item_bias: f32[I].
        item_factors: f32[I, F].
    """

    def __init__(self, bundle: Bundle, where: Path | str = "") -> None:
        where = Path(where or bundle.name)
        films = _films_of(bundle, where)
        ships = disclosed(films["count"].to_numpy())
        self.genres = tuple(sorted({g for text in films["genres"] for g in text.split("|") if g}))
        side = side_information(films["year"].to_numpy(), _has_genre(films["genres"], self.genres))
        check_arrays(
            bundle,
            {
                "item_bias": (int(ships.has_bias.sum()),),
                "item_factors": (int(ships.has_factors.sum()), None),
                "expected.item_bias.kernel": (side.shape[1], 1),
                "expected.item_bias.offset": (1,),
                "expected.item_factors.kernel": (side.shape[1], None),
                "expected.item_factors.offset": (None,),
                "rater_bias_quantiles": (None,),
            },
            where=where,
        )
        self.bundle = bundle
        self.offset = float(bundle.config["offset"])
        self.penalty = Penalty(**bundle.config["penalty"])
        self._ships, self._side = ships, side
        self.item_bias = self._filled("item_bias", ships.has_bias)[:, 0]
        self.item_factors = self._filled("item_factors", ships.has_factors)
        self._quantiles = bundle.arrays["rater_bias_quantiles"].astype(np.float64)
        self.films = self._described(films)
        self.decades = tuple(sorted(set(self.films["decade"])))
        self._by_count = np.argsort(-self.films["count"].to_numpy(), kind="stable")
        self._titles = Titles(
            self.films["title"], self.films["year"], self.films["label"], self._by_count
        )

    def _filled(self, name: str, rows: np.ndarray) -> np.ndarray:
        """Returns f32[I, M]: what ships, and elsewhere what genres and year let expect."""
        arrays = self.bundle.arrays
        kernel, offset = arrays[f"expected.{name}.kernel"], arrays[f"expected.{name}.offset"]
        filled = (self._side @ kernel + offset).astype(np.float32)
        filled[rows] = arrays[name].reshape(int(rows.sum()), -1)
        return filled

    def _described(self, films: pd.DataFrame) -> pd.DataFrame:
        """Adds to the table that ships how films are named, and what the model makes of them."""
        spread = np.full(len(films), np.nan, np.float32)
        if "item_bias_sd" in self.bundle.arrays:
            spread[self._ships.has_bias] = self.bundle.arrays["item_bias_sd"]
        return films.assign(
            label=[_label(t, y) for t, y in zip(films["title"], films["year"], strict=True)],
            decade=[f"{y // 10 * 10}s" if y else "unknown" for y in films["year"].tolist()],
            bias=self.item_bias,
            bias_sd=spread,
            has_bias=self._ships.has_bias,
            has_factors=self._ships.has_factors,
        ).reset_index(drop=True)

    @property
    def epochs(self) -> tuple[int, ...]:
        """Epochs of training that are kept, ascending; the last is the model itself."""
        return tuple(self.bundle.config.get("snapshots", ()))

    @property
    def n_ranked(self) -> int:
        """Number of films with a bias of their own."""
        return int(self._ships.has_bias.sum())

    @property
    def n_mapped(self) -> int:
        """Number of films with factors of their own."""
        return int(self._ships.has_factors.sum())

    def top_by_count(self, top_n: int = TOP_BY_COUNT) -> np.ndarray:
        """Returns the rows of the most rated films with a bias of their own, most rated first."""
        if top_n < 1:
            raise InputError(f"top_n ({top_n}) should be at least 1")
        return self._by_count[: min(top_n, self.n_ranked)]

    def mapped(self, top_n: int = TOP_BY_COUNT) -> np.ndarray:
        """Returns those of `top_by_count` with factors of their own, most rated first."""
        return self.top_by_count(top_n)[: self.n_mapped]

    def rows_of(self, ratings: Mapping[int, float]) -> dict[int, float]:
        """Turns movie id -> stars into film row -> stars; films that are not here are left out."""
        found = pd.Index(self.films["movie_id"]).get_indexer(list(ratings))
        rows = zip(found.tolist(), ratings.values(), strict=True)
        return {row: stars for row, stars in rows if row >= 0}

    def share_of_stricter(self, bias: float) -> float:
        """Returns the share of the data set's raters who are stricter than someone of a bias."""
        places = np.linspace(0, 1, len(self._quantiles))
        return float(np.interp(bias, self._quantiles, places, left=0, right=1))

    def find(self, title: str) -> int:
        """Finds one film by its title as people type it, with or without the year.

        How titles are compared, `core.movies.explore.titles` says.

        Raises:
            InputError: no film or several match; names those spelled alike.
        """
        named = self._titles.named(title)
        if len(named) == 1:
            return named[0]
        if len(named) > 1:
            names = ", ".join(self.films["label"].iloc[named[:5]])
            raise InputError(f"title ({title[:80]}) fits several films, add the year: {names}")
        matches = self.search(title, limit=2)
        if len(matches) == 1:
            return int(matches[0])
        near = self.suggest(title)
        hint = f"did you mean {' or '.join(near)}?" if near else "search for a part of its title"
        raise InputError(f"title ({title[:80]}) should be a film of this data set; {hint}")

    def search(self, text: str, *, limit: int = 50) -> np.ndarray:
        """Returns rows of films whose label contains every word of `text`, most rated first.

        How words are compared, `core.movies.explore.titles` says. A text without any gives all
        films.
        """
        if not text.strip():
            return self._by_count[:limit]
        hits = self._titles.containing(text)
        return self._by_count[hits[self._by_count]][:limit]

    def suggest(self, text: str, *, limit: int = 3) -> list[str]:
        """Returns labels of films that resemble `text`, among the most rated first."""
        found = [self.films["label"][row] for row in self.search(text, limit=limit)]
        if len(found) < limit:
            alike = self._titles.spelled_like(text, limit=limit)
            found += [label for label in alike if label not in found]
        return found[:limit]

    def ranking(
        self,
        *,
        top_n: int = TOP_BY_COUNT,
        genres: Iterable[str] = (),
        decades: Iterable[str] = (),
        min_count: int = 0,
        search: str = "",
        epoch: int | None = None,
    ) -> pd.DataFrame:
        """Ranks films by bias, the best first.

        Args:
            top_n: only among the most rated films.
            genres: keep films of any of these; none keeps all.
            decades: keep films of any of these; none keeps all.
            min_count: keep films with at least so many ratings.
            search: keep films whose label contains every word.
            epoch: biases after this epoch of training instead of the last.

        Returns:
            The rows of `films` that are left, with bias_rank and mean_rank (1 is best, among the
            top_n) and reversal: places gained by correcting for who rated. The index is the film's
            row. May be empty.

        Raises:
            InputError: a genre, decade or epoch is unknown.
        """
        rows = self.top_by_count(top_n)
        table = self.films.iloc[rows].copy()
        if epoch is not None:
            table["bias"] = self.snapshot(epoch)[0][rows]
        table["bias_rank"] = table["bias"].rank(ascending=False, method="first").astype(int)
        table["mean_rank"] = table["mean"].rank(ascending=False, method="first").astype(int)
        table["reversal"] = table["mean_rank"] - table["bias_rank"]
        keep = (table["count"] >= min_count).to_numpy()
        wanted_genres = _known("genre", genres, self.genres)
        if wanted_genres:
            keep = keep & np.array(
                [bool(wanted_genres & set(g.split("|"))) for g in table["genres"]]
            )
        wanted_decades = _known("decade", decades, self.decades)
        if wanted_decades:
            keep = keep & table["decade"].isin(wanted_decades).to_numpy()
        if search.strip():
            keep = keep & np.isin(table.index, self.search(search, limit=len(self.films)))
        return table[keep].sort_values("bias", ascending=False, kind="stable")

    def histogram(self, film: int) -> pd.DataFrame:
        """Returns how often each number of stars was given: columns stars and count."""
        row = self.films.iloc[film]
        counts = [int(row[f"stars_{stars:.1f}"]) for stars in STARS]
        return pd.DataFrame({"stars": STARS, "count": counts})

    def similar(self, film: int, *, n: int = 10, top_n: int = TOP_BY_COUNT) -> pd.DataFrame:
        """Returns the films with the most similar factors, by cosine, among the most rated.

        Columns are those of `films` and similarity (-1 to 1); the index is the film's row. Only
        films with factors of their own are in it.
        """
        rows = self.mapped(top_n)
        rows = rows[rows != film]
        others, own = self.item_factors[rows], self.item_factors[film]
        length = np.linalg.norm(others, axis=1) * np.linalg.norm(own)
        cosine = (others @ own) / np.where(length > 0, length, 1)
        best = np.argsort(-cosine, kind="stable")[:n]
        return self.films.iloc[rows[best]].assign(similarity=cosine[best])

    def snapshot(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns biases f32[I] and factors f32[I, F] of the films after an epoch of training.

        They are NaN for films that have none of their own, but after the last epoch.
        """
        if self.epochs and epoch == self.epochs[-1]:
            return self.item_bias, self.item_factors
        if epoch not in self.epochs:
            names = ", ".join(map(str, self.epochs)) or "none"
            raise InputError(f"epoch ({epoch}) should be one of those kept: {names}")
        arrays = self.bundle.arrays
        bias = np.full(len(self.films), np.nan, np.float32)
        factors = np.full(self.item_factors.shape, np.nan, np.float32)
        bias[self._ships.has_bias] = arrays[f"snapshot.{epoch}.item_bias"]
        factors[self._ships.has_factors] = arrays[f"snapshot.{epoch}.item_factors"]
        return bias, factors

    def components(
        self, *, method: str = "factors", n_components: int | None = 5, top_n: int = TOP_BY_COUNT
    ) -> Components:
        """Finds the components (None: all) of the most rated films, in the order of `mapped`."""
        found = self._all_components(method, top_n)
        return found if n_components is None else found.first(n_components)

    @functools.lru_cache(maxsize=8)  # noqa: B019  (explorers live as long as the app)
    def _all_components(self, method: str, top_n: int) -> Components:
        factors = self.item_factors[self.mapped(top_n)]
        return principal_components(factors, n_components=None, method=method)

    def predict(self, user: NewUser, film: int | np.ndarray) -> np.ndarray:
        """Predicts stars of a user found by `new_user` for one or more films (rows of `films`)."""
        taste = self.item_factors[film] @ user.factors
        return self.offset + user.bias + self.item_bias[film] + taste

    def explain(self, user: NewUser, film: int, *, n_parts: int = 8) -> Explanation:
        """Takes a prediction apart into mean, biases, and what each component of taste adds.

        Factors are turned to the axes of the usual components first, where a part has a meaning.
        What the user's taste makes of an average film is a part of its own, "taste".

        Args:
            user: found by `new_user`.
            film: row of `films`.
            n_parts: components shown one by one, the largest; the others are summed.

        Returns:
            The parts and their sum.
        """
        bias, factors = user.bias, user.factors
        basis = self.components(n_components=None)
        factors = np.asarray(factors, np.float64)
        shares = (factors @ basis.axes) * (
            (self.item_factors[film] - basis.center) @ basis.axes
        )  # (K,)
        average = float(factors @ basis.center)
        largest = np.argsort(-np.abs(shares), kind="stable")[:n_parts]
        rows = [
            ("mean of all ratings", "mean", self.offset),
            ("this user's bias", "user", float(bias)),
            ("this film's bias", "film", float(self.item_bias[film])),
            ("taste for an average film", "taste", average),
        ]
        rows += [(f"component {k + 1}", "component", float(shares[k])) for k in sorted(largest)]
        total = (
            self.offset
            + float(bias)
            + float(self.item_bias[film])
            + float(factors @ self.item_factors[film].astype(np.float64))
        )
        n_rest = len(shares) - len(largest)
        if n_rest:
            # by difference, so that the bars sum to the prediction to the last digit
            rest = total - sum(stars for _, _, stars in rows)
            smaller = "component" if n_rest == 1 else "components"
            rows.append((f"{n_rest} smaller {smaller}", "rest", rest))
        return Explanation(pd.DataFrame(rows, columns=["part", "kind", "stars"]), total)

    def new_user(self, ratings: Mapping[int, float], *, strength: float = 1.0) -> NewUser:
        """Finds the bias and factors of someone who rates a few films, in closed form.

        Args:
            ratings: film row -> stars from 0.5 to 5.
            strength: factor on the model's own L2 penalty.

        Raises:
            InputError: a film or a number of stars is out of bounds.
        """
        films = np.fromiter(ratings.keys(), np.int64, len(ratings))
        stars = np.fromiter(ratings.values(), np.float64, len(ratings))
        if len(films) and not (0 <= films.min() and films.max() < len(self.films)):
            raise InputError(f"film rows should be from 0 to {len(self.films) - 1}")
        if len(stars) and not (stars.min() >= STARS[0] and stars.max() <= STARS[-1]):
            raise InputError(f"stars should be from {STARS[0]} to {STARS[-1]}")
        residuals = stars - self.offset - self.item_bias[films]
        return fold_in(residuals, self.item_factors[films], self.penalty, strength=strength)

    def recommend(
        self, user: NewUser, *, rated: Sequence[int] = (), n: int = 10, top_n: int = TOP_BY_COUNT
    ) -> pd.DataFrame:
        """Returns the films that a new user is predicted to like best, unrated ones only.

        Columns are those of `films`, prediction (stars), and taste (what the user's factors add).
        """
        table = self.predictions(user, top_n=top_n)
        return table.drop(index=[film for film in rated if film in table.index]).nlargest(
            n, "prediction"
        )

    def predictions(self, user: NewUser, *, top_n: int = TOP_BY_COUNT) -> pd.DataFrame:
        """Predicts the most rated films for a new user, in the order of `mapped`."""
        rows = self.mapped(top_n)
        taste = self.item_factors[rows] @ user.factors
        prediction = self.predict(user, rows)
        return self.films.iloc[rows].assign(prediction=prediction, taste=taste)


def _films_of(bundle: Bundle, where: Path) -> pd.DataFrame:
    """Returns the table of films; raises BundleError if it or the configuration is incomplete."""
    films = bundle.tables.get("films")
    problems = [] if films is not None else ["table films is missing"]
    if films is not None:
        absent = [name for name in (*_COLUMNS, *film_columns()) if name not in films]
        problems += [f"table films lacks column {name}" for name in absent]
    problems += [
        f"config lacks {name}" for name in ("offset", "penalty") if name not in bundle.config
    ]
    if films is None or problems:
        raise BundleError(where, problems)
    return films


def _has_genre(texts: pd.Series, genres: Sequence[str]) -> np.ndarray:
    """Returns bool[I, G] of texts "A|B"."""
    lists = [set(text.split("|")) for text in texts]
    return np.array([[genre in names for genre in genres] for names in lists], bool).reshape(
        len(lists), len(genres)
    )


def _label(title: str, year: int) -> str:
    return f"{title} ({year})" if year else title


def _known(what: str, wanted: Iterable[str], known: Sequence[str]) -> set[str]:
    wanted = set(wanted)
    unknown = sorted(wanted - set(known))
    if unknown:
        raise InputError(f"{what} ({', '.join(unknown)[:80]}) should be one of {', '.join(known)}")
    return wanted
