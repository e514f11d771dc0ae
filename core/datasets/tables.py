"""Tables inside archives, as data frames with named and typed columns.

Built for MovieLens, up to 32 million rows: pandas' C parser reads the member as a stream, and takes
only the columns that are asked for. What is wrong with a table is found by a second, slower pass,
which only a table that failed pays for.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import numpy as np
from numpy.typing import DTypeLike

from core.datasets.archives import MAX_MEMBER_BYTES, open_member
from core.errors import DataError, InputError

if TYPE_CHECKING:
    import pandas as pd
    from _typeshed import WriteableBuffer

# ASCII's unit separator: stands for '::' while the C parser reads, and occurs in no text.
UNIT_SEPARATOR = b"\x1f"

_MAX_LINE_BYTES = 1 << 20
_ROWS_PER_CHUNK = 500_000


def read_csv_member(
    path: Path,
    member: str,
    *,
    columns: Mapping[str, DTypeLike],
    sep: str = ",",
    encoding: str = "utf-8",
    max_bytes: int = MAX_MEMBER_BYTES,
    header: Sequence[str] | None = None,
    quotes: bool = True,
) -> "pd.DataFrame":
    """Reads chosen columns of a table.

    Nothing is taken for a missing value: a film called "None" keeps its title.

    Args:
        path: The archive.
        member: Full name of the table in it.
        columns: Names of the wanted columns and their types, such as `np.int32` or `str`.
        sep: One character between fields; for '::' use `read_double_colon_member`.
        encoding: Encoding of the text.
        max_bytes: The size above which the member is refused.
        header: Names of all columns of a table that has no header line; None where the first line
            holds them.
        quotes: Whether a field may stand in double quotes, as in CSV.

    Returns:
        A data frame with the columns in the order of `columns`, one row per record.

    Raises:
        InputError: `sep` is not one character.
        DataError: A column is missing, a row has the wrong number of fields, or a value cannot be
            read; names archive, member, column and, where known, the line.
    """
    if len(sep.encode()) != 1:
        raise InputError(
            f"sep {sep!r} is not one ASCII character; use read_double_colon_member for '::'"
        )
    table = _Table(path, member, columns, sep, encoding, max_bytes, header, quotes, colons=False)
    return _read(table)


def read_double_colon_member(
    path: Path,
    member: str,
    *,
    columns: Mapping[str, DTypeLike],
    header: Sequence[str],
    encoding: str = "latin-1",
    max_bytes: int = MAX_MEMBER_BYTES,
) -> "pd.DataFrame":
    """Reads chosen columns of a table whose fields are separated by '::' (MovieLens 1M).

    Args:
        path: The archive.
        member: Full name of the table in it.
        columns: Names of the wanted columns and their types.
        header: Names of all columns, in the order of the file.
        encoding: Encoding of the text.
        max_bytes: The size above which the member is refused.

    Returns:
        A data frame with the columns in the order of `columns`, one row per record.

    Raises:
        DataError: As `read_csv_member`.
    """
    sep = UNIT_SEPARATOR.decode("ascii")
    table = _Table(
        path, member, columns, sep, encoding, max_bytes, header, quotes=False, colons=True
    )
    return _read(table)


class SingleSeparator(io.RawIOBase):
    """A stream with every '::' replaced by `UNIT_SEPARATOR`, pairs taken from the left."""

    def __init__(self, source: BinaryIO, name: str) -> None:
        super().__init__()
        self._source, self._name = source, name
        self._pending = b""  # a colon whose partner may come with the next bytes
        self._ready = b""

    def readable(self) -> bool:
        """True: as `io.RawIOBase` asks."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fills the buffer with replaced bytes; 0 at the end."""
        buffer = memoryview(buffer)
        while not self._ready:
            chunk = self._source.read(max(len(buffer), 2))
            if not chunk:
                self._ready, self._pending = self._pending, b""
                break
            if UNIT_SEPARATOR in chunk:
                raise DataError(
                    f"{self._name} holds the byte 0x1f, which no text of this form has; it is "
                    "another file"
                )
            self._ready = (self._pending + chunk).replace(b"::", UNIT_SEPARATOR)
            self._pending = b""
            if self._ready.endswith(b":"):
                self._ready, self._pending = self._ready[:-1], b":"
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count


