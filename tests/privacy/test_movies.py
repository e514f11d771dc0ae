"""No rating of a person can be told from a bundle of films; unprotected ones give them back."""

import functools

import numpy as np
import pytest

from core.bundle import ASSETS, Bundle, load_bundle
from core.datasets import ensure
from core.movies.data import MovieData, film_table, read_movielens
from core.movies.disclosure import (
    HISTOGRAM_STEP,
    MIN_RATINGS_BIAS,
    MIN_RATINGS_FACTORS,
    film_columns,
)
from core.movies.explore import MovieExplorer
from core.movies.explore.fold_in import Penalty
from core.movies.train import gather, train_part
from core.movies.train.als import AlsConfig
from core.movies.train.one_split import Trained, train_one
from core.movies.train.presets import Preset
from tests.core.movies.samples import TOY, tables
from tests.privacy.movie_attacks import (
    Claim,
    Films,
    Raters,
    matching_pursuit,
    nearest_raters,
    parallel_films,
)

BUNDLES = sorted(path.name for path in ASSETS.glob("movies-*"))
# What may stand in a bundle: nothing else, least of all a row for each rater.
ARRAYS = {"item_bias", "item_factors", "item_bias_sd", "rater_bias_quantiles"}
CLOSED_FORM = 2e-2  # how far raters found in closed form lie from those of the last sweep


