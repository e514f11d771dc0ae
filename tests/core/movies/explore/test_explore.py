"""Components, folding in a new user, and the explorer, on small data with known answers."""

import dataclasses

import numpy as np
import optax
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeCV

from core.errors import BundleError, InputError
from core.movies.data import side_information
from core.movies.explore import MovieExplorer
from core.movies.explore.components import correlations, principal_components
from core.movies.explore.fold_in import Penalty, fold_in
from core.movies.train.als import AlsConfig
from core.movies.train.one_split import train_one
from core.movies.train.presets import Preset
from tests.core.movies.samples import checkerboard, movie_bundle, with_rare_films

PENALTY = Penalty(0.02, 1.0, 0.1, 2.0)


@pytest.fixture(scope="module")
def films():
    return MovieExplorer(movie_bundle())


def factors(n=50, f=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n, f)) * np.arange(f, 0, -1)


def same_up_to_sign(a, b, atol=1e-8):
    signs = np.sign((a * b).sum(axis=0))
    np.testing.assert_allclose(a * signs, b, atol=atol)


def test_usual_components_equal_scikit_learns():
    table = factors() + 3
    ours = principal_components(table, n_components=4)
    theirs = PCA(4, svd_solver="full").fit(table)
    same_up_to_sign(ours.coordinates, theirs.transform(table))
    np.testing.assert_allclose(ours.explained, theirs.explained_variance_ratio_)


def test_the_lessons_components_equal_pca_of_the_transposed_matrix():
    table = factors() + 3
    ours = principal_components(table, n_components=3, method="lesson")
    theirs = PCA(3, svd_solver="full").fit(table.T)
    same_up_to_sign(ours.coordinates, theirs.components_.T)
    np.testing.assert_allclose(ours.explained, theirs.explained_variance_ratio_)


@pytest.mark.parametrize("method", ["factors", "lesson"])
def test_projecting_the_films_themselves_gives_their_coordinates(method):
    table = factors()
    found = principal_components(table, n_components=3, method=method)
    np.testing.assert_allclose(found.project(table), found.coordinates, atol=1e-10)


@pytest.mark.parametrize("method", ["factors", "lesson"])
def test_signs_do_not_depend_on_the_sign_of_the_factors(method):
    found = principal_components(factors(), method=method).coordinates
    assert (found[np.abs(found).argmax(axis=0), range(3)] > 0).all()
    again = principal_components(-factors(), method=method).coordinates
    np.testing.assert_allclose(again, found, atol=1e-8)


@pytest.mark.parametrize(("k", "method"), [(0, "factors"), (7, "factors"), (6, "lesson"), (1, "x")])
def test_components_out_of_bounds_are_refused(k, method):
    with pytest.raises(InputError, match="should be"):
        principal_components(factors(), n_components=k, method=method)


def test_equal_films_have_components_of_no_variance():
    found = principal_components(np.ones((5, 3)), n_components=2)
    assert not found.coordinates.any() and not found.explained.any()


def test_correlations_find_what_was_planted():
    rng = np.random.default_rng(1)
    comedy, year = rng.integers(0, 2, 80), rng.integers(1950, 2010, 80)
    table = np.stack([10.0 * comedy, (year - 1980) / 20, 1e-3 * rng.normal(size=80)], axis=1)
    films = pd.DataFrame(
        {
            "genres": np.where(comedy, "Comedy|Drama", "Drama"),
            "year": year,
            "bias": rng.normal(size=80),
            "count": rng.integers(1, 99, 80),
        }
    )
    found = correlations(principal_components(table, n_components=2), films, ("Comedy", "Drama"))
    value = found.set_index(["property", "component"])["correlation"]
    assert abs(value["Comedy", 1]) > 0.99 and abs(value["year of release", 2]) > 0.99
    assert np.isnan(value["Drama", 1])  # every film is one
    assert abs(value["bias", 1]) < 0.4


def test_films_without_a_year_do_not_count_as_year_0():
    films = pd.DataFrame(
        {"genres": "", "year": [0, 1960, 1980, 2000], "bias": [1.0, 2, 3, 5], "count": [1, 2, 4, 8]}
    )
    table = np.array([[50.0, 0], [1, 0], [2, 0], [3, 1]])
    found = correlations(principal_components(table, n_components=1), films, ())
    year = found.set_index("property")["correlation"]["year of release"]
    assert abs(year) > 0.99


def test_fold_in_is_where_gradient_descent_ends():
    rng = np.random.default_rng(0)
    q, residuals = rng.normal(size=(8, 5)), rng.normal(size=8)
    exact = fold_in(residuals, q, PENALTY, strength=0.7)

    import jax
    import jax.numpy as jnp

    ridge = jnp.asarray(PENALTY.at(8, 5, 0.7))

    def loss(w):
        error = residuals - w[0] - q @ w[1:]
        return (error**2).sum() + (ridge * w**2).sum()

    optimizer = optax.sgd(0.01)

    def step(carry, _):
        w, state = carry
        updates, state = optimizer.update(jax.grad(loss)(w), state)
        return (optax.apply_updates(w, updates), state), None

    start = jnp.zeros(6)
    (w, _), _ = jax.lax.scan(step, (start, optimizer.init(start)), length=5000)
    np.testing.assert_allclose(w, np.concatenate([[exact.bias], exact.factors]), atol=1e-5)


