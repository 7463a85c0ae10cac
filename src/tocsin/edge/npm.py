"""
Published packages: fetched with npm, held against a pinned digest whenever they are opened, and read where they are.

A package is one tarball in tocsin's cache. npm is started only for one that is not there: `npm pack` brings the tarball
alone, without its dependencies, and no script of it is run. Nothing is unpacked on the disk, except anvil.

One process fetches at a time, in a folder of its own beside the packages; what a killed one left there goes with the
next fetch. So a package is there whole or not at all, and a second process that wants it waits and finds it.
"""

import base64
import errno
import fcntl
import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, Protocol

import msgspec

from tocsin.edge.anvil import (
    INTEGRITY,
    VERSION,
    cache_directory,
    die_with_parent,
    fetched_anvil,
    package_name,
)
from tocsin.edge.tarballs import members
from tocsin.edge.whole_file import NO_ROOM, write_whole
from tocsin.model.errors import (
    DigestMismatch,
    MalformedInput,
    PackageMissing,
    PackageUnavailable,
    SettingError,
    SourceError,
    StoreFull,
    ToolMissing,
)

FETCH_SECONDS = 300.0
"""How long npm may take for one package; the largest has 19 MB."""
SHOWN_CHARACTERS = 300
ARTEFACT_NAME = re.compile(r"[A-Za-z_$][\w$]*(\.json|__factory\.js)", re.ASCII)
"""Named after its contract. Leaves out what compilers put beside artefacts: `X.dbg.json`, `Combined-Json.json`."""
ANVIL_MEMBER = "bin/anvil"
_NETWORK_HELP = "see whether the registry can be reached (`npm ping`); what has been fetched before needs no network"
_PLACE_HELP = "set XDG_CACHE_HOME to another place"
_ROOM_HELP = f"make some, or {_PLACE_HELP}"


