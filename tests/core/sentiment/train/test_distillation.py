import dataclasses

import numpy as np

from core.reviews import collect
from core.sentiment.data import Texts, labelled, take, unlabelled, validation_rows
from core.sentiment.metrics import log_loss
from core.sentiment.model.nbsvm import NbsvmConfig
from core.sentiment.train.distillation import measure_distilled, teach
from core.sentiment.train.nbsvm import fit_nbsvm
from core.sentiment.train.presets import Preset
from core.sentiment.train.protocol import Lessons, Runs, measure_net
from core.training_run import no_checkpoints
from tests.core.sentiment.samples import CONFIGS, draw_review, draw_reviews

TEACHER = NbsvmConfig()
PRESET = Preset("", CONFIGS["mlp"], n_epochs=3, learning_rate=0.02, batch_size=20, teacher=TEACHER)
N_MORE = 800


def drawn() -> tuple[Texts, Texts, Texts, np.ndarray]:
    """Train, test, reviews without labels, and which of those are for the film."""
    labelled_ones = [review for review in draw_reviews() if review[1] != "train_unsup"]
    rng = np.random.default_rng(7)
    truth = rng.integers(0, 2, N_MORE)
    more = [(draw_review(rng, label), "train_unsup", n, 0) for n, label in enumerate(truth)]
    reviews = collect((text.split(), *rest) for text, *rest in [*labelled_ones, *more])
    texts = unlabelled(reviews)
    # each review once: what stands in test or twice is left out
    return labelled(reviews, "train"), labelled(reviews, "test"), texts, truth[texts.numbers]


TRAIN, TEST, MORE, TRUTH = drawn()
# some wrong labels: where all are right, a teacher is sure of everything
IS_WRONG = np.random.default_rng(1).random(TRAIN.n_texts) < 0.15
NOISY = dataclasses.replace(TRAIN, labels=np.where(IS_WRONG, 1 - TRAIN.labels, TRAIN.labels))


def test_the_teacher_says_a_probability_of_each_review():
    lessons = teach(TEACHER, NOISY, MORE)
    assert lessons.texts is MORE
    for said in (lessons.for_choice, lessons.for_good):
        assert said.shape == (MORE.n_texts,) and said.dtype == np.float32
        assert (0 < said).all() and (said < 1).all()
        assert np.mean((said > 0.5) == (TRUTH > 0)) > 0.9
    assert lessons.seconds > 0


def test_what_is_said_for_choosing_owes_the_validation_part_a_temperature_alone():
    held = validation_rows(NOISY)
    careful = fit_nbsvm(TEACHER, take(NOISY, ~held))
    said = teach(TEACHER, NOISY, MORE).for_choice.astype(float)
    logits = np.log(said / (1 - said))
    raw = careful.logits(MORE.tokens, MORE.starts)
    scale = np.median(logits / raw)
    np.testing.assert_allclose(logits, scale * raw, atol=2e-3)
    part = take(NOISY, held)
    unseen = scale * careful.logits(part.tokens, part.starts)
    for factor in (0.9, 1.1):
        assert log_loss(factor * unseen, part.labels) > log_loss(unseen, part.labels)


def test_choosing_learns_from_the_careful_teacher_and_the_rest_from_the_other():
    right = np.where(TRUTH > 0, 0.99, 0.01).astype(np.float32)
    lessons = Lessons(MORE, right, 1 - right)  # many more than the labelled ones, and all wrong
    found = measure_net(PRESET, TRAIN, TEST, Runs(range(1)), lessons=lessons)
    assert found.accuracies["val"][0] > 0.9
    assert found.accuracies["test"][0] < 0.5


def test_a_distilled_net_is_measured_beside_the_same_one_undistilled():
    asked = []

    def checkpoints(name):
        asked.append(name)
        return no_checkpoints(name)

    runs = Runs(range(3, 5), checkpoints=checkpoints)
    found = measure_distilled(PRESET, TRAIN, TEST, runs, unlabelled=MORE)
    alone = dataclasses.replace(PRESET, teacher=None)
    plain = measure_net(alone, TRAIN, TEST, Runs(range(3, 5)))
    assert found.accuracies["undistilled"] == plain.accuracies["test"]
    assert np.mean(found.accuracies["test"]) >= np.mean(plain.accuracies["test"])
    assert found.config["n_distilled"] == MORE.n_texts
    assert len(found.test_logits) == len(found.accuracies["test"]) == 2
    # a killed run finds each of its trainings again, so no two share a name
    assert len(set(asked)) == len(asked) == 8
    assert found.train_s > sum(
        row["seconds"] for row in found.histories["full"]["3"][1 : found.epochs + 1]
    )
