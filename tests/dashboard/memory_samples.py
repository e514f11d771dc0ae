"""The experiments on memory and the net of three steps in small, trained in seconds."""

import hashlib
from pathlib import Path

from core.bundle import save_bundle
from core.datasets.registry import lookup
from core.datasets.store import LocalData
from core.textgen.memory.language_models import LanguageModelConfig, fit_language_models, untrained
from core.textgen.memory.markup import MarkupConfig
from core.textgen.memory.questions import MemoryConfig, markup_to_learn
from core.textgen.memory.stories import stories_to_learn
from core.textgen.memory.train import RecurrenceConfig, gather_recurrence
from core.textgen.ngram import fit_ngrams
from core.textgen.train.unfolded import UnfoldedPreset, train
from core.training_run import TrainingRun
from tests.core.runs import run_on

BOOK = 'The cat sat. "So be it," said he (the dog); and they went home.\n' * 40
_SIZES = LanguageModelConfig(
    n_context=5,
    width=12,
    n_units=24,
    n_dims=8,
    n_epochs=8,
    learning_rate=0.02,
    n_streams=4,
    n_steps=64,
)
_CONFIG = RecurrenceConfig(
    MemoryConfig(MarkupConfig(1, 2.0, 1.2), _SIZES, n_train=24_000, n_test=200),
    _SIZES,
    n_stories=10_000,
)


def fill_memory(assets: Path) -> Path:
    """Puts the experiments into an assets folder.

    The tags are of one depth, and the LSTM learns them; of stories nothing is learned.
    """
    alphabet, ids = markup_to_learn(_CONFIG.memory, seed=0)
    models = fit_language_models(_SIZES, ids, TrainingRun(), n_chars=len(alphabet), name="markup")
    letters, stories = stories_to_learn(_CONFIG.n_stories, seed=0)
    ngrams = fit_ngrams(stories, n_context=_SIZES.n_context, n_chars=len(letters))
    story_models = untrained(_SIZES, ngrams, seed=0)
    sides = ((alphabet, models), (letters, story_models))
    assets.mkdir(parents=True, exist_ok=True)
    save_bundle(gather_recurrence(_CONFIG, *sides, seed=0), assets / "textgen-memory")
    return assets


def fill_unfolded(assets: Path, folder: Path) -> Path:
    """Puts the net of three steps into an assets folder.

    Args:
        assets: the folder.
        folder: where its book is written.
    """
    path = folder / "nietzsche.txt"
    path.write_text(BOOK, encoding="utf-8")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    local = LocalData(lookup("nietzsche"), path, sha256, str(folder))
    bundle = train(run_on(local, n_epochs=2), UnfoldedPreset("Tiny"))
    save_bundle(bundle, assets / "textgen-unfolded")
    return assets
