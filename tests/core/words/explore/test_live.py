"""Maps drawn while a visitor watches: one at a time, with progress, stop, limits and memory."""

import threading

import numpy as np
import pytest

from core.errors import InputError
from core.words.explore import live
from core.words.explore.live import Run, TsneRunner, TsneSettings, choose_words, split_words
from core.words.explore.vectors import WordVectors

PATIENCE = 120  # seconds after which a hanging run fails a test


@pytest.fixture(scope="module")
def vectors() -> WordVectors:
    rng = np.random.default_rng(0)
    matrix = 3 * np.eye(2, 6)[np.arange(600) % 2] + rng.standard_normal((600, 6))
    return WordVectors("planted", "Planted", [f"w{row}" for row in range(600)], matrix)


@pytest.fixture
def runner() -> TsneRunner:
    return TsneRunner()


class Gate:
    """Holds a run at its first frame until the test lets it go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        plain = Run.should_stop

        def should_stop(run: Run) -> bool:
            self.reached.set()
            assert self.open.wait(PATIENCE)
            return plain(run)

        monkeypatch.setattr(Run, "should_stop", should_stop)


def test_a_run_ends_with_a_map(runner: TsneRunner, vectors: WordVectors) -> None:
    rows = np.arange(40)
    settings = TsneSettings(perplexity=8, n_iterations=200)
    run = runner.submit(vectors, rows, settings)
    assert run.wait(PATIENCE)
    assert (run.state, run.error) == ("done", "")
    assert run.iteration == run.n_iterations == 200
    found = run.maps[0]
    assert found.words == [f"w{row}" for row in rows]
    assert list(found.table.columns) == ["word", "rank", "x", "y", "preservation"]
    np.testing.assert_array_equal(found.frames.positions[-1], found.table[["x", "y"]])
    assert len(found.frames.iterations) == 101
    assert run.kls[-1] == (200, pytest.approx(found.kl))
    assert found.affinities.shape == (40, 40)
    assert 0.5 < found.trustworthiness <= 1
    assert 0 < found.preservation <= 1
    # the planted halves lie apart
    places = found.frames.positions[-1]
    gaps = ((places[:, None] - places[None]) ** 2).sum(2) + 1e9 * np.eye(40)
    assert (gaps.argmin(1) % 2 == rows % 2).mean() > 0.9


def test_the_same_map_is_remembered(runner: TsneRunner, vectors: WordVectors) -> None:
    rows, settings = np.arange(20), TsneSettings(perplexity=5, n_iterations=20)
    assert runner.known(vectors, rows, [settings]) is None
    first = runner.submit(vectors, rows, settings)
    assert first.wait(PATIENCE)
    assert runner.submit(vectors, rows, settings) is first
    assert runner.known(vectors, rows, [settings]) is first
    assert runner.known(vectors, rows[::-1], [settings]) is None


def test_only_a_few_are_remembered(
    runner: TsneRunner, vectors: WordVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_REMEMBERED", 1)
    rows = np.arange(20)
    settings = [TsneSettings(perplexity=5, n_iterations=n) for n in (5, 6)]
    for one in settings:
        assert runner.submit(vectors, rows, one).wait(PATIENCE)
    assert runner.known(vectors, rows, settings[:1]) is None
    assert runner.known(vectors, rows, settings[1:]) is not None


def test_one_map_at_a_time(
    runner: TsneRunner, vectors: WordVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    run = runner.submit(vectors, np.arange(20), TsneSettings(perplexity=5, n_iterations=20))
    assert gate.reached.wait(PATIENCE)
    assert run.is_running
    with pytest.raises(InputError, match="draws one at a time; try again"):
        runner.submit(vectors, np.arange(21), TsneSettings(perplexity=5))
    gate.open.set()
    assert run.wait(PATIENCE)
    other = runner.submit(vectors, np.arange(21), TsneSettings(perplexity=5, n_iterations=5))
    assert other.wait(PATIENCE)
    assert other.state == "done"


def test_a_stopped_run_keeps_what_it_reached(
    runner: TsneRunner, vectors: WordVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    settings = TsneSettings(perplexity=5, n_iterations=2000)
    run = runner.submit(vectors, np.arange(20), settings)
    assert gate.reached.wait(PATIENCE)
    run.stop()
    gate.open.set()
    assert run.wait(PATIENCE)
    assert run.state == "stopped"
    assert run.iteration < 2000
    assert len(run.maps[0].table) == 20
    assert runner.known(vectors, np.arange(20), [settings]) is None


def test_a_map_that_diverges_says_so(runner: TsneRunner, vectors: WordVectors) -> None:
    settings = TsneSettings(perplexity=5, learning_rate=9e5, n_iterations=300)
    run = runner.submit(vectors, np.arange(20), settings)
    assert run.wait(PATIENCE)
    if run.state == "failed":  # steps are cut, so a map may also survive such a rate
        assert "lower learning_rate" in run.error
    else:
        assert np.isfinite(run.maps[0].kl)


def test_small_multiples_lie_on_the_first(runner: TsneRunner, vectors: WordVectors) -> None:
    run = runner.multiples(vectors, np.arange(40), [5, 10], [0, 1], TsneSettings(n_iterations=150))
    assert run.wait(PATIENCE)
    assert run.state == "done"
    assert [(m.settings.perplexity, m.settings.seed) for m in run.maps] == [
        (5, 0),
        (5, 1),
        (10, 0),
        (10, 1),
    ]
    first = run.maps[0].table[["x", "y"]].to_numpy()
    for drawn in run.maps[1:]:
        own, turned = drawn.frames.positions[-1], drawn.table[["x", "y"]].to_numpy()
        assert ((turned - first) ** 2).sum() <= ((own - first) ** 2).sum() + 1e-6
    with pytest.raises(InputError, match=r"maps \(13\) should be from 1 to 12"):
        runner.multiples(vectors, np.arange(40), range(1, 14), [0], TsneSettings())
    with pytest.raises(InputError, match=r"words \(501\) should be from 8 to 500"):
        runner.multiples(vectors, np.arange(501), [5], [0], TsneSettings())


@pytest.mark.parametrize(
    ("n_words", "options", "words"),
    [
        (7, {}, r"words \(7\) should be from 8 to 2,000 different ones; add some"),
        (2001, {}, r"words \(2,001\) should be from 8 to 2,000 different ones; leave some out"),
        (50, {"perplexity": 30}, r"perplexity \(30\) should be from 1 to 16.3 for 50 words"),
        (50, {"perplexity": 5, "n_iterations": 2001}, r"iterations \(2001\) .* 1 to 2,000"),
        (50, {"perplexity": 5, "exaggeration": 0}, r"exaggeration \(0\) should be from 1 to 100"),
        (50, {"perplexity": 5, "learning_rate": -1.0}, r"learning rate \(-1\) should be above 0"),
    ],
)
def test_bounds_of_a_visitor(n_words: int, options: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        TsneSettings(**options).check(n_words)


def test_words_are_chosen_in_three_ways(vectors: WordVectors) -> None:
    np.testing.assert_array_equal(choose_words(vectors, most_frequent=9), np.arange(9))
    pasted = "w3, w1;w2\nw3  w4 w5 W6 w7 w8 w9"
    np.testing.assert_array_equal(choose_words(vectors, pasted=pasted), [3, 1, 2, 4, 5, 6, 7, 8, 9])
    near = choose_words(vectors, near="w10", n_near=12)
    assert near[0] == 10
    assert len(set(near)) == 13
    assert (near % 2 == 0).all()


def test_pasted_words_stand_apart_by_blanks_of_any_kind_commas_and_semicolons() -> None:
    text = '["good",\u00a0“bad”]; it\u2019s\u3000ugly\uff0cn\'t\r\n(so) "'
    assert split_words(text) == ["good", "bad", "it\u2019s", "ugly", "n't", "so", '"']
    assert split_words("[x](y) (z) [q]") == ["[x](y)", "z", "q"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pasted": "  "}, r"words \(0\) should be from 8 to 2,000 different ones; add some"),
        ({"pasted": "w1"}, r"words \(1\) should be from 8"),
        ({"pasted": "w1 " * 50}, r"words \(1\) should be from 8"),
        ({"pasted": " ".join(map(str, range(5000)))}, r"words \(5,000\) should be from 8 to 2,000"),
        ({"pasted": "w1 w2 w3 w4 w5 w6 w7 xx yy"}, r"2 words \(xx, yy\) are not among"),
        ({"most_frequent": 3}, r"words \(3\) should be from 8"),
        ({"most_frequent": 700}, r"words \(700\) should be from 8 to 600"),
        ({"near": "wx1"}, r"word \(wx1\) is not among the 600 words"),
        ({"near": "w1", "n_near": 2}, r"words \(3\) should be from 8"),
        ({}, "chosen in one way"),
        ({"near": "w1", "pasted": "w2"}, "chosen in one way"),
    ],
)
def test_bad_sets_of_words_are_refused(vectors: WordVectors, options: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        choose_words(vectors, **options)
