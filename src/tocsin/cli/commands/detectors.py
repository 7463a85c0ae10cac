"""
List the detectors, show the page of one, or test one.

## What it does
`list` shows every detector with the highest severity it gives. `show ID` prints its page: what it finds, why it
matters, where it is blind, and what to do about a finding. `test` runs the suite that every detector must pass: on all
detectors, on one by its id, or on a file of your own (`./my_detector.py`) before it is put anywhere.

## Exit codes
0: shown, or every check passed. 1: a check failed, or the file breaks the contract. 2: no such detector or file.
"""

import json
from collections.abc import Mapping
from types import ModuleType
from typing import Annotated

import typer
from rich import box
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

import tocsin.detect.detectors
from tocsin.app.outside import extension_in
from tocsin.app.scan import chosen
from tocsin.cli.command import Command, Sample
from tocsin.cli.options import Format
from tocsin.cli.render.console import note, results
from tocsin.cli.render.findings import badge
from tocsin.cli.render.money import count
from tocsin.cli.render.safe import safe
from tocsin.detect.catalogue import detectors
from tocsin.detect.checks import yield_checks
from tocsin.detect.detector import Detector
from tocsin.model.extension import load_with_modules, page, summary


def list_(
    form: Annotated[Format, typer.Option("--format", help="How to write the list.")] = Format.TABLE,
) -> None:
    """List every detector with what it finds and the highest severity it gives."""
    if form is Format.JSON:
        for detector, module in _modules().values():
            results().file.write(json.dumps(_listed(detector, module)) + "\n")
        return
    results().print(_table())
    note("Where one is blind and what to do about a finding: tocsin detectors show ID")


def _listed(detector: Detector, module: ModuleType) -> dict[str, object]:
    return {
        "id": detector.id,
        "severity": detector.severity.word,
        "summary": summary(module),
        "reads": list(detector.reads),
        "references": list(detector.references),
    }


def _table() -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", expand=False)
    for heading in ("detector", "up to", "finds"):
        shown.add_column(heading, overflow="fold")
    for detector, module in _modules().values():
        shown.add_row(Text(detector.id), badge(detector.severity), Text(summary(module)))
    return shown


def show(detector_id: Annotated[str, typer.Argument(metavar="ID", help="The detector's name.")]) -> None:
    """Show the page of one detector."""
    (name,) = chosen((detector_id,), detectors())
    detector, module = _modules()[name]
    reads = (
        f"- `{name}`" + (f" ({read.condition})" if read.condition else "") for name, read in detector.reads.items()
    )
    examples = (f"- {'fires' if example.finds else 'quiet'}: {example.says}" for example in detector.examples)
    parts = (f"# {name}", page(module), "## Reads", "\n".join(reads), "## Examples", "\n".join(examples))
    results().print(Markdown("\n\n".join(parts)))


def check(
    target: Annotated[str, typer.Argument(metavar="[ID|FILE.py]", help="A detector, or a file; all if absent.")] = "",
) -> None:
    """Run the suite every detector must pass."""
    failed = [detector.id for detector in _targets(target) if not _passes(detector)]
    if failed:
        raise typer.Exit(1)


def _targets(target: str) -> list[Detector]:
    if target.endswith(".py"):
        return [extension_in(target, Detector)]
    return list(chosen((target,) if target else (), detectors()).values())


def _passes(detector: Detector) -> bool:
    """Run one detector's checks; show those that fail."""
    failures: dict[str, str] = {}
    names = []
    for name, run in yield_checks(detector):
        names.append(name)
        try:
            run()
        except Exception as error:  # noqa: BLE001 - whatever a detector under test raises is its result
            failures[name] = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    _tell(detector, len(names), failures)
    return not failures


def _tell(detector: Detector, checks: int, failures: Mapping[str, str]) -> None:
    if not failures:
        results().print(Text.assemble(("passes ", "green"), f"{detector.id}: {count(checks, 'check')}"))
        return
    results().print(
        Text.assemble(("FAILS  ", "bold red"), f"{detector.id}: {len(failures)} of {count(checks, 'check')}")
    )
    for says in dict.fromkeys(failures.values()):
        names = "\n  ".join(name for name, said in failures.items() if said == says)
        lines = "\n    ".join(map(safe, says.splitlines()))
        results().print(Text.assemble(f"  {names}\n", (f"    {lines}", "red")))


def _modules() -> Mapping[str, tuple[Detector, ModuleType]]:
    """Every detector with its module, by id."""
    found = load_with_modules(tocsin.detect.detectors, Detector)
    return {detector.id: (detector, module) for detector, module in found}


command = Command(
    id="detectors",
    subcommands=(("list", list_), ("show", show), ("test", check)),
    samples=(
        Sample(says="What there is", arguments=("detectors", "list"), shows=("liquidation",)),
        Sample(says="For programs", arguments=("detectors", "list", "--format", "json"), json=True),
        Sample(says="One detector's page", arguments=("detectors", "show", "liquidation"), shows=("Blind spots",)),
        Sample(says="Test one", arguments=("detectors", "test", "liquidation"), shows=("passes",)),
        Sample(says="Test a file of your own", arguments=("detectors", "test", "./large_call.py"), shows=("passes",)),
        Sample(
            says="A name that is misspelt",
            arguments=("detectors", "show", "liquidaton"),
            exit_code=2,
            shows=("liquidation",),
        ),
    ),
)