def test_no_ratings_leave_the_average_user():
    user = fold_in(np.zeros(0), np.zeros((0, 5)), PENALTY)
    assert user.bias == 0 and not user.factors.any()


@settings(max_examples=50, deadline=None)
@given(st.floats(0.1, 10), st.integers(1, 30))
def test_a_stronger_penalty_never_gives_a_longer_user(strength, n):
    rng = np.random.default_rng(n)
    q, residuals = rng.normal(size=(n, 4)), rng.normal(size=n)
    ridge = PENALTY.at(n, 4)

    def length(user):
        return ridge @ np.concatenate([[user.bias], user.factors]) ** 2

    weak = fold_in(residuals, q, PENALTY, strength=strength)
    strong = fold_in(residuals, q, PENALTY, strength=2 * strength)
    assert length(strong) <= length(weak) + 1e-12


@pytest.mark.parametrize(
    ("residuals", "q", "strength"),
    [
        (np.zeros(2), np.zeros((3, 5)), 1.0),
        (np.array([np.nan]), np.zeros((1, 5)), 1.0),
        (np.zeros(1), np.zeros((1, 5)), 0.0),
        (np.zeros(1), np.zeros((1, 5)), float("inf")),
    ],
)
def test_unusable_input_to_fold_in_is_refused(residuals, q, strength):
    with pytest.raises(InputError, match="should"):
        fold_in(residuals, q, PENALTY, strength=strength)


def test_parts_sum_to_the_prediction_exactly(films):
    for user in (films.new_user({0: 5.0, 3: 1.0}), films.new_user({})):
        for film in (0, 5, 47):  # the last one is a film that few people rated
            explanation = films.explain(user, film, n_parts=2)
            assert explanation.parts["stars"].sum() == pytest.approx(
                explanation.prediction, abs=1e-12
            )
            assert explanation.prediction == pytest.approx(
                float(films.predict(user, film)), abs=1e-5
            )
            assert len(explanation.parts) == 4 + 2 + 1


def test_all_parts_shown_leave_no_rest(films):
    explanation = films.explain(films.new_user({4: 4.5}), 2, n_parts=99)
    assert "rest" not in set(explanation.parts["kind"])
    assert explanation.parts["stars"].sum() == pytest.approx(explanation.prediction, abs=1e-9)


def test_ranking_is_by_bias_and_ranks_are_consistent(films):
    table = films.ranking()
    assert table["bias"].is_monotonic_decreasing
    assert sorted(table["bias_rank"]) == list(range(1, len(table) + 1))
    assert table["bias_rank"].is_monotonic_increasing
    assert (table["reversal"] == table["mean_rank"] - table["bias_rank"]).all()
    assert not films.ranking(min_count=10**6).size


def test_filters_keep_what_they_say(films):
    assert films.ranking(genres=["Action"])["genres"].str.contains("Action").all()
    assert set(films.ranking(decades=["1950s"])["decade"]) == {"1950s"}
    assert films.ranking(search="film 7")["label"].str.contains("7").all()
    assert len(films.ranking(top_n=5)) == 5


@pytest.mark.parametrize(
    "ask",
    [
        lambda f: f.ranking(genres=["Western"]),
        lambda f: f.ranking(decades=["1850s"]),
        lambda f: f.ranking(epoch=99),
        lambda f: f.ranking(top_n=0),
        lambda f: f.find("no such film at all"),
        lambda f: f.find(""),
        lambda f: f.new_user({0: 6.0}),
        lambda f: f.new_user({10**6: 3.0}),
        lambda f: f.new_user({-1: 3.0}),
        lambda f: f.snapshot(77),
    ],
)
def test_questions_out_of_bounds_are_refused(films, ask):
    with pytest.raises(InputError, match="should be"):
        ask(films)


def test_a_film_is_found_by_title_in_any_case_and_order(films):
    row = films.find("The Film 7 (1957)")
    assert films.films["label"][row] == "The Film 7 (1957)"
    assert films.find("film 7, THE") == row == films.find(" the film 7 ")


def test_a_misspelt_title_names_the_nearest(films):
    with pytest.raises(InputError, match=r"did you mean The Film"):
        films.find("The Flim 7")


def test_search_prefers_films_with_more_ratings(films):
    rows = films.search("film")
    counts = films.films["count"].to_numpy()[rows]
    assert (np.diff(counts) <= 0).all()
    assert len(films.search("", limit=3)) == 3


def test_similar_films_lead_with_a_copy(films):
    bundle = movie_bundle()
    arrays = dict(bundle.arrays)
    copied = arrays["item_factors"].copy()  # of the first films: all of these have factors
    copied[9] = [1.0, -2.0, 0.5, 3.0]  # unlike all others
    copied[4] = 2 * copied[9]
    arrays["item_factors"] = copied
    explorer = MovieExplorer(dataclasses.replace(bundle, arrays=arrays))
    table = explorer.similar(9, n=3)
    assert table.index[0] == 4 and table["similarity"].iloc[0] == pytest.approx(1, abs=1e-3)
    assert 9 not in table.index


