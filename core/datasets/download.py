"""Files from the web or from a folder, whole and checked or not at all.

Standard library only. Resuming follows RFC 9110: `Range` asks for the missing bytes, `If-Range` for
them only while the file is still the one that was begun (sections 13.1.5, 14.2 and 15.3.7).
"""

import hashlib
import http.client
import re
import shutil
import socket
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from tqdm import tqdm

from core.datasets.part import CHUNK_BYTES, Part, building
from core.errors import DataError, InputError

ATTEMPTS = 5
TIMEOUT_S = 30.0  # without a single byte, not for the whole file
PAUSE_S = 1.0  # before the second attempt, twice as long before each later one

_SCHEMES = ("http", "https")
_GONE = (401, 403, 404, 410)
_WORTH_A_RETRY = (408, 425, 429)


class _Interrupted(Exception):
    """An attempt ended early and another one may help."""


class _HttpOnlyRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https, where the library's own also follows ftp."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if urllib.parse.urlsplit(newurl).scheme not in _SCHEMES:
            fp.close()
            raise DataError(
                f"{req.full_url} redirects to {newurl}, which is no web address: refused"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """An opener without the handlers of file:, ftp: and data: that urllib adds by default."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _HttpOnlyRedirects(),
    ):
        opener.add_handler(handler)
    return opener


def check_url(url: str) -> None:
    """Raises InputError unless `url` is an http or https address with a host."""
    parsed = urllib.parse.urlsplit(url)
    if parsed.scheme not in _SCHEMES or not parsed.netloc:
        raise InputError(f"url {url!r} is not an http or https address; give one that is")


def fetch(
    url: str,
    destination: Path,
    *,
    expected_size: int | None = None,
    expected_sha256: str | None = None,
    progress: bool = True,
    attempts: int = ATTEMPTS,
    timeout_s: float = TIMEOUT_S,
    pause_s: float = PAUSE_S,
) -> str:
    """Downloads a file; takes up an earlier, interrupted download of the same file.

    Args:
        url: An http or https address.
        destination: The final name, which appears only once every check has passed.
        expected_size: Size in bytes, where known.
        expected_sha256: SHA-256 in lower-case hex, where known.
        progress: Whether to draw a bar on stderr.
        attempts: How often to try before giving up; each goes on where the last one stopped.
        timeout_s: Seconds without a byte after which an attempt ends.
        pause_s: Seconds before the second attempt; doubles with each later one.

    Returns:
        The SHA-256 of the file in lower-case hex.

    Raises:
        InputError: The address is neither http nor https.
        DataError: The file cannot be had, or is not the expected one; one line with the remedy.
    """
    check_url(url)
    with building(destination) as part:
        if part.arrived_meanwhile:
            return hash_file(destination)
        if part.origin.get("url") != url:
            part.restart({"url": url})
        with _bar(destination.name, progress) as bar:
            reason = ""
            for attempt in range(attempts):
                if attempt:
                    time.sleep(pause_s * 2 ** (attempt - 1))  # a busy server needs the rest
                try:
                    _transfer(url, part, expected_size, timeout_s, bar)
                    return part.finish(expected_size=expected_size, expected_sha256=expected_sha256)
                except _Interrupted as error:
                    reason = str(error)
                except (OSError, http.client.HTTPException) as error:
                    reason = _explain(error, url)
        total = part.origin.get("size")
        if part.size:
            got = f"{part.size:,}" + (f" of {total:,}" if isinstance(total, int) else "") + " bytes"
            raise DataError(
                f"the download of {url} stopped at {got} after {attempts} attempts ({reason}); "
                "run the same command again and it goes on from there"
            )
        raise DataError(_unreachable(url, reason))


def copy_from_folder(
    source: Path,
    destination: Path,
    *,
    expected_size: int | None = None,
    expected_sha256: str | None = None,
    progress: bool = True,
) -> str:
    """Copies a file with the checks of `fetch`, and like it never leaves half of one.

    Args:
        source: The file in a mirror's folder.
        destination: The final name, which appears only once every check has passed.
        expected_size: Size in bytes, where known.
        expected_sha256: SHA-256 in lower-case hex, where known.
        progress: Whether to draw a bar on stderr.

    Returns:
        The SHA-256 of the file in lower-case hex.

    Raises:
        DataError: The source cannot be read, or is not the expected file.
    """
    with building(destination) as part:
        if part.arrived_meanwhile:
            return hash_file(destination)
        try:
            with source.open("rb") as stream, _bar(destination.name, progress) as bar:
                size = source.stat().st_size
                part.restart({"url": str(source), "size": size})
                part.require_space(size)
                bar.reset(size)
                while chunk := stream.read(CHUNK_BYTES):
                    part.append(chunk)
                    bar.update(len(chunk))
        except OSError as error:
            part.discard()
            raise DataError(
                f"cannot read {source} ({error.strerror or error}); check the mirror's folder"
            ) from error
        return part.finish(
            expected_size=size if expected_size is None else expected_size,
            expected_sha256=expected_sha256,
        )


def read_small(url: str, *, max_bytes: int = 1 << 20, timeout_s: float = TIMEOUT_S) -> bytes | None:
    """Reads a short text file from the web, or None where the server has none.

    Raises:
        InputError: The address is neither http nor https.
        DataError: The server cannot be reached, fails, or sends more than `max_bytes`.
    """
    check_url(url)
    try:
        with _opener().open(_request(url), timeout=timeout_s) as response:
            body = response.read(max_bytes + 1)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in _GONE:
            return None
        raise DataError(_unreachable(url, f"status {error.code}")) from error
    except (OSError, http.client.HTTPException) as error:
        raise DataError(_unreachable(url, _explain(error, url))) from error
    if len(body) > max_bytes:
        raise DataError(f"{url} is longer than {max_bytes:,} bytes; it is not a list of checksums")
    return body


def hash_file(path: Path) -> str:
    """The SHA-256 of a file in lower-case hex."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"cannot read {path} ({error.strerror or error})") from error


def _transfer(url: str, part: Part, expected_size: int | None, timeout_s: float, bar: tqdm) -> None:
    """Makes one request and appends what comes; returns once the part is whole."""
    validator = part.origin.get("etag") or part.origin.get("last_modified")
    if part.size and not validator:
        part.restart({"url": url})  # nothing would tell a changed file from the one begun
    request = _request(url)
    if part.size:
        request.add_header("Range", f"bytes={part.size}-")
        request.add_header("If-Range", str(validator))
    try:
        response = _opener().open(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and part.size and part.size == part.origin.get("size"):
            return  # every byte was there; only the last step was missing
        if error.code == 416 and part.size:
            part.restart({"url": url})
            raise _Interrupted("the server no longer has the rest of the file") from error
        if error.code in _WORTH_A_RETRY or error.code >= 500:
            raise _Interrupted(f"status {error.code} {error.reason}") from error
        raise DataError(_unreachable(url, f"status {error.code} {error.reason}")) from error
    with response:
        total = _begin(url, response, part)
        if expected_size is not None and total not in (None, expected_size):
            part.restart({"url": url})
            raise DataError(
                f"{url} offers {total:,} bytes instead of {expected_size:,}: it is another file; "
                "look for a newer version of this program, or give a mirror with --mirror"
            )
        if total is not None:
            part.require_space(total - part.size)
        bar.reset(total)
        bar.n = bar.initial = part.size  # so that the rate counts what comes now
        while chunk := response.read1(CHUNK_BYTES):
            part.append(chunk)
            bar.update(len(chunk))
            if expected_size is not None and part.size > expected_size:
                return  # `finish` says that there is too much of it
    if total is not None and part.size < total:
        raise _Interrupted("the connection was cut")


def _begin(url: str, response: http.client.HTTPResponse, part: Part) -> int | None:
    """Reads a response's head, starts over where it must, and returns the whole file's size."""
    etag = response.headers.get("ETag")
    if etag and etag.startswith("W/"):
        etag = None  # a weak validator may not guard a range (RFC 9110, 13.1.5)
    last_modified = response.headers.get("Last-Modified")
    if response.status == 206:
        found = re.fullmatch(
            r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip()
        )
        total = int(found[2]) if found and found[2] != "*" else None
        # A server that does not know If-Range sends the rest of whatever it has now.
        begun = part.origin
        same = (
            found is not None
            and int(found[1]) == part.size
            and (etag or None) == begun.get("etag")
            and (begun.get("etag") or last_modified == begun.get("last_modified"))
            and (total is None or begun.get("size") in (None, total))
        )
        if not same:
            part.restart({"url": url})
            raise _Interrupted("the file changed on the server")
        return total
    if response.status != 200:
        raise _Interrupted(f"unexpected status {response.status}")
    length = response.headers.get("Content-Length", "")
    total = int(length) if length.isdecimal() else None
    part.restart({"url": url, "etag": etag, "last_modified": last_modified, "size": total})
    return total


def _request(url: str) -> urllib.request.Request:
    # Ranges and checksums speak of the file itself, so no compression on the way.
    return urllib.request.Request(
        url, headers={"Accept-Encoding": "identity", "User-Agent": "latent-lab"}
    )


def _explain(error: Exception, url: str) -> str:
    """A network error in a few words; raises DataError at once where trying again cannot help."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, socket.gaierror | ssl.SSLCertVerificationError):
        raise DataError(_unreachable(url, cause.strerror or str(cause))) from error
    if isinstance(cause, TimeoutError):
        return "no byte came in time"
    if isinstance(cause, http.client.IncompleteRead | ConnectionError):
        return "the connection was cut or refused"
    return str(getattr(cause, "strerror", None) or cause) or type(cause).__name__


def _unreachable(url: str, reason: str) -> str:
    return (
        f"cannot get {url} ({reason}); check the network, or give a mirror with --mirror "
        "DIR_OR_URL or LATENT_LAB_MIRROR"
    )


def _bar(name: str, progress: bool) -> tqdm:
    columns = shutil.get_terminal_size().columns
    return tqdm(
        desc=name if len(name) < columns // 3 else name[: columns // 3 - 3] + "...",
        unit="B",
        unit_scale=True,
        unit_divisor=1024,
        file=sys.stderr,
        disable=not progress,
    )
