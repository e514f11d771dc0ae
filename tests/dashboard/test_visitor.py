"""What the model makes of a visitor, against the closed form."""

import numpy as np
import pytest

from core.movies.explore import MovieExplorer
from core.movies.explore.fold_in import leave_one_out
from core.movies.explore.made_up import MADE_UP_RATERS
from dashboard.components import visitor
from tests.dashboard.film_samples import explorer


@pytest.fixture(scope="module")
def films() -> MovieExplorer:
    return explorer()


RATED = {0: 5.0, 4: 1.0, 7: 3.5}


def test_an_effect_is_what_the_rating_changed(films: MovieExplorer) -> None:
    effects = leave_one_out(films, RATED, 1.0)
    full, without = films.new_user(RATED), films.new_user({0: 5.0, 7: 3.5})
    assert effects.bias[1] == pytest.approx(full.bias - without.bias)
    change = full.factors @ films.item_factors[9] - without.factors @ films.item_factors[9]
    assert effects.on_taste(films.item_factors[[9]])[1, 0] == pytest.approx(change)


def test_of_a_single_rating_the_effect_is_everything(films: MovieExplorer) -> None:
    effects = leave_one_out(films, {3: 5.0}, 2.0)
    assert effects.bias[0] == pytest.approx(films.new_user({3: 5.0}, strength=2.0).bias)
    none = leave_one_out(films, {}, 1.0)
    assert none.bias.shape == (0,) and none.on_taste(films.item_factors).shape == (0, 60)


def test_a_reason_names_the_rating_that_gave_most(films: MovieExplorer) -> None:
    effects = leave_one_out(films, RATED, 1.0)
    best = films.recommend(films.new_user(RATED), rated=list(RATED), n=5)
    phrases = visitor.reasons(films, best, RATED, effects)
    on_taste = effects.on_taste(films.item_factors[best.index])
    for place, phrase in enumerate(phrases):
        strongest = int(on_taste[:, place].argmax())
        if on_taste[strongest, place] >= 0.005:
            assert films.films["title"][list(RATED)[strongest]] in phrase
    assert visitor.reasons(films, best.iloc[:1], {}, effects) == [
        f"film bias {best['bias'].iloc[0]:+.2f}"
    ]


def test_rating_changing_and_removing_write_the_link(films: MovieExplorer) -> None:
    text = visitor.changed({}, 318, 4.5)
    text = visitor.changed(visitor.read(films, text).ratings, 260, 5.0)
    assert text == "318-9.260-10"
    ratings = visitor.read(films, text).ratings
    assert visitor.changed(ratings, 318, 0.5) == "318-1.260-10"
    assert visitor.changed(ratings, 318, None) == "260-10"


@pytest.mark.parametrize("name", visitor.RATERS)
def test_invented_raters_name_only_films_that_are_there(films: MovieExplorer, name: str) -> None:
    read = visitor.read(films, visitor.invented(films, name))
    assert read.ratings and not read.problem
    assert len(read.ratings) < len(MADE_UP_RATERS[name]) or name == "Hates everything"


def test_starters_are_many_at_first_and_never_rated_ones(films: MovieExplorer) -> None:
    assert len(visitor.starters(films, {})) == visitor.N_STARTERS
    offered = visitor.starters(films, RATED)
    assert len(offered) == visitor.N_MORE and not set(offered) & set(RATED)


def test_rows_of_unknown_ids_are_left_out(films: MovieExplorer) -> None:
    assert list(films.rows_of({318: 1.0, 999_999: 1.0, 260: 1.0})) == [2, 0]


def test_stars_and_strengths() -> None:
    assert visitor.stars_words(4.5) == "★★★★½" and visitor.stars_words(0.5) == "½"
    assert list(visitor.STRENGTHS) == sorted(visitor.STRENGTHS) and 1.0 in visitor.STRENGTHS
    ratios = np.diff(np.log(visitor.STRENGTHS))
    assert ratios.max() / ratios.min() < 2
