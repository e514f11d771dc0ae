"""How a training is run, whatever is trained: what every `train TOPIC` of the command line sets."""

import argparse
import contextlib
import dataclasses
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jax.sharding import Mesh

from core.bundle import Bundle, check_replaceable, save_bundle
from core.checkpoint import Checkpoints
from core.devices import data_mesh, join_hosts
from core.errors import InputError
from core.options import report


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
        if self.seed < 0:
            raise InputError(f"seed ({self.seed}) should be 0 or more")
        if self.n_epochs is not None and self.n_epochs < 1:
            raise InputError(f"epochs ({self.n_epochs}) should be at least 1")

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
    args: argparse.Namespace, topic: str, command: str, make: Callable[[TrainingRun], Bundle]
) -> None:
    """Does what `train TOPIC` asks for: trains, saves the bundle, clears up, and reports.

    Args:
        args: of `core.options.add_training`.
        topic: names the default folder.
        command: the command line, for the card.
        make: trains.

    Raises:
        InputError: an option is out of bounds, or something else than a bundle lies at `--out`.
    """
    out = args.out or Path("runs") / f"{topic}-{args.preset}"
    check_replaceable(out)
    join_hosts()
    scaffold = out.with_name(f".{out.name}.checkpoints")
    run = TrainingRun(
        args.seed,
        args.epochs,
        args.devices,
        scaffold,
        args.resume,
        command=command,
        progress=True,
    )
    bundle = make(run)
    save_bundle(bundle, out)
    shutil.rmtree(scaffold, ignore_errors=True)
    report(bundle, out, as_json=args.json)
