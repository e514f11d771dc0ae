"""Models, their training and their bundles on small data with a known answer."""

import dataclasses
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from core.bundle import ASSETS, load_bundle, save_bundle
from core.checkpoint import Checkpoints
from core.datasets import ensure
from core.errors import InputError
from core.movies.data import mean_squared_error, random_split, read_movielens, side_information
from core.movies.disclosure import HISTOGRAM_STEP, film_columns
from core.movies.explore import MovieExplorer
from core.movies.model import RatingConfig, RatingModel
from core.movies.train import bayes, gather, measure_on, recorded_recipe, train_part
from core.movies.train.als import AlsConfig
from core.movies.train.gradient import learning_rate
from core.movies.train.one_split import train_one
from core.movies.train.presets import PRESETS, Preset, find_preset
from tests.core.movies.samples import TOY, checkerboard, planted_biases, with_rare_films

SMALL = {"n_factors": 4, "batch_size": 16, "n_hidden": 8, "schedule": ((30, 1e-2),)}


def count(config, n_users=7, n_items=5):
    model = RatingModel(config, n_users, n_items, rngs=nnx.Rngs(0))
    return sum(leaf.size for leaf in jax.tree.leaves(nnx.state(model, nnx.Param)))


@pytest.mark.parametrize(
    ("architecture", "expected"),
    [
        ("dot", 12 * 50),
        ("bias", 12 * 51),
        ("net", 12 * 50 + 100 * 70 + 70 + 70 + 1),
        ("metadata", 12 * 51 + 9 * 50 + 109 * 70 + 70 + 70 + 1),
    ],
)
def test_parameters_are_counted(architecture, expected):
    assert (
        count(RatingConfig(architecture, n_side=9 if architecture == "metadata" else 0)) == expected
    )


@pytest.mark.parametrize("architecture", ["dot", "bias", "net", "metadata"])
@pytest.mark.parametrize("batch", [1, 6])
def test_one_rating_per_pair_comes_out(architecture, batch):
    config = RatingConfig(architecture, n_side=3)
    model = RatingModel(config, 7, 5, rngs=nnx.Rngs(0))
    ids = jnp.arange(batch) % 5
    stars = model(ids, ids, jnp.ones((batch, 3)), nnx.Rngs(dropout=0))
    assert stars.shape == (batch,) and stars.dtype == jnp.float32


def test_hand_set_weights_give_the_formula():
    config = RatingConfig("bias", n_factors=2, offset=3.0)
    model = RatingModel(config, 2, 2, rngs=nnx.Rngs(0))
    model.user_factors.embedding[...] = jnp.array([[1.0, 2], [0, 1]])
    model.item_factors.embedding[...] = jnp.array([[0.5, 0.25], [-1, 1]])
    model.user_bias.embedding[...] = jnp.array([[0.1], [0.2]])
    model.item_bias.embedding[...] = jnp.array([[0.3], [0.4]])
    stars = model(jnp.array([0, 1]), jnp.array([1, 0]), jnp.zeros((2, 0)))
    np.testing.assert_allclose(stars, [3 + 0.1 + 0.4 + 1, 3 + 0.2 + 0.3 + 0.25], rtol=1e-6)
    assert float(model.penalty()) == pytest.approx(1e-4 * (6 + 2.3125), rel=1e-5)


def test_a_rating_range_is_never_left():
    config = RatingConfig("dot", n_factors=2, rating_range=(0.5, 5.0))
    model = RatingModel(config, 1, 1, rngs=nnx.Rngs(0))
    model.user_factors.embedding[...] = jnp.array([[90.0, 0]])
    model.item_factors.embedding[...] = jnp.array([[-90.0, 0]])
    zero = jnp.zeros(1, jnp.int32)
    assert 0.5 <= float(model(zero, zero, jnp.zeros((1, 0)))[0]) <= 5.0


@pytest.mark.parametrize("architecture", ["bias", "net", "metadata"])
def test_training_beats_the_mean_on_planted_biases(architecture):
    data, _ = planted_biases()
    dropout = (0.0, 0.0)
    config = RatingConfig(architecture, dropout=dropout, offset=3.0, **SMALL)
    run = train_one(Preset("toy", config, 30), data, seed=0)
    held_out = data.ratings[~random_split(len(data.ratings), seed=0)]
    assert run.val_mse < 0.4 * held_out.var()
    assert run.history[-1]["loss"] < run.history[1]["loss"]


def test_alternating_finds_planted_biases():
    data, planted = planted_biases()
    run = train_one(Preset("toy", AlsConfig(n_factors=0, prior_bias=0.0), 10), data, seed=0)
    assert np.corrcoef(run.arrays["item_bias"], planted)[0, 1] > 0.97


