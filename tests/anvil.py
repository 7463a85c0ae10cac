"""Fetch the pinned anvil with npm: one tarball, checked against its digest, no install scripts."""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tocsin.edge.anvil import VERSION, fetched_anvil, find_anvil, package_name

FETCH_SECONDS = 300
INTEGRITY: Mapping[str, str] = {
    "@foundry-rs/anvil-linux-amd64": (
        "+XmShybEaxfCrr0OUUZwYEy2OnYZt5pHH9TzBtLv3+VrK0O/ANuNSVEahqNhKHlgX7GRJ59383ofNhxkRWIYTg=="
    ),
    "@foundry-rs/anvil-linux-arm64": (
        "ykHJmFOGdBR8+9smOKBm9ZZDCCCkLQctiHOAddLvmYx9mPeBDMfq6jP51hKYsO5MG8ClPLSlWe+JpiXPjoXgBQ=="
    ),
    "@foundry-rs/anvil-darwin-amd64": (
        "OgwzwY+FsGrsPyDv4mmbhOwARO8s37YHrm2qaNzgSH4VlKnXgJCrnoT7bpgOhLyBPtxXjBT8L2E3b79deesXRg=="
    ),
    "@foundry-rs/anvil-darwin-arm64": (
        "JNeu3+A3f/npXLn8SR8EahVcqE7BpO9VQZMcPvSIy27/RNc1GsoEBvSLR99aSvt8sGKWAgNg/EzrtjAPq6mxcA=="
    ),
}
"""Of each tarball of this version, as the registry states it: base64 of its SHA-512."""


class NoAnvil(Exception):
    """anvil is not here and cannot be fetched; the message says why."""


def anvil_binary(environment: Mapping[str, str]) -> Path:
    """The anvil that is here, else a fetched one. Raises `NoAnvil` with the reason."""
    return find_anvil(environment) or _fetch(environment)


def _fetch(environment: Mapping[str, str]) -> Path:
    if shutil.which("npm") is None:
        raise NoAnvil("anvil is not installed and npm is not there to fetch it (or set TOCSIN_ANVIL)")
    if package_name() not in INTEGRITY:
        raise NoAnvil(f"there is no pinned {package_name()}; set TOCSIN_ANVIL")
    target = fetched_anvil(environment)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as directory:
        unpacked = _binary(_tarball(Path(directory)), Path(directory))
        unpacked.chmod(0o755)
        unpacked.replace(target)
    return target


def _tarball(directory: Path) -> Path:
    command = ["npm", "pack", "--silent", "--ignore-scripts", f"{package_name()}@{VERSION}"]
    try:
        subprocess.run(command, cwd=directory, check=True, capture_output=True, timeout=FETCH_SECONDS)
    except (subprocess.SubprocessError, OSError) as error:
        raise NoAnvil(f"npm could not fetch {package_name()}: {error}") from error
    (tarball,) = directory.glob("*.tgz")
    digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if digest != INTEGRITY[package_name()]:
        raise AssertionError(f"{package_name()}@{VERSION} is not the pinned file: its SHA-512 is {digest}")
    return tarball


def _binary(tarball: Path, directory: Path) -> Path:
    with tarfile.open(tarball) as archive:
        content = archive.extractfile("package/bin/anvil")
        assert content is not None
        binary = directory / "anvil"
        binary.write_bytes(content.read())
        return binary
