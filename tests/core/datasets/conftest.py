"""A web server on loopback that misbehaves on request."""

import re
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Resource:
    body: bytes
    etag: str | None = '"v1"'
    last_modified: str | None = None


@dataclass
class Step:
    """How one request is answered; the default is a well-behaved server."""

    status: int | None = None
    location: str | None = None
    cut_at: int | None = None  # bytes of body sent before the connection closes
    ignores_range: bool = False
    ignores_if_range: bool = False
    hides_length: bool = False
    stalls: bool = False  # stands still after `cut_at` bytes until `go_on`
    standing: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)


class Site(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, Resource] = {}
        self.steps: deque[Step] = deque()
        self.requests: list[tuple[str, str | None]] = []  # path, Range
        self.stalled: list[Step] = []

    def url(self, name: str = "") -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"

    def put(self, name: str, body: bytes, **kwargs: str | None) -> str:
        self.files["/" + name] = Resource(body, **kwargs)
        return self.url(name)

    def ranges(self) -> list[str | None]:
        return [asked for _, asked in self.requests]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        site = self.server
        asked = self.headers.get("Range")
        site.requests.append((self.path, asked))
        resource = site.files.get(self.path)
        if resource is None:
            self._head(404, {"Content-Length": "0"})
            return
        step = site.steps.popleft() if site.steps else Step()
        if step.status is not None:
            extra = {"Location": step.location} if step.location else {}
            self._head(step.status, {"Content-Length": "0", **extra})
            return
        start, status = self._start(resource, step, asked)
        total = len(resource.body)
        headers = {"ETag": resource.etag, "Last-Modified": resource.last_modified}
        if status == 416:
            self._head(416, {"Content-Range": f"bytes */{total}", "Content-Length": "0"})
            return
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{total - 1}/{total}"
        body = resource.body[start:]
        if not step.hides_length:
            headers["Content-Length"] = str(len(body))
        self._head(status, headers)
        end = len(body) if step.cut_at is None else step.cut_at
        self.wfile.write(body[:end])
        self.wfile.flush()
        if step.stalls:
            site.stalled.append(step)
            step.standing.set()
            step.go_on.wait(30)
            self.wfile.write(body[end:])

    def _start(self, resource: Resource, step: Step, asked: str | None) -> tuple[int, int]:
        match = re.fullmatch(r"bytes=(\d+)-", asked or "")
        if match is None or step.ignores_range:
            return 0, 200
        condition = self.headers.get("If-Range")
        fresh = condition in (None, resource.etag, resource.last_modified)
        if not fresh and not step.ignores_if_range:
            return 0, 200
        start = int(match[1])
        return start, 206 if start < len(resource.body) else 416

    def _head(self, status: int, headers: dict[str, str | None]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the tests look at `Site.requests`."""


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield site
        for step in site.stalled:
            step.go_on.set()
        site.shutdown()
        thread.join()


@pytest.fixture
def step() -> type[Step]:
    return Step


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No mirror, data folder or proxy of the machine that runs the tests."""
    for name in ("LATENT_LAB_MIRROR", "LATENT_LAB_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
