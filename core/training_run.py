"""How a training is run, whatever is trained: what `train TOPIC` of the command line sets."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from jax.sharding import Mesh

from core.checkpoint import Checkpoints
from core.datasets.store import Sources
from core.devices import data_mesh
from core.errors import InputError
from core.options import MOST_DEVICES, MOST_EPOCHS, MOST_SEED, MOST_SEEDS

# Opens the checkpoints of a net by its name; gives None where none are wanted.
OpenCheckpoints = Callable[[str], AbstractContextManager[Checkpoints | None]]


def no_checkpoints(name: str) -> AbstractContextManager[None]:
    """Opens none, whatever the net."""
    return contextlib.nullcontext()


@dataclasses.dataclass(frozen=True, slots=True)
class TrainingRun:
    """How a training is run.

    Every topic trains by `train(run, recipe) -> Bundle`; what a recipe makes use of it says itself,
    see `core.contents.Recipe`.

    Attributes:
        seed: of everything random; of the first training, where there are several.
        n_epochs: most epochs, other than the recipe's.
        n_devices: devices to split batches over.
        checkpoint_dir: where a killed run finds its way back; None for no checkpoints.
        resume: go on from there.
        command: the command line, for the card.
        progress: show bars on stderr.
        preset: the recipe's name, with which the bundle's name ends.
        n_seeds: trainings, each with a seed of its own, other than the recipe's number.
        n_folds: cross-validation on so many folds, instead of several seeds.
        data: name of the data set, other than the recipe's.
        sources: where data sets lie.
    """

    seed: int = 0
    n_epochs: int | None = None
    n_devices: int = 1
    checkpoint_dir: Path | None = None
    resume: bool = False
    command: str = ""
    progress: bool = False
    preset: str = ""
    n_seeds: int | None = None
    n_folds: int | None = None
    data: str | None = None
    sources: Sources = dataclasses.field(default_factory=Sources)

    def __post_init__(self) -> None:
        """Checks the bounds.

        Raises:
            InputError: one is not kept.
        """
        bounds = (
            ("seed", self.seed, 0, MOST_SEED),
            ("epochs", self.n_epochs, 1, MOST_EPOCHS),
            ("devices", self.n_devices, 1, MOST_DEVICES),
            ("seeds", self.n_seeds, 1, MOST_SEEDS),
            ("folds", self.n_folds, 2, MOST_SEEDS),
        )
        for name, value, least, most in bounds:
            if value is not None and not least <= value <= most:
                raise InputError(f"{name} ({value}) should be from {least} to {most:,}")

    @property
    def seeds(self) -> range:
        """The seeds of the trainings, from one on."""
        return range(self.seed, self.seed + (self.n_seeds or 1))

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
    def checkpoints(
        self, name: str, what: Mapping[str, Any], *, seed: int | None = None
    ) -> Iterator[Checkpoints | None]:
        """Opens the checkpoints of one net of the run, None where none are wanted.

        Args:
            name: of their folder.
            what: makes the net what it is, as JSON values; seed and epochs are added.
            seed: of this net, other than the run's.

        Raises:
            InputError: another run's lie there.
        """
        if self.checkpoint_dir is None:
            yield None
            return
        seed = self.seed if seed is None else seed
        made = {**what, "seed": seed, "epochs": self.n_epochs}
        saved = Checkpoints(self.checkpoint_dir / name, made, resume=self.resume)
        try:
            yield saved
        finally:
            saved.close()
