"""
A real local node, anvil, as a child process: on loopback, on a free port, and never outliving whoever started it.

anvil 1.7.1 keeps old states on disk and allows every web origin unless told otherwise; both are turned off here, and
its cache lives in a temporary directory that is deleted with it (reference: range, section 8).
"""

import ctypes
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tocsin.model.errors import CallReverted, EndpointRefused, EndpointUnavailable

VERSION = "1.7.1"
"""The version the project's recordings were made with."""
INTEGRITY: Mapping[str, str] = {
    "@foundry-rs/anvil-linux-amd64": (
        "sha512-+XmShybEaxfCrr0OUUZwYEy2OnYZt5pHH9TzBtLv3+VrK0O/ANuNSVEahqNhKHlgX7GRJ59383ofNhxkRWIYTg=="
    ),
    "@foundry-rs/anvil-linux-arm64": (
        "sha512-ykHJmFOGdBR8+9smOKBm9ZZDCCCkLQctiHOAddLvmYx9mPeBDMfq6jP51hKYsO5MG8ClPLSlWe+JpiXPjoXgBQ=="
    ),
    "@foundry-rs/anvil-darwin-amd64": (
        "sha512-OgwzwY+FsGrsPyDv4mmbhOwARO8s37YHrm2qaNzgSH4VlKnXgJCrnoT7bpgOhLyBPtxXjBT8L2E3b79deesXRg=="
    ),
    "@foundry-rs/anvil-darwin-arm64": (
        "sha512-JNeu3+A3f/npXLn8SR8EahVcqE7BpO9VQZMcPvSIy27/RNc1GsoEBvSLR99aSvt8sGKWAgNg/EzrtjAPq6mxcA=="
    ),
}
"""Of the npm packages of this version, as the registry states it: the SHA-512 of the tarball."""
ATTEMPTS = 3
"""How many ports are tried: somebody else may take a free port before anvil does."""
READY_SECONDS = 30.0
POLL_SECONDS = 0.02
STOP_SECONDS = 10.0
REQUEST_SECONDS = 120.0
LOG_TAIL_BYTES = 2_000
PR_SET_PDEATHSIG = 1
REVERTED = 3
"""The JSON-RPC error code of a call that reverted."""
_MACHINES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def package_name() -> str:
    """The npm package that holds the anvil binary for this machine, such as `@foundry-rs/anvil-linux-amd64`."""
    machine = platform.machine()
    return f"@foundry-rs/anvil-{platform.system().lower()}-{_MACHINES.get(machine, machine)}"


def cache_directory(environment: Mapping[str, str]) -> Path:
    """Where tocsin keeps what it can fetch again: below XDG_CACHE_HOME, or ~/.cache."""
    home = environment.get("XDG_CACHE_HOME") or str(Path(environment.get("HOME", "~")).expanduser() / ".cache")
    return Path(home) / "tocsin"


def fetched_anvil(environment: Mapping[str, str]) -> Path:
    """Where a fetched anvil of this version is kept; it need not be there."""
    return cache_directory(environment) / "anvil" / VERSION / "bin" / "anvil"


def find_anvil(environment: Mapping[str, str]) -> Path | None:
    """The anvil binary: TOCSIN_ANVIL, else what was fetched or installed into tocsin's cache, else PATH."""
    installed = cache_directory(environment) / "node_modules" / package_name() / "bin" / "anvil"
    named = [Path(environment["TOCSIN_ANVIL"])] if environment.get("TOCSIN_ANVIL") else []
    for path in (*named, fetched_anvil(environment), installed):
        if path.is_file():
            return path
    found = shutil.which("anvil", path=environment.get("PATH"))
    return Path(found) if found else None


@dataclass(frozen=True, slots=True)
class Anvil:
    """A running node."""

    url: str
    chain_id: int
    process: "subprocess.Popen[bytes]"
    log: Path
    """What it prints. Deleted with the node."""
    client: httpx.Client

    def request(self, method: str, *params: Any) -> Any:
        """
        Ask the node and return the result.

        Raises `CallReverted` where a contract reverted, `EndpointRefused` for another JSON-RPC error and
        `EndpointUnavailable` when there is no answer.
        """
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            answer = self.client.post(self.url, json=question).json()
        except (httpx.HTTPError, ValueError) as error:
            raise EndpointUnavailable(f"anvil at {self.url} gave no answer to {method}: {error}") from error
        if "error" in answer:
            raise self._refusal(method, answer["error"])
        return answer["result"]

    def _refusal(self, method: str, error: dict[str, Any]) -> EndpointRefused:
        said = f"anvil at {self.url} refused {method}: {error}"
        if error.get("code") != REVERTED:
            return EndpointRefused(said)
        return CallReverted(said, bytes.fromhex(str(error.get("data") or "0x").removeprefix("0x")))


@contextmanager
def running(binary: Path, chain_id: int, arguments: Sequence[str] = ()) -> Iterator[Anvil]:
    """
    A node with this chain id for the length of a `with` block.

    Raises `EndpointUnavailable`, with the end of its log, when it does not come up.
    """
    with (
        tempfile.TemporaryDirectory(prefix="tocsin-anvil-") as directory,
        httpx.Client(timeout=REQUEST_SECONDS, trust_env=False) as client,
    ):
        node = _start(binary, chain_id, arguments, Path(directory), client)
        try:
            yield node
        finally:
            _stop(node.process)


def _start(binary: Path, chain_id: int, arguments: Sequence[str], directory: Path, client: httpx.Client) -> Anvil:
    for attempt in range(ATTEMPTS):
        log = directory / f"log-{attempt}"
        port = _free_port()
        process = _launch(binary, ["--port", str(port), "--chain-id", str(chain_id), *arguments], directory, log)
        node = Anvil(f"http://127.0.0.1:{port}", chain_id, process, log, client)
        if _is_ready(node):
            return node
        _stop(process)
    tail = log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()
    raise EndpointUnavailable(f"anvil ({binary}) did not come up in {ATTEMPTS} attempts; the end of its log: {tail}")


def _launch(binary: Path, arguments: Sequence[str], directory: Path, log: Path) -> "subprocess.Popen[bytes]":
    fixed = ["--host", "127.0.0.1", "--no-cors", "--max-persisted-states", "0", "--cache-path", str(directory)]
    try:
        with log.open("wb") as output:
            return subprocess.Popen(  # noqa: S603 - the binary is the operator's choice; nothing goes through a shell
                [str(binary), *fixed, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C is for who started it, who then stops it
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - one prctl call, looked up before the fork
            )
    except OSError as error:
        raise EndpointUnavailable(f"anvil ({binary}) cannot be started: {error}") from error


def die_with_parent() -> Callable[[], None] | None:
    """What a child process does first: ask Linux to kill it when the thread that started it ends. Elsewhere nothing."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    return ask


def _is_ready(node: Anvil) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while node.process.poll() is None and time.monotonic() < deadline:
        try:
            return bool(node.request("eth_chainId") == hex(node.chain_id))
        except (EndpointUnavailable, EndpointRefused):
            time.sleep(POLL_SECONDS)
    return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
