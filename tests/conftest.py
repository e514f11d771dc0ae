"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder with the official archives; tests that need real data skip without it."""
    folder = Path(os.environ.get("LATENT_LAB_MIRROR") or ROOT.parent / "shared" / "mirror")
    if not folder.is_dir():
        pytest.skip(f"needs the data archives in {folder} (set LATENT_LAB_MIRROR)")
    return folder
