"""The exaggeration's way down: known values, and the descent and the pages agree on it."""

import numpy as np
import pytest

from core.words.explore.live import TsneSettings
from core.words.tsne.config import TsneConfig, exaggeration_factors, exaggeration_phases
from core.words.tsne.descent import _Schedule


def test_phases_are_shares_of_all_iterations() -> None:
    assert exaggeration_phases(1000) == (50, 600)
    assert exaggeration_phases(1000, 250, 0) == (250, 250)
    assert exaggeration_phases(10) == (0, 5)


def test_it_falls_evenly_in_its_logarithm() -> None:
    assert exaggeration_factors(np.array([0, 50, 325, 600, 999]), 16.0, 50, 600) == pytest.approx(
        [16, 16, 4, 1, 1]
    )
    assert exaggeration_factors(np.array([249, 250]), 12.0, 250, 250) == pytest.approx([12, 1])


@pytest.mark.parametrize(("whole", "eased"), [(None, None), (100, 0), (0, 300)])
def test_the_descent_follows_it(whole: int | None, eased: int | None) -> None:
    config = TsneConfig(exaggerated_iterations=whole, decay_iterations=eased)
    schedule = _Schedule(config.exaggeration, *config.exaggeration_phases, 0.0)
    moments = np.arange(0, 1000, 33)
    descended = [float(schedule.at(int(moment), 500)[0]) for moment in moments]
    told = exaggeration_factors(moments, config.exaggeration, *config.exaggeration_phases)
    assert descended == pytest.approx(told, rel=1e-5)


def test_pages_are_told_the_default_one() -> None:
    settings = TsneSettings(exaggeration=12.0, n_iterations=400)
    config = TsneConfig(exaggeration=12.0, n_iterations=400)
    moments = np.arange(0, 400, 7)
    expected = exaggeration_factors(moments, 12.0, *config.exaggeration_phases)
    np.testing.assert_array_equal(settings.pulls(moments), expected)
