"""Packages from the real npm and a registry on loopback: verified, whole or not at all, and alone in what they do."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from npm_registry import Published, Registry, integrity_of, serving, tarball_of
from tocsin.edge import npm
from tocsin.edge.anvil import VERSION, fetched_anvil, package_name, running
from tocsin.edge.npm import Progress, fetch, fetch_anvil, open_package, package_path, packages_directory, setup
from tocsin.model.errors import (
    DigestMismatch,
    PackageMissing,
    PackageUnavailable,
    SettingError,
    SourceError,
    StoreFull,
    ToolMissing,
)

NAME, NAME_VERSION = "@scope/example", "1.2.3"
NOBODY = "http://127.0.0.1:9"
"""Where nothing listens: the discard port."""
DEATH_SECONDS = 10
WAITING_SECONDS = 1
FILE_MAX_BYTES = 2**19
FETCHING = (
    "import json, os, sys\nfrom pathlib import Path\nfrom npm_registry import Published\n"
    "from tocsin.edge.npm import fetch\n"
    "print(fetch(Published(*json.loads(sys.argv[1])), Path(sys.argv[2]), os.environ))"
)
needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with serving(tmp_path) as opened:
        yield opened


@pytest.fixture
def published(registry: Registry) -> Published:
    return registry.publish(NAME, NAME_VERSION, {"build/Thing.json": b"{}"})


@pytest.fixture
def cache(registry: Registry) -> Path:
    return packages_directory(registry.environment)


def kept(cache: Path) -> list[str]:
    """What is in the cache, hidden files left out unless they are of a fetch that did not end."""
    return sorted(path.name for path in cache.iterdir() if path.name != ".lock")


def put(content: bytes, pinned: Published, cache: Path) -> Path:
    cache.mkdir(parents=True)
    path = package_path(pinned, cache)
    path.write_bytes(content)
    return path


@needs_npm
def test_a_package_is_fetched_once_and_nothing_else_is_left(
    registry: Registry, published: Published, cache: Path
) -> None:
    first = fetch(published, cache, registry.environment)
    again = fetch(published, cache, registry.environment)

    assert first == again == package_path(published, cache)
    assert first.read_bytes() == registry.tarballs[NAME]
    assert kept(cache) == ["scope-example-1.2.3.tgz"]
    assert registry.downloads == 1


def test_a_package_that_is_there_needs_neither_npm_nor_a_network(
    registry: Registry, published: Published, cache: Path
) -> None:
    path = put(registry.tarballs[NAME], published, cache)

    assert fetch(published, cache, {"PATH": "", "npm_config_registry": NOBODY}) == path
    assert registry.asked == []


@needs_npm
def test_a_registry_that_cannot_be_reached_is_an_error_by_name(
    registry: Registry, published: Published, cache: Path
) -> None:
    with pytest.raises(PackageUnavailable, match=r"could not fetch @scope/example@1.2.3: .*ECONNREFUSED.*`npm ping`"):
        fetch(published, cache, {**registry.environment, "npm_config_registry": NOBODY})

    assert kept(cache) == []


@needs_npm
def test_a_version_that_the_registry_does_not_have_is_an_error_by_name(registry: Registry, cache: Path) -> None:
    registry.publish(NAME, "9.9.9", {})

    with pytest.raises(PackageUnavailable, match=r"No matching version found for @scope/example@1.2.3"):
        fetch(Published(NAME, NAME_VERSION, "sha512-"), cache, registry.environment)


@needs_npm
def test_a_registry_that_stops_half_way_is_given_up(registry: Registry, published: Published, cache: Path) -> None:
    registry.hangs = True

    with pytest.raises(PackageUnavailable, match=r"npm was stopped: it did not fetch @scope/example@1.2.3 in 2 s"):
        fetch(published, cache, registry.environment, seconds=2)

    assert kept(cache) == []


def test_without_npm_the_error_says_what_to_install(registry: Registry, published: Published, cache: Path) -> None:
    with pytest.raises(ToolMissing, match=r"npm is not here to fetch @scope/example@1.2.3: install Node.js"):
        fetch(published, cache, {**registry.environment, "PATH": str(cache)})


def test_an_npm_that_is_no_program_is_an_error_by_name(registry: Registry, published: Published, cache: Path) -> None:
    broken = registry.directory / "npm"
    broken.write_text("")
    broken.chmod(0o755)

    with pytest.raises(ToolMissing, match="cannot be started"):
        fetch(published, cache, {**registry.environment, "PATH": str(registry.directory)})


@needs_npm
def test_another_package_than_the_pinned_one_is_not_kept(registry: Registry, published: Published, cache: Path) -> None:
    other = registry.publish(NAME, NAME_VERSION, {"build/Thing.json": b'{"bytecode": "0xbad"}'})

    with pytest.raises(DigestMismatch) as caught:
        fetch(published, cache, registry.environment)

    assert f"expected {published.integrity}, found {other.integrity}; it was not kept" in str(caught.value)
    assert kept(cache) == []


@pytest.mark.parametrize(
    "opening",
    [lambda pinned, cache: fetch(pinned, cache, {"PATH": ""}), open_package],
    ids=["wanted anew", "opened"],
)
def test_a_tarball_that_was_changed_in_the_cache_is_refused(
    registry: Registry, published: Published, cache: Path, opening: Callable[[Published, Path], object]
) -> None:
    changed = registry.tarballs[NAME] + b"\0"
    path = put(changed, published, cache)

    with pytest.raises(DigestMismatch) as caught:
        opening(published, cache)

    message = str(caught.value)
    assert message.startswith(f"{path} is not the @scope/example@1.2.3 that is pinned")
    assert f"expected {published.integrity}, found {integrity_of(changed)}" in message
    assert message.endswith("delete the file and run `tocsin range setup` to fetch it anew")


def test_a_package_that_was_not_fetched_is_an_error_that_says_how(published: Published, cache: Path) -> None:
    with pytest.raises(PackageMissing, match=r"@scope/example@1.2.3 has not been fetched .*`tocsin range setup`"):
        open_package(published, cache)


def test_a_cache_that_cannot_be_read_is_an_error_by_name(published: Published, cache: Path) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_text("a file where the folder should be")

    with pytest.raises(SourceError, match=r"cannot be read: Not a directory; set XDG_CACHE_HOME"):
        open_package(published, cache)


def test_a_cache_that_cannot_be_written_is_an_error_by_name(
    registry: Registry, published: Published, cache: Path
) -> None:
    (cache / ".lock").mkdir(parents=True)

    with pytest.raises(SourceError, match=r"cannot be written: Is a directory; set XDG_CACHE_HOME"):
        fetch(published, cache, registry.environment)


def test_only_the_artefacts_below_the_folders_of_a_package_are_read(cache: Path) -> None:
    content = tarball_of(
        {
            "package.json": b"{}",
            "build/deep/Thing.json": b"thing",
            "build/Thing__factory.js": b"factory",
            "build/Thing.dbg.json": b"no",
            "build/Combined-Json.json": b"no",
            "build/index.js": b"no",
            "builder/Other.json": b"no",
        }
    )
    package = Published(NAME, NAME_VERSION, integrity_of(content), folders=("build", "absent"))
    put(content, package, cache)

    assert open_package(package, cache) == {"build/deep/Thing.json": b"thing", "build/Thing__factory.js": b"factory"}


@needs_npm
def test_a_second_process_waits_for_the_first_and_takes_what_it_fetched(
    registry: Registry, published: Published, cache: Path
) -> None:
    registry.hangs = True
    with _fetch_elsewhere(published, cache, registry) as first:
        assert registry.half_sent.wait(DEATH_SECONDS)
        with _fetch_elsewhere(published, cache, registry) as second:
            with pytest.raises(subprocess.TimeoutExpired):
                second.wait(WAITING_SECONDS)
            registry.released.set()
            told = [process.communicate()[0] for process in (first, second)]

    assert told == [f"{package_path(published, cache)}\n"] * 2
    assert registry.downloads == 1


@needs_npm
def test_a_killed_fetch_leaves_nothing_half_and_does_not_hinder_the_next(
    registry: Registry, published: Published, cache: Path
) -> None:
    registry.hangs = True
    with _fetch_elsewhere(published, cache, registry) as process:
        assert registry.half_sent.wait(DEATH_SECONDS)
        process.kill()

    assert not package_path(published, cache).exists()
    registry.hangs = False
    assert fetch(published, cache, registry.environment).read_bytes() == registry.tarballs[NAME]
    assert kept(cache) == ["scope-example-1.2.3.tgz"]


@needs_npm
@pytest.mark.skipif(sys.platform != "linux", reason="a child that dies with its parent is a thing of Linux")
def test_npm_does_not_outlive_a_process_that_is_killed(registry: Registry, published: Published, cache: Path) -> None:
    registry.hangs = True
    with _fetch_elsewhere(published, cache, registry) as process:
        assert registry.half_sent.wait(DEATH_SECONDS)
        (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.kill()

    assert _is_gone(Path("/proc") / child)


@needs_npm
def test_ctrl_c_ends_a_fetch_without_a_trace(registry: Registry, published: Published, cache: Path) -> None:
    registry.hangs = True
    with _fetch_elsewhere(published, cache, registry) as process:
        assert registry.half_sent.wait(DEATH_SECONDS)
        process.send_signal(signal.SIGINT)

    assert kept(cache) == []


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As on a full disk: a write beyond this size is cut short, the next one fails."""
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_disk_that_npm_finds_full_is_an_error_by_name(registry: Registry, published: Published, cache: Path) -> None:
    answer = {"error": {"code": "ENOSPC", "summary": "ENOSPC: no space left on device, write"}}
    program = registry.directory / "npm"
    program.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\nexit 228\n")  # as npm 11.19.1 on a full disk
    program.chmod(0o755)

    with pytest.raises(StoreFull, match=r"no room left to fetch @scope/example@1.2.3: ENOSPC: no space left"):
        fetch(published, cache, {**registry.environment, "PATH": str(registry.directory)})

    assert kept(cache) == []


