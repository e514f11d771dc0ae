"""Fixtures shared by all tests, and one cache of compiled programs for a whole run."""

import os
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

_COMPILE_ONCE = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


def pytest_configure(config: pytest.Config) -> None:
    """Lets all tests, their workers and the commands they start compile each JAX program once.

    Toy trainings compile longer than they train, and the same programs again in every test. The
    cache lives for one run, so that nothing is taken over from other code;
    `JAX_COMPILATION_CACHE_DIR` names one that is kept.
    """
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:  # somebody's own, or this worker's run's
        return
    # a server that is told to end may still write into it
    folder = tempfile.TemporaryDirectory(prefix="compiled-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    for name, value in {**_COMPILE_ONCE, "JAX_COMPILATION_CACHE_DIR": folder.name}.items():
        patch.setenv(name, value)


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder with the official archives; tests that need real data skip without it."""
    folder = Path(os.environ.get("LATENT_LAB_MIRROR") or ROOT.parent / "shared" / "mirror")
    if not folder.is_dir():
        pytest.skip(f"needs the data archives in {folder} (set LATENT_LAB_MIRROR)")
    return folder
