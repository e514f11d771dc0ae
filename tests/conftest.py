"""Fixtures shared by all tests, and one cache of compiled programs for a whole run."""

import os
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

_CACHE = pytest.StashKey[tempfile.TemporaryDirectory]()


def pytest_configure(config: pytest.Config) -> None:
    """Lets all tests, their workers and the commands they start compile each JAX program once.

    Toy trainings compile longer than they train, and the same programs again in every test. The
    cache lives for one run, so that nothing is taken over from other code;
    `JAX_COMPILATION_CACHE_DIR` names one that is kept.
    """
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        config.stash[_CACHE] = tempfile.TemporaryDirectory(
            prefix="compiled-", ignore_cleanup_errors=True
        )
        os.environ["JAX_COMPILATION_CACHE_DIR"] = config.stash[_CACHE].name


def pytest_unconfigure(config: pytest.Config) -> None:
    if cache := config.stash.get(_CACHE, None):
        cache.cleanup()
        os.environ.pop("JAX_COMPILATION_CACHE_DIR")


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder with the official archives; tests that need real data skip without it."""
    folder = Path(os.environ.get("LATENT_LAB_MIRROR") or ROOT.parent / "shared" / "mirror")
    if not folder.is_dir():
        pytest.skip(f"needs the data archives in {folder} (set LATENT_LAB_MIRROR)")
    return folder