def test_a_checkerboard_needs_factors():
    data = checkerboard()
    flat = train_one(Preset("toy", AlsConfig(n_factors=0), 10), data, seed=0)
    folded = train_one(Preset("toy", AlsConfig(n_factors=3), 20), data, seed=0)
    assert flat.val_mse > 1.5 and folded.val_mse < 0.2


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("bias", AlsConfig(n_factors=3)),
        ("metadata", RatingConfig("metadata", **SMALL)),
        ("best", bayes.Config(n_factors=2, n_implicit=2, n_burn_in=1, mean_rank=20)),
    ],
)
def test_a_bundle_records_what_makes_its_run_again(tmp_path, name, config):
    data = checkerboard(40, share=0.9)
    run = train_one(Preset("toy", config, 3), data, seed=0)
    folder = save_bundle(gather(name, TOY, data, [run], "none"), tmp_path / "b")
    bundle = load_bundle(folder, kind="movies")
    # what a run fills in (the sweeps of a chain, the columns of side information) is recorded, too
    assert recorded_recipe(bundle).config == run.config
    measured = measure_on(bundle, data)
    assert measured["val_mse"]["recorded"] == run.val_mse
    assert measured["val_mse"]["measured"] == pytest.approx(run.val_mse, rel=1e-5)
    assert ("shipped_mse" in measured) == bool(bundle.arrays) == (name == "bias")


@pytest.mark.parametrize("folder", sorted(ASSETS.glob("movies-*")), ids=lambda path: path.name)
def test_what_ships_records_all_that_measuring_it_again_reads(folder):
    bundle = load_bundle(folder)
    assert recorded_recipe(bundle).n_epochs == bundle.config["n_epochs"]
    folds = re.search(r"--folds (\d+)", bundle.command)
    assert bundle.config["n_folds"] == (int(folds[1]) if folds else None)


def test_films_as_they_ship_are_measured_as_they_are():
    data = with_rare_films(checkerboard(48, share=0.9))
    train = random_split(len(data.ratings), seed=0)
    run = train_one(Preset("toy", AlsConfig(n_factors=3), 14), data, seed=0)
    bundle = gather("bias", TOY, data, [run], "none")
    shipped = measure_on(bundle, data)["shipped_mse"]
    assert shipped["measured"] == shipped["recorded"]
    films = MovieExplorer(bundle)
    errors = []
    for user, item, stars in zip(
        data.users[~train], data.items[~train], data.ratings[~train], strict=True
    ):
        own = train & (data.users == user)
        rater = films.new_user(dict(zip(data.items[own], data.ratings[own], strict=True)))
        errors.append(np.clip(films.predict(rater, item), 0.5, 5) - stars)
    assert shipped["measured"] == pytest.approx(np.square(errors).mean(), rel=1e-5)
    # a changed film is noticed
    arrays = dict(bundle.arrays) | {"item_factors": bundle.arrays["item_factors"][::-1].copy()}
    worse = measure_on(dataclasses.replace(bundle, arrays=arrays), data)["shipped_mse"]
    assert worse["measured"] > 1.5 * worse["recorded"]


def test_no_rater_is_in_a_bundle_and_no_film_that_few_rated():
    data = with_rare_films(checkerboard(48, share=0.9))
    runs = [train_one(Preset("toy", AlsConfig(n_factors=3), 3), data, seed=s) for s in (0, 1)]
    bundle = gather("bias", TOY, data, runs, "none")
    counts = np.bincount(data.items)
    assert counts[47] == 9 and (counts[44:47] == 20).all() and (counts[:44] >= 30).all()
    assert set(bundle.tables) == {"films"}
    sizes = {len(array) for name, array in bundle.arrays.items() if "expected" not in name}
    assert sizes == {47, 44, 21}  # films with a bias, films with factors, quantiles
    table = bundle.tables["films"]
    histogram = table[film_columns()].to_numpy()
    assert not histogram[44:].any() and not (histogram % HISTOGRAM_STEP).any()
    assert table["count"].tolist() == [*counts[:47], 0]
    assert np.isnan(table["mean"].iloc[47]) and np.isfinite(table["mean"].iloc[:47]).all()
    assert "44 films with 30 ratings or more" in bundle.card


def test_figures_only_leaves_all_films_out():
    data = checkerboard(40, share=0.9)
    run = train_one(Preset("toy", AlsConfig(n_factors=2), 1), data, seed=0)
    bundle = gather("bias", TOY, data, [run], "none", is_figures_only=True)
    assert not bundle.arrays and not bundle.tables and "Figures only" in bundle.card
    few = checkerboard()  # no film has 30 ratings
    run = train_one(Preset("toy", AlsConfig(n_factors=2), 1), few, seed=0)
    assert not gather("bias", TOY, few, [run], "none").arrays