@functools.cache
def popular_and_rare() -> MovieData:
    """150 raters; 100 films that 60 or so rated, 80 that a few did, 20 that one did.

    Of the last 20, rater 0 rated the first four, rater 1 the next four, and so on.
    """
    rng = np.random.default_rng(0)
    n_raters, n_films = 150, 200
    taste, kind = rng.normal(size=(n_raters, 12)), rng.normal(size=(n_films, 12))
    share = np.repeat([0.4, 0.025, 0.0], [100, 80, 20])
    is_given = rng.random((n_raters, n_films)) < share
    is_given[np.arange(20) // 4, np.arange(180, 200)] = True
    users, items = np.nonzero(is_given)
    stars = 3 + 0.4 * (taste[users] * kind[items]).sum(axis=1) + 0.6 * rng.normal(size=len(users))
    return tables(users + 1, items + 1, np.clip(np.rint(2 * stars) / 2, 0.5, 5), n_films)


@functools.cache
def trained() -> Trained:
    preset = Preset("toy", AlsConfig(n_cg_steps=12), 14, snapshots=(8,))
    return train_one(preset, popular_and_rare(), seed=0)


def unprotected(run: Trained, data: MovieData) -> tuple[Films, Raters]:
    """Everything that was trained, in half precision, as bundles once held it."""
    config = run.config
    arrays = {name: array.astype(np.float16).astype(float) for name, array in run.arrays.items()}
    table = film_table(data)
    penalty = Penalty(config.l2_bias, config.prior_bias, config.l2_factors, config.prior_factors)
    films = Films(
        arrays["item_bias"],
        arrays["item_factors"],
        table["count"].to_numpy(),
        table[film_columns()].to_numpy(),
        run.offset,
        penalty,
    )
    return films, Raters(arrays["user_bias"], arrays["user_factors"])


def right(claims: list[Claim], data: MovieData, films: np.ndarray | None = None) -> int:
    """Counts the claims that are ratings of the data; `films` are the rows of those attacked."""
    rows = np.arange(data.n_items) if films is None else films
    known = set(zip(data.users.tolist(), data.items.tolist(), data.ratings.tolist(), strict=True))
    return sum((rater, int(rows[film]), stars) in known for rater, film, stars in claims)


def shipped(bundle: Bundle, arrays: str = "") -> tuple[Films, np.ndarray]:
    """What a bundle tells of the films with factors, and their rows; `arrays` is a prefix."""
    explorer = MovieExplorer(bundle)
    rows = np.flatnonzero(explorer.films["has_factors"])
    ranked = np.flatnonzero(explorer.films["has_bias"])
    bias = bundle.arrays[f"{arrays}item_bias"].astype(float)[np.searchsorted(ranked, rows)]
    factors = bundle.arrays[f"{arrays}item_factors"].astype(float)
    counts = explorer.films["count"].to_numpy()[rows]
    return Films(bias, factors, counts, None, explorer.offset, explorer.penalty), rows


def raters_from(bundle: Bundle, data: MovieData) -> Raters:
    """Gives the attacker what no bundle holds: every rater, from their own ratings in train."""
    explorer = MovieExplorer(bundle)
    train = train_part(
        len(data.ratings), seed=bundle.seeds["split"], n_folds=bundle.config.get("n_folds")
    )
    found = []
    for user in range(data.n_users):
        own = train & (data.users == user)
        ratings = zip(data.items[own].tolist(), data.ratings[own].tolist(), strict=True)
        found.append(explorer.new_user(dict(ratings)))
    return Raters(np.array([u.bias for u in found]), np.array([u.factors for u in found]))


def test_matching_pursuit_gives_ratings_back_without_the_rule() -> None:
    data = popular_and_rare()
    films, raters = unprotected(trained(), data)
    claims = matching_pursuit(films, raters)
    assert len(claims) > 100 and right(claims, data) > 0.9 * len(claims)


def test_films_of_one_rater_point_at_that_rater_without_the_rule() -> None:
    data, run = popular_and_rare(), trained()
    films, raters = unprotected(run, data)
    train = train_part(len(data.ratings), seed=0)
    counts = np.bincount(data.items[train], minlength=data.n_items)
    alone = np.flatnonzero(counts == 1)
    owner = dict(zip(data.items[train].tolist(), data.users[train].tolist(), strict=True))
    named = nearest_raters(films.factors[alone], raters)
    assert len(alone) > 3 and [owner[film] for film in alone] == named.tolist()
    # even without the raters: films of one rater lie along one line
    pairs = [pair for pair in parallel_films(films.factors).tolist() if set(pair) <= set(alone)]
    assert len(pairs) > 3 and all(owner[first] == owner[second] for first, second in pairs)


def test_the_rule_leaves_the_same_attacks_nothing() -> None:
    data = popular_and_rare()
    bundle = gather("bias", TOY, data, [trained()], "none")
    raters = raters_from(bundle, data)
    for prefix in ("", "snapshot.8."):
        films, rows = shipped(bundle, prefix)
        assert len(rows) > 40  # enough to attack
        for tolerance in (3e-3, CLOSED_FORM):
            assert not matching_pursuit(films, raters, tolerance=tolerance)
        assert not len(parallel_films(films.factors))


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_holds_no_rater_and_no_film_that_few_rated(name: str) -> None:
    bundle = load_bundle(ASSETS / name)
    plain = {array.rpartition(".")[2] if "snapshot" in array else array for array in bundle.arrays}
    assert {array for array in plain if not array.startswith("expected.")} <= ARRAYS
    assert set(bundle.tables) <= {"films"} and set(bundle.documents) <= {"history"}
    if not bundle.arrays:
        return
    table = bundle.tables["films"]
    counts, histogram = table["count"].to_numpy(), table[film_columns()].to_numpy()
    assert set(np.unique(counts[counts < MIN_RATINGS_BIAS])) <= {0}
    assert table["mean"].isna().to_numpy()[counts == 0].all()
    assert not histogram[counts < MIN_RATINGS_FACTORS].any()
    assert not (histogram % HISTOGRAM_STEP).any()
    n_biases, n_factored = (counts > 0).sum(), (counts >= MIN_RATINGS_FACTORS).sum()
    for array, values in bundle.arrays.items():
        if array.endswith("item_factors"):
            assert len(values) == n_factored
        elif array.endswith(("item_bias", "item_bias_sd")):
            assert len(values) == n_biases
    assert len(bundle.arrays["rater_bias_quantiles"]) < 50


@pytest.mark.parametrize("name", BUNDLES)
def test_attacks_on_what_ships_find_nothing(name: str, mirror, tmp_path) -> None:
    bundle = load_bundle(ASSETS / name)
    if not bundle.arrays:
        return  # nothing to attack: figures only
    data = read_movielens(ensure(bundle.dataset["name"], mirror=mirror, data_dir=tmp_path))
    raters = raters_from(bundle, data)
    snapshots = [f"snapshot.{epoch}." for epoch in bundle.config["snapshots"][-2:-1]]
    for prefix in ("", *snapshots):
        films, rows = shipped(bundle, prefix)
        for tolerance in (3e-3, CLOSED_FORM):
            claims = matching_pursuit(films, raters, tolerance=tolerance)
            assert not right(claims, data, rows) and not claims
        assert not len(parallel_films(films.factors))
