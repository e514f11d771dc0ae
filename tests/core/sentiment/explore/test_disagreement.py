"""Who is right and where models part ways, against tables small enough to check by eye."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from core.bundle import Bundle
from core.errors import DataError, InputError
from core.sentiment.explore import disagreement
from core.sentiment.explore.comparison import Comparison
from core.sentiment.explore.disagreement import ANYONE, CHOSEN, EVERYONE, Verdicts
from core.sentiment.metrics import accuracy, wilson
from tests.dashboard.board_samples import board_bundle
from tests.dashboard.review_samples import review_bundle

LABELS = np.array([1, 0, 1, 0, 1])
LOGITS = np.array(
    [
        [2.0, -2.0, -1.0, 1.0, 3.0],  # wrong on 2 and 3
        [2.0, -2.0, 2.0, 2.0, 3.0],  # wrong on 3
        [2.0, 0.0, 4.0, 3.0, -3.0],  # wrong on 3 and 4; a logit of 0 is no praise
    ]
)


def verdicts(mine: np.ndarray | None = None, temperatures: tuple = (1.0, 1.0, 1.0)) -> Verdicts:
    titles = ("One", "Two", "Three")
    return Verdicts(("a", "b", "c"), titles, LOGITS, np.array(temperatures), LABELS, mine)


def test_who_is_wrong_where() -> None:
    assert verdicts().is_wrong.astype(int).tolist() == [
        [0, 0, 1, 1, 0],
        [0, 0, 0, 1, 0],
        [0, 0, 0, 1, 1],
    ]


def test_the_best_comes_first_and_equals_share_a_place() -> None:
    table = disagreement.accuracies(verdicts())
    assert table["title"].tolist() == ["Two", "One", "Three"]
    assert table["place"].tolist() == [1, 2, 2]
    assert table["right"].tolist() == [4, 3, 3] and set(table["count"]) == {5}
    low, high = wilson(np.array([4]), np.array([5]))
    assert table.loc[0, ["low", "high"]].tolist() == pytest.approx([low[0], high[0]])


def test_the_visitor_stands_among_the_models() -> None:
    mine = np.array([0.9, 0.1, 0.6, 0.4, 0.5])  # 0.5 is no praise either: wrong on the last
    table = disagreement.accuracies(verdicts(mine))
    you = table[table["name"] == disagreement.VISITOR].iloc[0]
    assert (you["place"], you["right"], you["title"]) == (1, 4, "You")
    assert table["place"].tolist() == [1, 1, 3, 3]
    best = disagreement.accuracies(verdicts(LABELS.astype(float)))
    assert best.loc[0, "name"] == disagreement.VISITOR and best.loc[0, "accuracy"] == 1


def test_the_most_split_reviews_come_first() -> None:
    table = disagreement.disagreements(verdicts())
    said = 1 / (1 + np.exp(-LOGITS))
    spread = said.max(axis=0) - said.min(axis=0)
    assert table["review"].tolist() == [4, 2, 1, 3, 0]
    assert table["spread"].to_numpy() == pytest.approx(spread[[4, 2, 1, 3, 0]])
    assert table["n_wrong"].tolist() == [1, 1, 0, 3, 0]
    assert table["label"].tolist() == [1, 1, 0, 0, 1]
    assert table.loc[0, ["low", "high"]].tolist() == pytest.approx([said[2, 4], said[0, 4]])


def test_equal_spreads_stay_in_order() -> None:
    same = Verdicts(("a",), ("A",), np.zeros((1, 4)), np.ones(1), np.ones(4))
    assert disagreement.disagreements(same)["review"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("who", "chosen", "reviews"),
    [
        (ANYONE, None, [4, 2, 1, 3, 0]),
        (CHOSEN, "a", [2]),
        (CHOSEN, "b", []),
        (CHOSEN, "c", [4]),
        (EVERYONE, None, [3]),
    ],
)
def test_who_is_wrong_is_a_filter(who: str, chosen: str | None, reviews: list[int]) -> None:
    assert disagreement.disagreements(verdicts(), who, chosen)["review"].tolist() == reviews


def test_temperature_changes_how_sure_a_model_is_but_not_its_side() -> None:
    cool, hot = verdicts(), verdicts(temperatures=(1.0, 1.0, 10.0))
    assert np.array_equal(cool.is_wrong, hot.is_wrong)
    assert hot.probabilities[2, 4] == pytest.approx(1 / (1 + np.exp(0.3)))
    assert np.array_equal(cool.probabilities[:2], hot.probabilities[:2])


def test_what_each_says_of_one_review() -> None:
    table = disagreement.said_of(verdicts(np.array([0, 0, 0.2, 0, 0])), 2)
    assert table["name"].tolist() == ["a", "b", "c", disagreement.VISITOR]
    assert table["is_right"].tolist() == [False, True, True, False]
    assert table["probability"].tolist() == pytest.approx([0.2689, 0.8808, 0.982, 0.2], abs=1e-4)


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(InputError, match="0 models, 2 reviews"):
        disagreement.of_models({}, {}, np.ones(2))
    with pytest.raises(InputError, match=r"logits \(3, 5\) should be 3 models by 4 reviews"):
        dataclasses.replace(verdicts(), labels=np.ones(4))
    with pytest.raises(InputError, match="with a title and a temperature"):
        dataclasses.replace(verdicts(), titles=("One",))
    with pytest.raises(InputError, match=r"who \(nobody\) should be one of anyone, chosen"):
        disagreement.disagreements(verdicts(), "nobody")
    with pytest.raises(InputError, match=r"chosen \(None\) should be one of a, b, c"):
        disagreement.disagreements(verdicts(), CHOSEN)


def test_the_tables_of_bundles_give_what_the_leaderboard_measures() -> None:
    bundles = [board_bundle(name) for name in ("mlp", "nbsvm")]
    labels = bundles[0].tables["test"]["label"].to_numpy()
    found = disagreement.of_tables(bundles, labels.astype(np.float32))
    assert found.names == ("mlp", "nbsvm") and found.n_reviews == len(labels)
    table = disagreement.accuracies(found).set_index("name")
    models = Comparison(bundles)
    for bundle in bundles:
        logits = bundle.tables["test"]["logit"].to_numpy()
        name = bundle.name.removeprefix("sentiment-")
        assert table.loc[name, "accuracy"] == pytest.approx(accuracy(logits, labels))
        counts = models.confusion(name)
        wrong = counts[counts["label"] != counts["said"]]["count"].sum()
        assert table.loc[name, "right"] == len(labels) - wrong


def test_other_reviews_than_those_measured_are_refused() -> None:
    bundle = board_bundle("mlp")
    labels = bundle.tables["test"]["label"].to_numpy()
    for others in (labels[:-1], 1 - labels):
        with pytest.raises(DataError, match="are not the 400 that sentiment-mlp was measured on"):
            disagreement.of_tables([bundle], others)


def metric_only(bundle: Bundle, value: float) -> Bundle:
    return dataclasses.replace(bundle, metrics={"test_accuracy": {"value": value}})


def test_the_known_accuracy_is_that_of_the_weights_that_ship() -> None:
    with_table = metric_only(board_bundle("mlp"), 0.5)
    test = with_table.tables["test"]
    expected = accuracy(test["logit"].to_numpy(), test["label"].to_numpy())
    assert disagreement.known_accuracy(with_table) == pytest.approx(expected)
    without = metric_only(review_bundle("mlp"), 0.87)
    assert disagreement.known_accuracy(without) == 0.87
    broken = dataclasses.replace(without, tables={"test": pd.DataFrame({"label": [1]})}, metrics={})
    assert np.isnan(disagreement.known_accuracy(broken))
