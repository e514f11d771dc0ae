"""The fine-tuned nets, as a page asks them: an image in, cat or dog out.

Importing this loads no training library; the first prediction does.
"""

import dataclasses
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import softmax

from core.batchnorm import BEST, KIND, PLAIN, WITH
from core.batchnorm.data.decoding import MIDDLE, STORED, decode, squared
from core.bundle import Bundle, load_bundle
from core.errors import BundleError, InputError

if TYPE_CHECKING:
    from core.batchnorm.model import NetConfig
    from core.batchnorm.model.predictor import TestTimeAugmentation

if TYPE_CHECKING:
    from core.batchnorm.model.predictor import TestTimeAugmentation

PREFIXES = {WITH: "with", PLAIN: "without"}  # of arrays, and ends of the names of metrics


@dataclasses.dataclass(frozen=True, slots=True)
class Predictions:
    """What two nets predict for one image: probabilities of `CLASSES`, f64[2] each."""

    without: np.ndarray
    with_norm: np.ndarray


class BestNets:
    """The bundle "batchnorm-best": fine-tuned nets, without and with batch norm.

    Args:
        bundle: as loaded.
        folder: where it came from, for messages.

    Raises:
        BundleError: it lacks something.
    """

    def __init__(self, bundle: Bundle, folder: Path | None = None) -> None:
        self._folder = folder or Path(bundle.name)
        if bundle.config.get("content") != BEST or not bundle.config.get("sizes"):
            raise BundleError(self._folder, ["it holds no fine-tuned nets"])
        self.bundle = bundle

    def classify(self, image: np.ndarray | bytes) -> Predictions:
        """Classifies an image with both nets, each by the mean over several views of it.

        Args:
            image: u8[H, W, 3], or the bytes of an image file.

        Raises:
            InputError: the image cannot be used.
        """
        pixels = pixels_of(image, size=STORED, framing=self.bundle.config["framing"])
        return Predictions(*(probabilities(predict(pixels))[0] for predict in self._predictors))

    @cached_property
    def _predictors(self) -> "tuple[TestTimeAugmentation, TestTimeAugmentation]":
        from core.batchnorm.model.predictor import TestTimeAugmentation

        nets, sizes = nets_of(self.bundle), self.bundle.config["sizes"]
        try:
            return TestTimeAugmentation(*nets[PLAIN], sizes), TestTimeAugmentation(
                *nets[WITH], sizes
            )
        except InputError as error:
            raise BundleError(self._folder, [str(error)]) from error


def pixels_of(image: np.ndarray | bytes, *, size: int, framing: str = MIDDLE) -> np.ndarray:
    """Returns u8[1, size, size, 3], a square of an array u8[H, W, 3] or of a file's bytes.

    Raises:
        InputError: the image cannot be used.
    """
    if isinstance(image, bytes):
        return decode(image, size=size, framing=framing)[None]
    return squared(image, size=size, framing=framing)[None]


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Returns shares f64[N, C] of logits f[N, C]; nan where one of a row is no finite number."""
    is_finite = np.isfinite(logits).all(axis=1, keepdims=True)
    safe = np.where(is_finite, logits.astype(float), np.nan)
    return softmax(safe, axis=1)


def open_best(folder: Path) -> Bundle:
    """Opens a bundle of fine-tuned nets.

    Raises:
        BundleError: there is none, it is damaged, or it holds no nets; names what makes one.
    """
    command = f"python -m core train batchnorm --preset {BEST} --out {folder}"
    bundle = load_bundle(folder, kind=KIND, command=command)
    if bundle.config.get("content") != BEST:
        raise BundleError(folder, [f"it holds no nets; make them with: {command}"])
    return bundle


def nets_of(bundle: Bundle) -> "dict[str, tuple[NetConfig, dict[str, np.ndarray]]]":
    """Returns plan and arrays of both nets of a bundle, by "plain" and "batch norm"."""
    from core.batchnorm.train.start import plan_of

    size, reads = bundle.config["size"], tuple(bundle.config["settings"]["reads"])
    return {
        net: (
            plan_of(size, with_norm=net == WITH, reads=reads),
            {
                name.removeprefix(f"{prefix}."): array
                for name, array in bundle.arrays.items()
                if name.startswith(f"{prefix}.")
            },
        )
        for net, prefix in PREFIXES.items()
    }


def accuracies_on(bundle: Bundle, images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Measures both nets of a bundle on photos.

    Args:
        bundle: of fine-tuned nets.
        images: u8[N, S, S, 3].
        labels: i32[N].

    Returns:
        "accuracy_without" and "accuracy_with".
    """
    from core.batchnorm.model.predictor import TestTimeAugmentation, accuracy_of

    sizes = bundle.config["sizes"]
    return {
        f"accuracy_{PREFIXES[net]}": accuracy_of(
            TestTimeAugmentation(*parts, sizes)(images), labels
        )
        for net, parts in nets_of(bundle).items()
    }
