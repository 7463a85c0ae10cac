"""Compiled contracts: tocsin's own, shipped beside their sources, and those of the published packages."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath

import msgspec

import tocsin.exercise
from tocsin.chain import artefact_formats
from tocsin.chain.artefact import Artefact
from tocsin.edge import npm
from tocsin.exercise.packages import Package
from tocsin.model.errors import DataMissing, MalformedInput

CONTRACTS = Path(tocsin.exercise.__path__[0]) / "contracts"
"""Sources, and beside each what the compiler made of it."""
_SUFFIXES = {"json": ".json", "typechain": "__factory.js"}
_READERS = {"json": artefact_formats.from_json, "typechain": artefact_formats.from_typechain}


class Shelf:
    """Every compiled contract there is. Implements `tocsin.exercise.stage.Library`."""

    def __init__(self, cache: Path) -> None:
        """Packages are read from this directory, each once, when something of it is first wanted."""
        self._cache = cache
        self._opened: dict[str, Mapping[str, bytes]] = {}
        self._read: dict[tuple[str, str], Artefact] = {}

    def own(self, name: str) -> Artefact:
        """One of tocsin's own contracts. Raises `DataMissing`."""
        try:
            return self._own[name]
        except KeyError:
            raise DataMissing(f"there is no contract {name!r} in {CONTRACTS}; run `make contracts`") from None

    def published(self, package: Package, name: str) -> Artefact:
        """A contract of a package. Raises `DataMissing`, and what opening the package raises."""
        key = (package.name, name)
        if key not in self._read:
            self._read[key] = _READERS[package.form](name, self._file(package, name + _SUFFIXES[package.form]))
        return self._read[key]

    def content(self, package: Package, path: str) -> bytes:
        """A file of a package, by its whole path. Raises `DataMissing`, and what opening the package raises."""
        try:
            return self._files(package)[path]
        except KeyError:
            raise DataMissing(f"{package.name}@{package.version} has no {path}") from None

    @cached_property
    def _own(self) -> Mapping[str, Artefact]:
        return {
            name: artefact_formats.from_json(name, bytes(content))
            for path in sorted(CONTRACTS.glob("*.json"))
            for name, content in _contracts(path).items()
        }

    def _file(self, package: Package, name: str) -> bytes:
        """The one artefact of this file name, wherever in the package it is."""
        paths = [path for path in self._files(package) if PurePosixPath(path).name == name]
        if len(paths) != 1:
            raise DataMissing(f"{package.name}@{package.version} has {len(paths)} files {name}, not one")
        return self._files(package)[paths[0]]

    def _files(self, package: Package) -> Mapping[str, bytes]:
        if package.name not in self._opened:
            self._opened[package.name] = npm.open_package(package, self._cache)
        return self._opened[package.name]


def _contracts(path: Path) -> dict[str, msgspec.Raw]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, msgspec.Raw])
    except msgspec.DecodeError as error:
        raise MalformedInput(f"{path}: not what `make contracts` writes: {error}") from error
