"""A private PostgreSQL from the machine's binaries, made to be killed: what it has committed is on the disk."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

START_ATTEMPTS, START_AGAIN_SECONDS = 40, 0.25
SECURE = "-c listen_addresses='' -c fsync=on -c synchronous_commit=on -c full_page_writes=on"


@dataclass(frozen=True, slots=True)
class Postgresql:
    """A server that listens at a socket in its folder."""

    binaries: Path
    folder: Path

    @property
    def url(self) -> str:
        """Of its one database."""
        return f"postgresql://tocsin@/tocsin?host={self.folder}"

    def start(self) -> None:
        """Start it, and wait until it answers; after a kill it first recovers what was committed."""
        options = f"{SECURE} -c unix_socket_directories={self.folder}"
        for _ in range(START_ATTEMPTS):
            started = self._run(
                "pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o", options, "start"
            )
            if started.returncode == 0:
                return
            time.sleep(START_AGAIN_SECONDS)  # processes of its former life may still hold its memory
        raise SystemExit(f"PostgreSQL does not start: {(self.folder / 'log').read_text()[-2000:]}")

    def kill(self) -> None:
        """SIGKILL to the server and every process of its own, at once."""
        server = self._server()
        family = [server, *children(server)]
        for process in family:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(Path(f"/proc/{process}").exists() and not _is_dead(process) for process in family):
            time.sleep(0.01)

    def make(self) -> None:
        """Make the cluster, start it and make the database."""
        self._must("initdb", "-D", self.folder / "data", "-A", "trust", "-U", "tocsin", "-E", "UTF8")
        self.start()
        self._must("createdb", "-h", self.folder, "-U", "tocsin", "tocsin")

    def stop(self) -> None:
        """Stop it for good."""
        self._run("pg_ctl", "-D", self.folder / "data", "-w", "-m", "immediate", "stop")

    def _server(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    def _must(self, *command: str | Path) -> None:
        done = self._run(*command)
        if done.returncode:
            raise SystemExit(f"{command[0]} failed: {done.stderr}")

    def _run(self, name: str | Path, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        as_other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        line = [*as_other, self.binaries / name, *arguments]
        output = self.folder / "output"  # not a pipe: the server would hold it open
        with output.open("w") as into:
            done = subprocess.run(line, stdout=into, stderr=into, text=True, check=False, cwd="/", timeout=120)
        return subprocess.CompletedProcess(line, done.returncode, "", output.read_text())


def children(parent: int) -> list[int]:
    """The processes that this one has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def _is_dead(process: int) -> bool:
    """Killed, and only not yet taken note of by whoever started it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@contextmanager
def postgresql() -> Iterator[Postgresql]:
    """A server for the length of a `with` block."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    beside = shutil.which("initdb")
    if not found and not beside:
        raise SystemExit("there are no PostgreSQL server binaries (Debian: apt-get install postgresql)")
    binaries = (found[-1] if found else Path(str(beside))).parent
    with tempfile.TemporaryDirectory(prefix="tocsin-pg-", ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")  # the server refuses to run as root
        server = Postgresql(binaries, Path(folder))
        server.make()
        try:
            yield server
        finally:
            server.stop()
