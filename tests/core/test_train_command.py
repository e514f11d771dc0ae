"""The command `train`: what a recipe refuses, and what is left where a training ends."""

import argparse
import itertools
from pathlib import Path

import numpy as np
import pytest

from core import interrupts, train_command
from core.bundle import Bundle
from core.commands import build_parser
from core.contents import CONTENTS, TOPICS, content_of, find_recipe, named, recipes_of
from core.errors import BundleError, InputError, LatentLabError
from core.output_folder import output_folder
from core.train_command import refuse_unused, train_and_save
from core.training_run import TrainingRun

# value of each option of `train`, as the parser has it, that is not where it stands by itself
OTHER_VALUES = {
    "seed": 3,
    "seeds": 2,
    "folds": 5,
    "epochs": 9,
    "devices": 8,
    "resume": True,
    "data": "another",
    "figures_only": True,
    "size": 96,
}
RECIPES = [(topic, preset) for topic in TOPICS for preset in recipes_of(topic)]


def made(run: TrainingRun | None = None) -> Bundle:
    return Bundle("movies", "b", {}, {}, {}, {"name": "d"}, {})


@pytest.mark.parametrize(("topic", "preset"), RECIPES)
def test_a_recipe_refuses_just_what_it_does_not_use(topic: str, preset: str) -> None:
    _, recipe = find_recipe(topic, preset)
    assert recipe.title and recipe.uses <= set(OTHER_VALUES)
    for name, value in OTHER_VALUES.items():
        if name in recipe.uses:
            refuse_unused(preset, recipe, {name: value})
            continue
        with pytest.raises(InputError, match=f"--{name.replace('_', '-')}.* should be left out"):
            refuse_unused(preset, recipe, {name: value})


def test_what_does_nothing_is_never_refused() -> None:
    _, recipe = find_recipe("words", "maps-glove")
    refuse_unused("maps-glove", recipe, {"seed": 0, "seeds": 1, "devices": 1})


@pytest.mark.parametrize(
    "command",
    [
        "words --preset maps-glove --epochs 3",
        "words --preset maps-glove --seed 3",
        "words --preset sgns --devices 2",
        "sentiment --preset nbsvm --devices 64",
        "sentiment --preset nbsvm --epochs 99",
        "sentiment --preset settings --devices 2",
        "batchnorm --preset surgery --devices 8",
        "batchnorm --preset surgery --seeds 2",
        "textgen --preset memory --seeds 2",
        "movies --preset best --devices 2",
    ],
)
def test_an_option_without_effect_is_refused_before_any_work(command: str, tmp_path: Path) -> None:
    args = build_parser().parse_args(["train", *command.split(), "--out", str(tmp_path / "out")])
    with pytest.raises(InputError, match="makes no use of it"):
        args.run(args)
    assert not list(tmp_path.iterdir())


def test_a_card_repeats_what_was_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[TrainingRun] = []

    def save(run: TrainingRun, out: object, make: object) -> Bundle:
        asked.append(run)
        return made()

    monkeypatch.setattr(train_command, "train_and_save", save)
    out = ["--out", str(tmp_path / "out"), "--json"]
    for given, said in (
        ("textgen", "train textgen --preset nietzsche-small"),
        ("textgen --seed 3 --epochs 2 --resume", "nietzsche-small --seed 3 --epochs 2"),
        ("batchnorm --photos mine --size 96 --seeds 1", "--seeds 1 --data mine --size 96"),
    ):
        args = build_parser().parse_args(["train", *given.split(), *out])
        args.run(args)
        assert asked[-1].command.endswith(said)
    assert asked[-1].data == "mine" and asked[1].resume and asked[1].seed == 3


def test_a_preset_may_have_its_former_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[TrainingRun] = []

    def save(run: TrainingRun, out: object, make: object) -> Bundle:
        asked.append(run)
        return made()

    monkeypatch.setattr(train_command, "train_and_save", save)
    for topic, former, now in (("sentiment", "together", "ensemble"),):
        options = [topic, "--preset", former, "--out", str(tmp_path / "out"), "--json"]
        args = build_parser().parse_args(["train", *options])
        args.run(args)
        assert asked[-1].preset == now and asked[-1].command.endswith(f"--preset {now}")


def test_every_row_names_what_exists_and_no_preset_is_named_twice() -> None:
    for content in CONTENTS:
        assert callable(named(content.train)) and callable(named(content.measure))
        assert not content.explorer or callable(named(content.explorer))
        assert content.topic in TOPICS
    for topic in TOPICS:
        presets = [list(named(content.recipes)) for content in CONTENTS if content.topic == topic]
        together = list(itertools.chain.from_iterable(presets))
        assert len(set(together)) == len(together) and TOPICS[topic].preset in together


def test_a_bundle_of_an_unknown_content_is_named() -> None:
    with pytest.raises(BundleError, match="'movies' with content 'posters' is unknown"):
        content_of(Bundle("movies", "b", {"content": "posters"}, {}, {}, {}, {}), "here")


def test_a_failed_training_leaves_nothing_and_a_stopped_one_says_how_to_go_on(
    tmp_path: Path,
) -> None:
    def refuse(run: TrainingRun) -> Bundle:
        with run.checkpoints("net", {}):
            raise InputError("folds")

    def stop(run: TrainingRun) -> Bundle:
        with run.checkpoints("net", {}) as saved:
            if run.n_epochs:
                saved.save(1, {"x": np.zeros(2)}, {})
            raise KeyboardInterrupt

    asked = tmp_path / "runs" / "b"
    with pytest.raises(InputError), output_folder(asked, needed=1) as out:
        train_and_save(TrainingRun(), out, refuse)
    assert not list(tmp_path.iterdir())
    for epochs, said in ((None, "stopped"), (5, "stopped; the same command with --resume goes on")):
        with pytest.raises(KeyboardInterrupt), output_folder(asked, needed=1) as out:
            train_and_save(TrainingRun(n_epochs=epochs), out, stop)
        assert interrupts.stopping_words().startswith(said)
        assert (tmp_path / "runs").exists() == (epochs is not None)


def test_a_report_that_cannot_be_written_says_where_the_bundle_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell(*_: object, **__: object) -> None:
        raise LatentLabError("standard output cannot take the results")

    monkeypatch.setattr(train_command, "report", tell)
    monkeypatch.setattr(train_command, "named", lambda _: lambda run, recipe: made())
    args = argparse.Namespace(
        topic="textgen",
        preset="nietzsche-small",
        list=False,
        out=tmp_path / "b",
        json=True,
        data_dir=None,
        mirror=None,
        own_options=(),
        **dict.fromkeys(("seed", "seeds", "folds", "epochs", "devices", "resume", "data")),
    )
    with pytest.raises(LatentLabError, match="the bundle is written to .*b"):
        train_command.run_training(args)
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
