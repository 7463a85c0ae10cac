"""
A registry of npm packages on loopback, for the real npm: it serves what it is given, and can hang in the middle.

`registry.environment` is what npm is to see: this registry alone, and a cache of its own.
"""

import base64
import hashlib
import io
import json
import os
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

TARBALLS = "/tarballs/"
POLL_SECONDS = 0.01


class Published(NamedTuple):
    """A package as tocsin pins it."""

    name: str
    version: str
    integrity: str
    folders: tuple[str, ...] = ("build",)


def tarball_of(files: Mapping[str, bytes]) -> bytes:
    """A tarball as npm makes it: everything below `package/`."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def integrity_of(content: bytes) -> str:
    return f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}"


@dataclass
class Registry:
    """What is published, what was asked, and whether a tarball stops half way until it is released."""

    directory: Path
    url: str = ""
    tarballs: dict[str, bytes] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    hangs: bool = False
    half_sent: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "XDG_CACHE_HOME": str(self.directory / "cache"),
            "npm_config_cache": str(self.directory / "npm"),
            "npm_config_registry": self.url,
            "npm_config_fetch_retries": "0",
            "npm_config_update_notifier": "false",
        }

    @property
    def downloads(self) -> int:
        return sum(path.startswith(TARBALLS) for path in self.asked)

    def publish(self, name: str, version: str, files: Mapping[str, bytes]) -> Published:
        content = tarball_of({"package.json": json.dumps({"name": name, "version": version}).encode(), **files})
        self.tarballs[name], self.versions[name] = content, version
        return Published(name, version, integrity_of(content))

    def packument(self, name: str) -> bytes:
        """What a registry says of a package."""
        version = self.versions[name]
        served = {"tarball": f"{self.url}{TARBALLS}{name}", "integrity": integrity_of(self.tarballs[name])}
        known = {version: {"name": name, "version": version, "dist": served}}
        return json.dumps({"name": name, "dist-tags": {"latest": version}, "versions": known}).encode()


@contextmanager
def serving(directory: Path) -> Iterator[Registry]:
    """A registry for the length of a `with` block; npm's files and tocsin's cache go into `directory`."""
    registry = Registry(directory)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(self.path)
            registry.asked.append(path)
            name = path.removeprefix(TARBALLS).removeprefix("/")
            if name not in registry.tarballs:
                self.send_error(404)
            elif not path.startswith(TARBALLS):
                self.answer(registry.packument(name))
            elif registry.hangs:
                self.answer(registry.tarballs[name], half=True)
            else:
                self.answer(registry.tarballs[name])

        def answer(self, content: bytes, half: bool = False) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            middle = len(content) // 2 if half else 0
            self.wfile.write(content[:middle])
            if half:
                registry.half_sent.set()
                registry.released.wait()
            with suppress(ConnectionError):  # whoever asked may have been killed
                self.wfile.write(content[middle:])

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        registry.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,))
        thread.start()
        try:
            yield registry
        finally:
            registry.released.set()
            server.shutdown()
            thread.join()