def test_a_bundle_of_folds_is_measured_on_its_own_fold():
    data = checkerboard()
    fold = train_part(len(data.ratings), seed=0, n_folds=3, fold=0)
    run = train_one(Preset("toy", AlsConfig(n_factors=3), 3), data, seed=0, train=fold)
    measured = measure_on(gather("bias", TOY, data, [run], "none", n_folds=3), data)["val_mse"]
    assert measured["measured"] == pytest.approx(measured["recorded"], rel=1e-5)
    as_if_random = measure_on(gather("bias", TOY, data, [run], "none"), data)["val_mse"]
    assert as_if_random["measured"] != pytest.approx(as_if_random["recorded"], rel=1e-2)


def test_a_bundle_is_not_measured_on_other_data():
    data = checkerboard()
    run = train_one(Preset("toy", AlsConfig(n_factors=2), 1), data, seed=0)
    bundle = gather("bias", TOY, data, [run], "none")
    with pytest.raises(InputError, match="has 60 users and 40 films, the bundle 24 and 24"):
        measure_on(bundle, planted_biases()[0])


def test_several_seeds_give_a_mean_and_a_spread():
    data = checkerboard()
    preset = Preset("toy", AlsConfig(n_factors=3), 3)
    runs = [train_one(preset, data, seed=seed) for seed in (0, 1, 2)]
    metric = gather("bias", TOY, data, runs, "none").metrics["val_mse"]
    assert metric["value"] == pytest.approx(np.mean([run.val_mse for run in runs]))
    assert metric["sd"] == pytest.approx(np.std([run.val_mse for run in runs], ddof=1))


def test_the_same_seed_gives_the_same_model_and_resuming_changes_nothing(tmp_path):
    data, preset = checkerboard(), Preset("toy", RatingConfig("bias", **SMALL), 4)
    whole = train_one(preset, data, seed=5)
    first = Checkpoints(tmp_path / "c", {}, resume=False, every_s=0)
    train_one(preset, data, seed=5, n_epochs=2, checkpoints=first)
    first.close()
    second = Checkpoints(tmp_path / "c", {}, resume=True, every_s=0)
    resumed = train_one(preset, data, seed=5, checkpoints=second)
    for name, array in whole.arrays.items():
        np.testing.assert_array_equal(array, resumed.arrays[name])


def test_the_schedule_changes_at_its_epochs():
    schedule = learning_rate(RatingConfig(schedule=((1, 1e-3), (2, 1e-2), (1, 1e-4))), 10)
    rates = [float(schedule(step)) for step in (0, 9, 10, 29, 30, 99)]
    np.testing.assert_allclose(rates, [1e-3, 1e-3, 1e-2, 1e-2, 1e-4, 1e-4], rtol=1e-6)


def test_errors_are_measured_on_the_scale_of_stars():
    assert mean_squared_error(np.array([9.0, -3, 3]), np.array([5.0, 0.5, 2])) == pytest.approx(
        1 / 3
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": "deep"}, r"architecture \(deep\) should be one of"),
        ({"n_factors": 0}, "n_factors"),
        ({"l2_factors": -1.0}, "l2_factors"),
        ({"dropout": (0.1, 1.0)}, "dropout"),
        ({"rating_range": (5.0, 1.0)}, "rating_range"),
        ({"schedule": ()}, "schedule"),
        ({"schedule": ((0, 1e-3),)}, "schedule"),
    ],
)
def test_settings_out_of_bounds_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        dataclasses.replace(RatingConfig(), **change)


def test_an_unknown_preset_names_the_known():
    with pytest.raises(InputError, match="preset .nope. should be one of bias"):
        find_preset("nope")
    assert all(preset.n_epochs > max(preset.snapshots, default=0) for preset in PRESETS.values())


def test_alternating_refuses_several_devices():
    with pytest.raises(InputError, match=r"devices \(2\) should be 1"):
        train_one(PRESETS["bias"], checkerboard(), seed=0, n_devices=2)


def test_real_ratings_reach_the_lessons_number(mirror, tmp_path):
    data = read_movielens(ensure("ml-latest-small-2016", mirror=mirror, data_dir=tmp_path))
    run = train_one(PRESETS["bias"], data, seed=0)
    assert run.val_mse < 0.7979
    assert side_information(data.years, data.has_genre).shape == (9066, 28)
    battlefield = data.titles.index("Battlefield Earth")
    counts = np.bincount(data.items, minlength=data.n_items)
    top = np.argsort(-counts, kind="stable")[:2000]
    rank = np.argsort(np.argsort(run.arrays["item_bias"][top]))[
        np.flatnonzero(top == battlefield)[0]
    ]
    assert rank < 5