def test_a_new_user_with_a_trained_users_ratings_becomes_that_user():
    """With the films fixed, the closed form and the trainer's own half sweep agree."""
    from core.movies.train import als
    from tests.core.movies.samples import checkerboard

    data = checkerboard()
    config = als.AlsConfig(n_factors=4, n_cg_steps=40)
    offset = float(data.ratings.mean())
    centred = data.ratings - np.float32(offset)
    sides = (
        als.cut_segments(data.users, data.items, centred, data.n_users, data.n_items),
        als.cut_segments(data.items, data.users, centred, data.n_items, data.n_users),
    )
    state = als.initial_state(config, data.n_users, data.n_items, seed=0)
    for _ in range(5):
        state = als.sweep(config, state, *sides)
    films_then = np.asarray(state.items)
    users = np.asarray(als.sweep(config, state, *sides).users)
    penalty = Penalty(config.l2_bias, config.prior_bias, config.l2_factors, config.prior_factors)
    mine = data.users == 3
    items = data.items[mine]
    user = fold_in(centred[mine] - films_then[items, 0], films_then[items, 1:], penalty)
    np.testing.assert_allclose(users[3], [user.bias, *user.factors], atol=1e-4)


def test_rating_a_film_high_recommends_its_like(films):
    user = films.new_user({0: 5.0, 2: 5.0, 1: 0.5, 3: 0.5})
    predictions = films.predictions(user)["prediction"]
    assert predictions[4] > predictions[5]  # the checkerboard's two camps
    best = films.recommend(user, rated=[0, 2], n=3)
    assert not {0, 2} & set(best.index) and best["prediction"].is_monotonic_decreasing


def test_uncertainty_is_the_spread_over_seeds(films):
    data = with_rare_films(checkerboard(48, share=0.9))
    preset = Preset("toy", AlsConfig(n_factors=4), n_epochs=4)
    runs = [train_one(preset, data, seed=seed) for seed in (0, 1)]
    expected = np.std([run.arrays["item_bias"] for run in runs], axis=0, ddof=1)
    expected[47] = np.nan  # too few ratings for a bias of its own
    np.testing.assert_allclose(films.films["bias_sd"], expected, rtol=1e-3)


def test_snapshots_end_in_the_model_itself(films):
    bias, factors = films.snapshot(films.epochs[-1])
    np.testing.assert_array_equal(bias, films.item_bias)
    np.testing.assert_array_equal(factors, films.item_factors)
    bias, factors = films.snapshot(films.epochs[0])
    assert factors.shape == films.item_factors.shape
    np.testing.assert_array_equal(np.isfinite(bias), films.films["has_bias"])
    np.testing.assert_array_equal(np.isfinite(factors).all(axis=1), films.films["has_factors"])


def test_films_that_few_rated_have_what_genres_and_year_let_expect(films):
    known = films.films["has_factors"].to_numpy()
    assert known.sum() == 44 == len(films.mapped()) and films.n_ranked == 47
    assert set(films.top_by_count()) == set(range(47))
    # in the checkerboard genre and year go by the number of the film, and taste does, too
    side = side_information(
        films.films["year"].to_numpy(),
        np.array([["Action" in g, "Comedy" in g, "Drama" in g] for g in films.films["genres"]]),
    )
    fitted = RidgeCV(np.geomspace(1, 1e4, 9)).fit(side[known], films.item_factors[known])
    np.testing.assert_allclose(
        films.item_factors[~known], fitted.predict(side[~known]), rtol=1e-3, atol=1e-4
    )
    cosine = films.item_factors[46] @ films.item_factors[40]
    assert cosine > 0 > films.item_factors[46] @ films.item_factors[41]


def test_ratings_by_id_become_rows(films):
    ids = films.films["movie_id"]
    assert films.rows_of({int(ids[7]): 4.5, 999_999: 1.0, int(ids[0]): 2.0}) == {7: 4.5, 0: 2.0}


def test_the_share_of_stricter_raters_comes_from_quantiles(films):
    quantiles = films.bundle.arrays["rater_bias_quantiles"]
    assert films.share_of_stricter(-9.0) == 0 and films.share_of_stricter(9.0) == 1
    assert films.share_of_stricter(float(quantiles[10])) == pytest.approx(0.5, abs=0.3)
    assert films.share_of_stricter(0.1) <= films.share_of_stricter(0.2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tables": {}}, "table films is missing"),
        ({"config": {}}, "config lacks offset; config lacks penalty"),
        ({"arrays": {}}, "array item_bias is missing; array item_factors is missing"),
    ],
)
def test_a_bundle_that_lacks_something_names_it(change, message):
    with pytest.raises(BundleError, match=message):
        MovieExplorer(dataclasses.replace(movie_bundle(), **change))