class Pinned(Protocol):
    """One version of a package, and the digest of its tarball."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def integrity(self) -> str:
        """`sha512-` and base64, as the registry states it."""
        ...


class ArtefactPackage(Pinned, Protocol):
    """A pinned package with compiled contracts in it."""

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders below which its artefacts are."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """One package that is now there."""

    name: str
    version: str
    size_bytes: int
    """Of the tarball; of anvil, of the binary."""
    fetched: bool
    """Now, by this process; otherwise it was there."""


class _AnvilPackage(NamedTuple):
    name: str
    version: str
    integrity: str


class _Reason(msgspec.Struct):
    code: str = ""
    summary: str = ""


class _Answer(msgspec.Struct):
    """What `npm --json` prints when it fails."""

    error: _Reason


def packages_directory(environment: Mapping[str, str]) -> Path:
    """Where the tarballs are kept; it need not be there. This is the `cache` that the functions below want."""
    return cache_directory(environment) / "packages"


def package_path(pinned: Pinned, cache: Path) -> Path:
    """Where the tarball is, or would be."""
    return cache / f"{pinned.name.removeprefix('@').replace('/', '-')}-{pinned.version}.tgz"


def setup(
    packages: Iterable[Pinned], environment: Mapping[str, str], seconds: float = FETCH_SECONDS
) -> Iterator[Progress]:
    """
    Everything the range needs from elsewhere, anvil last: one value for each that is there. To be iterated to its end.

    An anvil that the operator names (TOCSIN_ANVIL) is taken as it is. Raises what `fetch` raises, and
    `SettingError` where that is no file.
    """
    cache = packages_directory(environment)
    for package in packages:
        fetched = _ensure(package, cache, environment, seconds)
        yield Progress(package.name, package.version, package_path(package, cache).stat().st_size, fetched)
    named = environment.get("TOCSIN_ANVIL")
    if not named:
        fetched = _ensure_anvil(environment, seconds)
        yield Progress(package_name(), VERSION, fetched_anvil(environment).stat().st_size, fetched)
    elif not Path(named).is_file():
        raise SettingError(f"TOCSIN_ANVIL: {named} is not a file; name an anvil, or unset it to have one fetched")


def fetch(pinned: Pinned, cache: Path, environment: Mapping[str, str], seconds: float = FETCH_SECONDS) -> Path:
    """
    The tarball of a package, verified; from the registry only when it is not there. `environment` is what npm sees.

    Raises `DigestMismatch` when what is there, or what comes, is not what is pinned; `ToolMissing` without npm;
    `PackageUnavailable` when npm fails or takes longer than `seconds`; `StoreFull` and `SourceError` of the cache.
    """
    _ensure(pinned, cache, environment, seconds)
    return package_path(pinned, cache)


def fetch_anvil(environment: Mapping[str, str], seconds: float = FETCH_SECONDS) -> Path:
    """
    The anvil binary of the pinned version in tocsin's cache; its package is fetched only when it is not there.

    Raises what `fetch` raises; `ToolMissing` also where no package is pinned for this machine.
    """
    _ensure_anvil(environment, seconds)
    return fetched_anvil(environment)


def open_package(package: ArtefactPackage, cache: Path) -> dict[str, bytes]:
    """
    The artefact files of a package that has been fetched: path in the package to content. The network is not asked.

    Raises `PackageMissing`, `DigestMismatch`, `MalformedInput`, `SourceError`.
    """
    folders = tuple(f"{folder}/" for folder in package.folders)
    path = package_path(package, cache)
    with _opened(path, package) as tarball:
        return members(tarball, path, lambda name: name.startswith(folders) and _is_artefact(name))


def _is_artefact(name: str) -> bool:
    return ARTEFACT_NAME.fullmatch(PurePosixPath(name).name) is not None


def _ensure(pinned: Pinned, cache: Path, environment: Mapping[str, str], seconds: float) -> bool:
    """Have the tarball there and verified; whether it had to be fetched."""
    path = package_path(pinned, cache)
    if _is_there(path, pinned):
        return False
    with _alone(cache) as folder:
        if _is_there(path, pinned):  # another process fetched it while this one waited
            return False
        _download(pinned, folder, environment, seconds).replace(path)
        return True


def _is_there(path: Path, pinned: Pinned) -> bool:
    try:
        with _opened(path, pinned):
            return True
    except PackageMissing:
        return False


def _ensure_anvil(environment: Mapping[str, str], seconds: float) -> bool:
    """Have the binary there; whether it had to be fetched."""
    target = fetched_anvil(environment)
    if target.is_file():
        return False
    package = _anvil_package()
    with _alone(packages_directory(environment)) as folder:
        if target.is_file():
            return False
        _extract_anvil(_download(package, folder, environment, seconds), target)
        return True


@contextmanager
def _alone(cache: Path) -> Iterator[Path]:
    """An empty folder beside the packages, for one process at a time; gone afterwards."""
    folder = cache / ".fetching"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / ".lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            shutil.rmtree(folder, ignore_errors=True)  # a killed process may have left it
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StoreFull(f"{cache}: no room left for packages; {_ROOM_HELP}") from error
        raise SourceError(f"{cache}: cannot be written: {error.strerror}; {_PLACE_HELP}") from error


@contextmanager
def _opened(path: Path, pinned: Pinned) -> Iterator[IO[bytes]]:
    """A tarball in the cache, verified and at its beginning."""
    try:
        tarball = path.open("rb")
    except FileNotFoundError as error:
        raise PackageMissing(
            f"{_named(pinned)} has not been fetched (it is not at {path}); run `tocsin range setup`"
        ) from error
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}; {_PLACE_HELP}") from error
    with tarball:
        found = _integrity(tarball)
        if found != pinned.integrity:
            raise DigestMismatch(
                f"{path} is not the {_named(pinned)} that is pinned: expected {pinned.integrity}, found {found}; "
                "delete the file and run `tocsin range setup` to fetch it anew"
            )
        yield tarball


def _download(pinned: Pinned, folder: Path, environment: Mapping[str, str], seconds: float) -> Path:
    path = _pack(pinned, folder, environment, seconds)
    with path.open("rb") as tarball:
        found = _integrity(tarball)
    if found != pinned.integrity:
        raise DigestMismatch(
            f"npm fetched a {_named(pinned)} that is not the pinned one: expected {pinned.integrity}, found {found}; "
            "it was not kept. See which registry answers (`npm config get registry`), and take another"
        )
    return path


def _integrity(tarball: IO[bytes]) -> str:
    digest = hashlib.sha512()
    while piece := tarball.read(2**20):
        digest.update(piece)
    tarball.seek(0)
    return f"sha512-{base64.b64encode(digest.digest()).decode()}"


def _pack(pinned: Pinned, folder: Path, environment: Mapping[str, str], seconds: float) -> Path:
    npm = shutil.which("npm", path=environment.get("PATH", ""))
    if npm is None:
        raise ToolMissing(f"npm is not here to fetch {_named(pinned)}: install Node.js, which brings it, and try again")
    command = [npm, "pack", "--json", "--ignore-scripts", "--loglevel=error", "--", _named(pinned)]
    try:
        ended = subprocess.run(  # noqa: S603 - the operator's npm; nothing goes through a shell
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
            preexec_fn=die_with_parent(),
        )
    except subprocess.TimeoutExpired as error:
        raise PackageUnavailable(
            f"npm was stopped: it did not fetch {_named(pinned)} in {seconds:g} s; {_NETWORK_HELP}"
        ) from error
    except OSError as error:
        raise ToolMissing(f"{npm} cannot be started: {error.strerror}; install Node.js anew") from error
    tarball = next(folder.glob("*.tgz"), None)
    if ended.returncode or tarball is None:
        raise _failure(pinned, ended)
    return tarball


def _failure(pinned: Pinned, ended: "subprocess.CompletedProcess[bytes]") -> PackageUnavailable | StoreFull:
    try:
        reason = msgspec.json.decode(ended.stdout, type=_Answer).error
    except msgspec.DecodeError:
        reason = _Reason(summary=ended.stderr.decode(errors="replace").strip() or f"exit code {ended.returncode}")
    shown = "".join(c if c.isprintable() else " " for c in reason.summary[:SHOWN_CHARACTERS])
    if getattr(errno, reason.code, None) in NO_ROOM:
        return StoreFull(f"npm found no room left to fetch {_named(pinned)}: {shown}; {_ROOM_HELP}")
    return PackageUnavailable(f"npm could not fetch {_named(pinned)}: {shown}; {_NETWORK_HELP}")


def _anvil_package() -> Pinned:
    name = package_name()
    if name not in INTEGRITY:
        raise ToolMissing(f"there is no pinned package of anvil for this machine ({name}); set TOCSIN_ANVIL to yours")
    return _AnvilPackage(name, VERSION, INTEGRITY[name])


def _extract_anvil(tarball: Path, target: Path) -> None:
    with tarball.open("rb") as opened:
        found = members(opened, tarball, lambda name: name == ANVIL_MEMBER)
    if ANVIL_MEMBER not in found:
        raise MalformedInput(f"{tarball.name}: there is no {ANVIL_MEMBER} in it")
    binary = tarball.with_name("anvil")
    write_whole(binary, lambda file: file.write(found[ANVIL_MEMBER]))
    binary.chmod(0o755)
    target.parent.mkdir(parents=True, exist_ok=True)
    binary.replace(target)


def _named(pinned: Pinned) -> str:
    return f"{pinned.name}@{pinned.version}"
