"""A tar archive as a stream that is read once, forward, and whose end is checked."""

import tarfile
from typing import Protocol

_BUFFER_BYTES = 1 << 18
# No real header is longer, nor is what follows the last member: that is padding.
_MAX_HEADER_BYTES = 16 << 20


class Readable(Protocol):
    """What bytes are read from, forward only."""

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        ...


class TarStream:
    """What tarfile reads from: forward only, and it knows an end from damage.

    tarfile looks at the byte before each header; sent back by one byte, gzip would decompress
    everything again. And it takes any unreadable header after the first one for the end of the
    archive, while a whole archive ends with blocks of zeros (POSIX ustar), and gzip's own checksum
    stands behind them.
    """

    def __init__(self, raw: Readable) -> None:
        self._raw = raw
        self._position = 0
        self._last = b""
        self._goes_back = False

    def read(self, size: int) -> bytes:
        """What tarfile asks for: a header, or the byte in front of one."""
        if self._goes_back:  # only for the one byte that tarfile looks at
            self._goes_back = False
            self._position += 1
            return self._last[-1:]
        if size > _MAX_HEADER_BYTES:  # a header that claims to be that long is an attack
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        return self.take(size)

    def take(self, size: int) -> bytes:
        """The next bytes, of whatever number."""
        self._last = self._raw.read(size)
        self._position += len(self._last)
        return self._last

    def seek(self, position: int) -> None:
        """Goes on to `position`, or back by one byte."""
        if position == self._position - 1 and self._last:
            self._goes_back = True
            self._position -= 1
            return
        while self._position < position:
            if not self.take(min(position - self._position, _BUFFER_BYTES)):
                raise EOFError("it ends within a member")

    def tell(self) -> int:
        """Bytes in front of the next one."""
        return self._position

    def check_end(self) -> None:
        """Reads what is left, and raises ReadError unless it and the last header are zeros."""
        if not self._last:
            raise tarfile.ReadError("its end is missing")
        last = self._last
        tail = self.take(_MAX_HEADER_BYTES + 1)
        if last.strip(b"\0") or tail.strip(b"\0") or len(tail) > _MAX_HEADER_BYTES:
            raise tarfile.ReadError("what follows the last readable member is no header")


class TarSlice:
    """The bytes of the tar member at which the walk stands."""

    def __init__(self, stream: TarStream, size: int) -> None:
        self._stream, self._left = stream, size

    def __enter__(self) -> "TarSlice":
        return self

    def __exit__(self, *_: object) -> None:
        return

    def read(self, size: int) -> bytes:
        """The next bytes; raises EOFError where the archive ends before the member does."""
        wanted = min(size, self._left)
        chunk = self._stream.take(wanted) if wanted else b""
        if len(chunk) < wanted:
            raise EOFError("it ends within a member")
        self._left -= len(chunk)
        return chunk