@pytest.fixture
def published_anvil(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A package in anvil's place, in the registry on loopback; the content of its binary."""
    binary = b"#!/bin/sh\n".ljust(2 * FILE_MAX_BYTES, b"#")
    published = registry.publish(package_name(), VERSION, {"bin/anvil": binary})
    monkeypatch.setattr(npm, "INTEGRITY", {published.name: published.integrity})
    return binary


@needs_npm
def test_anvil_is_taken_out_of_its_package_and_can_be_started(registry: Registry, published_anvil: bytes) -> None:
    path = fetch_anvil(registry.environment)
    fetch_anvil({**registry.environment, "PATH": ""})

    assert path == fetched_anvil(registry.environment)
    assert path.read_bytes() == published_anvil
    assert path.stat().st_mode & 0o777 == 0o755
    assert kept(packages_directory(registry.environment)) == []


@needs_npm
def test_no_room_for_anvil_is_an_error_by_name_and_leaves_nothing(registry: Registry, published_anvil: bytes) -> None:
    with files_of_at_most(FILE_MAX_BYTES), pytest.raises(StoreFull, match="no room left"):
        fetch_anvil(registry.environment)

    assert not fetched_anvil(registry.environment).exists()
    assert kept(packages_directory(registry.environment)) == []


def test_a_machine_without_a_package_of_anvil_is_told_what_to_do(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(npm, "INTEGRITY", {})

    with pytest.raises(ToolMissing, match=r"no pinned package of anvil for this machine .*TOCSIN_ANVIL"):
        fetch_anvil(registry.environment)


@needs_npm
def test_setup_tells_of_everything_that_is_there_and_what_was_fetched(
    registry: Registry, published: Published, published_anvil: bytes
) -> None:
    other = registry.publish("other", "1.0.0", {})
    fetch(other, packages_directory(registry.environment), registry.environment)

    told = list(setup((published, other), registry.environment))
    again = list(setup((published, other), {**registry.environment, "PATH": ""}))

    assert told == [
        Progress(NAME, NAME_VERSION, len(registry.tarballs[NAME]), fetched=True),
        Progress("other", "1.0.0", len(registry.tarballs["other"]), fetched=False),
        Progress(package_name(), VERSION, len(published_anvil), fetched=True),
    ]
    assert [each.fetched for each in again] == [False, False, False]


def test_setup_leaves_an_anvil_alone_that_the_operator_names(registry: Registry) -> None:
    named = registry.directory / "mine"
    environment = {**registry.environment, "PATH": "", "TOCSIN_ANVIL": str(named)}

    with pytest.raises(SettingError, match=r"TOCSIN_ANVIL: .*mine is not a file"):
        list(setup((), environment))
    named.touch()
    assert list(setup((), environment)) == []


@pytest.mark.anvil
@needs_npm
def test_the_pinned_anvil_runs(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    try:
        binary = fetch_anvil(environment)
    except (PackageUnavailable, ToolMissing) as reason:
        pytest.skip(str(reason))

    with running(binary, 424_243) as node:
        assert VERSION in node.request("web3_clientVersion")


def _fetch_elsewhere(pinned: Published, cache: Path, registry: Registry) -> "subprocess.Popen[str]":
    """Another process that fetches, and prints where the tarball is."""
    return subprocess.Popen(
        [sys.executable, "-c", FETCHING, json.dumps(pinned), str(cache)],
        env={**registry.environment, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _is_gone(process: Path) -> bool:
    deadline = time.monotonic() + DEATH_SECONDS
    while time.monotonic() < deadline:
        if not process.exists() or "\nState:\tZ" in (process / "status").read_text():
            return True
        time.sleep(0.05)
    return False
