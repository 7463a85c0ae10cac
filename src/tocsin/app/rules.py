"""Rules from files to detectors, and monitors from files to rules: where the pure part meets the disk."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from tocsin.detect.catalogue import detectors
from tocsin.detect.detector import Detector
from tocsin.detect.rules.loading import Compiled, compile_rules, running
from tocsin.detect.rules.openzeppelin.monitor import monitors
from tocsin.detect.rules.openzeppelin.monitor import networks as read_networks
from tocsin.detect.rules.openzeppelin.translation import Translation, translate
from tocsin.edge.rule_files import SUFFIXES, read_json_below, read_rules, read_text
from tocsin.edge.whole_file import write_whole
from tocsin.model.errors import SourceError


class Rules(NamedTuple):
    """What runs."""

    detectors: dict[str, Detector]
    """By id."""
    titles: dict[str, str]
    """By id: what each finds, in one line."""


def load(paths: Sequence[str], *, force: bool = False) -> Rules:
    """
    The rules of these files and directories that give findings.

    Raises `RuleError` that names every fault, and `SourceError` for what cannot be read.
    """
    if not paths:
        return Rules({}, {})
    found = running(compiled(paths, force=force))
    return Rules(
        {each.detector.id: each.detector for each in found}, {each.detector.id: each.heading.title for each in found}
    )


def compiled(paths: Sequence[str], *, force: bool = False) -> tuple[Compiled, ...]:
    """Every rule of these files and directories, also those that do not run. None has the name of a detector."""
    return compile_rules(read_rules(paths), force=force, taken=detectors())


def is_rules(name: str) -> bool:
    """Whether a name is that of a rule file or of a directory."""
    return name.endswith(SUFFIXES) or Path(name).is_dir()


def translated(files: Sequence[str], networks: str) -> list[Translation]:
    """The monitors of these files as rules, with what became of each part. `networks` is a directory, or empty."""
    known = read_networks(read_json_below(Path(networks))) if networks else {}
    read = [(name, read_text(Path(name))) for name in files]
    return [translate(monitor, known) for name, text in read for monitor in monitors(text, name)]


def write(translations: Sequence[Translation], folder: str) -> list[str]:
    """
    Write each rule into its own file, and return their names.

    Raises `SourceError` where two would have one name, or a file is there already: it may have been edited.
    """
    paths = [Path(folder) / f"{each.id}.yml" for each in translations if each.text]
    for path in paths:
        if path.exists() or paths.count(path) > 1:
            why = "is there already; move it away" if path.exists() else "would be written twice; rename a monitor"
            raise SourceError(f"{path} {why}")
    for path, each in zip(paths, (each for each in translations if each.text), strict=True):
        write_whole(path, partial(_put, each.text.encode()))
    return [str(path) for path in paths]


def _put(text: bytes, file: IO[bytes]) -> None:
    file.write(text)
