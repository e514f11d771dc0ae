"""Small archives laid out like that of the data set "imdb"."""

import dataclasses
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from core import reviews as reviews_module
from core.datasets import lookup
from core.datasets.store import LocalData

# the folder that `read_reviews` keeps for such an archive
KEPT = f"imdb-abababababababab-v{reviews_module._VERSION}"


def write_archive(
    path: Path, members: Mapping[str, str | bytes], expected: Mapping[str, int] | None = None
) -> LocalData:
    """Writes members in order; the data set expects no counts, unless some are given."""
    with tarfile.open(path, "w:gz") as archive:
        for name, text in members.items():
            content = text.encode("utf-8") if isinstance(text, str) else text
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    dataset = dataclasses.replace(lookup("imdb"), expected=expected or {})
    return LocalData(dataset, path, "ab" * 32, "test")
