"""`train words`, and the questions of `words`."""

import argparse
from typing import Any

from core.bundle import ASSETS, Bundle, load_bundle
from core.options import add_training, refuse_other_data, write_presets
from core.words import OUR_VECTORS
from core.words.questions import register
from core.words.sets import GLOVE, open_set

__all__ = ["evaluate", "register", "register_training"]

MAPS_PREFIX = "maps-"  # presets of `train words` that draw maps: maps-glove, maps-sgns


def register_training(topics: argparse._SubParsersAction) -> None:
    """Adds `train words`."""
    parser = topics.add_parser(
        "words",
        help="word vectors from film reviews, and maps",
        description="Trains word vectors on the IMDB reviews without their labels, or draws the "
        "maps of vectors (presets maps-NAME), and writes the bundle.",
    )
    add_training(parser, "words", preset="sgns")
    parser.set_defaults(run=run_training)


def run_training(args: argparse.Namespace) -> None:
    """Trains vectors or draws maps, saves the bundle, and reports.

    Raises:
        InputError: an option is out of bounds.
        DataError: the data set is missing or damaged.
    """
    from core.words.presets import PRESETS, find_preset

    if args.list:
        write_presets((name, preset.title) for name, preset in PRESETS.items())
        write_presets((MAPS_PREFIX + n, f"t-SNE maps of {n}") for n in (GLOVE, *OUR_VECTORS))
        return
    draws_maps = args.preset.startswith(MAPS_PREFIX)
    if not draws_maps:
        find_preset(args.preset)  # before any download
    from core.datasets.store import ensure
    from core.training_run import TrainingRun, train_and_save
    from core.words.bundles import train

    def make(run: TrainingRun) -> Bundle:
        if draws_maps:
            return _draw_maps(args.preset.removeprefix(MAPS_PREFIX), args)
        return train(
            args.preset,
            ensure("imdb", data_dir=args.data_dir, mirror=args.mirror),
            seed=run.seed,
            n_epochs=run.n_epochs,
            n_devices=run.n_devices,
            checkpoint_dir=run.checkpoint_dir,
            resume=run.resume,
            command=run.command,
            progress=run.progress,
            data_dir=args.data_dir,
        )

    train_and_save(args, "words", _command_line(args), make)


def evaluate(bundle: Bundle, args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Measures vectors on the reviews they did not see, or a map against its vectors.

    Args:
        bundle: of kind "words".
        args: mirror and data_dir; data must be None, since a bundle has its own.

    Returns:
        Metrics with "measured" and "recorded".

    Raises:
        InputError: another data set was named.
        DataError: the data set is missing or damaged.
    """
    from core.datasets.store import ensure
    from core.words.explorer import MAPS

    refuse_other_data(bundle, args.data)
    if bundle.config.get("content") == MAPS:
        from core.words.maps import measure_maps

        return measure_maps(bundle, open_set(bundle.config["vectors"], args))
    from core.words.bundles import measure

    local = ensure(bundle.dataset["name"], data_dir=args.data_dir, mirror=args.mirror)
    return measure(bundle, local, data_dir=args.data_dir)


def _draw_maps(name: str, args: argparse.Namespace) -> Bundle:
    from core.datasets.store import ensure
    from core.words.maps import draw_maps

    vectors = open_set(name, args)
    if name == GLOVE:
        local = ensure("glove-6b", data_dir=args.data_dir, mirror=args.mirror)
        dataset: dict[str, Any] = local.record()
    else:
        dataset = dict(load_bundle(ASSETS / f"words-{name}", kind="words").dataset)
    return draw_maps(vectors, dataset, command=_command_line(args), progress=True)


def _command_line(args: argparse.Namespace) -> str:
    parts = ["python -m core train words", f"--preset {args.preset}"]
    if not args.preset.startswith(MAPS_PREFIX):
        parts.append(f"--seed {args.seed}")
    if args.epochs is not None:
        parts.append(f"--epochs {args.epochs}")
    return " ".join(parts)
