"""How a training is run, whatever is trained: what every `train TOPIC` of the command line sets."""

import argparse
import contextlib
import dataclasses
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jax.sharding import Mesh

from core.bundle import Bundle
from core.checkpoint import Checkpoints, clear_unused, close_all
from core.devices import check_devices, data_mesh, join_hosts
from core.errors import InputError, LatentLabError
from core.interrupts import STOPPED, when_stopped
from core.options import MOST_DEVICES, MOST_EPOCHS, MOST_SEED, report
from core.output_folder import bytes_of, output_folder


@dataclasses.dataclass(frozen=True, slots=True)
class TrainingRun:
    """How a training is run.

    Attributes:
        seed: of everything random.
        n_epochs: most epochs, other than the recipe's.
        n_devices: devices to split batches over.
        checkpoint_dir: where a killed run finds its way back; None for no checkpoints.
        resume: go on from there.
        command: the command line, for the card.
        progress: show bars on stderr.
    """

    seed: int = 0
    n_epochs: int | None = None
    n_devices: int = 1
    checkpoint_dir: Path | None = None
    resume: bool = False
    command: str = ""
    progress: bool = False

    def __post_init__(self) -> None:
        """Checks the bounds.

        Raises:
            InputError: one is not kept.
        """
        bounds = (
            ("seed", self.seed, 0, MOST_SEED),
            ("epochs", self.n_epochs, 1, MOST_EPOCHS),
            ("devices", self.n_devices, 1, MOST_DEVICES),
        )
        for name, value, least, most in bounds:
            if value is not None and not least <= value <= most:
                raise InputError(f"{name} ({value}) should be from {least} to {most:,}")

    @property
    def mesh(self) -> Mesh | None:
        """The devices to split over, None for one.

        Raises:
            InputError: there are not so many.
        """
        return data_mesh(self.n_devices) if self.n_devices > 1 else None

    def label(self, text: str) -> str | None:
        """Returns the label of a progress bar, None where none is wanted."""
        return text if self.progress else None

    @contextlib.contextmanager
    def checkpoints(self, name: str, what: Mapping[str, Any]) -> Iterator[Checkpoints | None]:
        """Opens the checkpoints of one net of the run, None where none are wanted.

        Args:
            name: of their folder.
            what: makes the net what it is, as JSON values; seed and epochs are added.

        Raises:
            InputError: another run's lie there.
        """
        if self.checkpoint_dir is None:
            yield None
            return
        made = {**what, "seed": self.seed, "epochs": self.n_epochs}
        saved = Checkpoints(self.checkpoint_dir / name, made, resume=self.resume)
        try:
            yield saved
        finally:
            saved.close()


def train_and_save(
    args: argparse.Namespace,
    topic: str,
    command: str,
    make: Callable[[TrainingRun], Bundle],
    *,
    tell: Callable[..., None] = report,
) -> None:
    """Does what `train TOPIC` asks for: trains, saves the bundle, clears up, and reports.

    Args:
        args: of `core.options.add_training`.
        topic: names the default folder.
        command: the command line, for the card.
        make: trains.
        tell: reports, as `core.options.report` does.

    Raises:
        InputError: an option is out of bounds, or the bundle cannot lie at `--out`.
        LatentLabError: the disk is full, or another run is writing there.
    """
    asked = args.out or Path("runs") / f"{topic}-{args.preset}"
    run = TrainingRun(
        args.seed,
        args.epochs,
        args.devices,
        resume=args.resume,
        command=command,
        progress=True,
    )
    join_hosts()
    check_devices()
    with output_folder(asked, needed=bytes_of(topic, args.preset)) as out:

        def on_stop() -> str:
            if clear_unused(out.scaffold):
                return f"{STOPPED}; the same command with --resume goes on where it was"
            return STOPPED

        try:
            with when_stopped(on_stop):
                bundle = make(dataclasses.replace(run, checkpoint_dir=out.scaffold))
                out.save(bundle)
        finally:
            close_all()
            clear_unused(out.scaffold)
        shutil.rmtree(out.scaffold, ignore_errors=True)
    try:
        tell(bundle, asked, as_json=args.json)
    except BrokenPipeError:
        raise
    except LatentLabError as error:
        raise LatentLabError(f"{error}; the bundle is written to {asked}") from error