class _Table:
    """How to read one table: the arguments of the public functions in one place."""

    def __init__(
        self,
        path: Path,
        member: str,
        columns: Mapping[str, DTypeLike],
        sep: str,
        encoding: str,
        max_bytes: int,
        header: Sequence[str] | None,
        quotes: bool,
        *,
        colons: bool,
    ) -> None:
        self.path, self.member, self.columns = path, member, dict(columns)
        self.sep, self.encoding, self.max_bytes = sep, encoding, max_bytes
        self.header, self.colons = header, colons
        self.quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
        self.where = f"{path}, member {member}"

    @contextmanager
    def opened(self) -> Iterator[tuple["_Records", list[str]]]:
        """The stream of the records, behind any header line, and the names of all columns."""
        with ExitStack() as stack:
            stream = stack.enter_context(
                open_member(self.path, self.member, max_bytes=self.max_bytes)
            )
            if self.colons:
                stream = stack.enter_context(
                    io.BufferedReader(SingleSeparator(stream, self.where), 1 << 18)
                )
            first = stream.readline(_MAX_LINE_BYTES)
            fields = self._split(first)
            names = fields if self.header is None else list(self.header)
            missing = [name for name in self.columns if name not in names]
            if missing:
                raise DataError(
                    f"{self.where} has no column {', '.join(missing)}; it has "
                    f"{', '.join(name[:40] for name in names[:30])}"
                )
            if first and len(fields) != len(names):
                raise DataError(
                    f"{self.where}, line 1, has {len(fields)} fields instead of {len(names)}"
                )
            prefix = b"" if self.header is None else first
            yield stack.enter_context(_Records(prefix, stream, self.sep)), names

    def _split(self, line: bytes) -> list[str]:
        try:
            text = line.decode(self.encoding).removeprefix("\ufeff").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self.where}, line 1, is not {self.encoding} text ({error.reason})"
            ) from error
        return next(csv.reader([text], delimiter=self.sep, quoting=self.quoting), [])

    def options(self, names: list[str]) -> dict[str, object]:
        """What every pass tells pandas."""
        return {
            "sep": self.sep,
            "encoding": self.encoding,
            "header": None,
            "names": names,
            "usecols": list(self.columns),
            "index_col": False,
            "engine": "c",
            "quoting": self.quoting,
            "na_filter": False,
        }


class _Records(io.RawIOBase):
    """The records as a stream, with a first line put back, counting what separates fields."""

    def __init__(self, prefix: bytes, source: BinaryIO, sep: str) -> None:
        super().__init__()
        self._prefix, self._source, self._sep = prefix, source, sep.encode()
        self.n_separators = 0
        self.n_quotes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        buffer = memoryview(buffer)
        chunk = self._prefix[: len(buffer)] or self._source.read(len(buffer))
        self._prefix = self._prefix[len(buffer) :]
        self.n_separators += chunk.count(self._sep)
        self.n_quotes += chunk.count(b'"')
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _read(table: _Table) -> "pd.DataFrame":
    import pandas as pd

    with table.opened() as (records, names):
        try:
            frame = pd.read_csv(
                io.BufferedReader(records, 1 << 18),
                dtype=table.columns,
                **table.options(names),
            )
        except pd.errors.EmptyDataError:
            frame = pd.DataFrame({name: [] for name in table.columns}).astype(table.columns)
        except (ValueError, OverflowError) as error:  # a ParserError is a ValueError
            raise DataError(_explain(table, error)) from error
    for name in table.columns:
        if frame[name].dtype.kind == "f" and not np.isfinite(frame[name].to_numpy()).all():
            raise DataError(_explain(table, ValueError(f"column {name} is not finite")))
    # Told to take some columns only, pandas' parser accepts rows of any length.
    quoted = table.quoting == csv.QUOTE_MINIMAL and records.n_quotes
    if quoted or records.n_separators != len(frame) * (len(names) - 1):
        problem = _uneven_row(table)
        if problem:
            raise DataError(problem)
    return frame[list(table.columns)]


def _uneven_row(table: _Table) -> str | None:
    """Describes the first row with a wrong number of fields, or returns None."""
    with table.opened() as (records, names):
        text = io.TextIOWrapper(io.BufferedReader(records), encoding=table.encoding, newline="")
        rows = csv.reader(text, delimiter=table.sep, quoting=table.quoting)
        first_line = 0 if table.header is not None else 1
        try:
            for row in rows:
                if row and len(row) != len(names):
                    return (
                        f"{table.where}, line {rows.line_num + first_line}, has {len(row)} fields "
                        f"instead of {len(names)}"
                    )
        except csv.Error as error:
            return f"{table.where}, line {rows.line_num + first_line}, is no CSV ({error})"
    return None


def _explain(table: _Table, error: Exception) -> str:
    """Looks for the first value that does not fit its column, row by row of text."""
    import pandas as pd

    if isinstance(error, UnicodeDecodeError):
        return f"{table.where} is not {table.encoding} text ({error.reason})"
    problem = _uneven_row(table)
    if problem:
        return problem
    # A header line is one line in front; quoted line breaks can only make the number too small.
    line = 1 if table.header is not None else 2
    try:
        with table.opened() as (records, names):
            chunks = pd.read_csv(
                io.BufferedReader(records, 1 << 18),
                dtype=str,
                chunksize=_ROWS_PER_CHUNK,
                **table.options(names),
            )
            for chunk in chunks:
                for name, dtype in table.columns.items():
                    bad = _first_bad(chunk[name], dtype)
                    if bad is not None:
                        value = chunk[name].iloc[bad]
                        return (
                            f"{table.where}, line {line + bad}, column {name}: "
                            f"{value[:60]!r} is no {np.dtype(dtype).name}"
                        )
                line += len(chunk)
    except ValueError as other:
        error = other
    reason = " ".join(str(error).split())
    return f"{table.where} is not the expected table ({reason})"


def _first_bad(values: "pd.Series", dtype: DTypeLike) -> int | None:
    """Position of the first text that is no number of the type, or None."""
    import pandas as pd

    kind = pd.api.types.pandas_dtype(dtype)
    if not isinstance(kind, np.dtype) or kind.kind not in "iuf":
        return None
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = ~np.isfinite(numbers)
    if kind.kind in "iu":
        bounds = np.iinfo(kind)
        bad |= (numbers != np.floor(numbers)) | (numbers < bounds.min) | (numbers > bounds.max)
        bad |= values.str.contains(r"[.eE]").to_numpy(dtype=bool)
    return int(bad.argmax()) if bad.any() else None
