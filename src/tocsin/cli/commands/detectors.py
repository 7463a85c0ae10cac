"""
List the detectors, show the page of one, or test one.

## What it does
`list` shows every detector with the highest severity it gives. `show ID` prints its page: what it finds, why it
matters, where it is blind, and what to do about a finding. `test` runs the suite that every detector must pass: on all
detectors, on one by its id, on a file of your own (`./my_detector.py`) before it is put anywhere, or on rules (a .yml
file or a directory of them) with the tests written beside them.

## Exit codes
0: shown, or every check passed. 1: a check failed, or the file breaks the contract. 2: no such detector or file, or a
rule that is malformed.
"""

import json
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Annotated, TypeAlias

import typer
from rich import box
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

import tocsin.detect.detectors
from tocsin.app.outside import extension_in
from tocsin.app.rules import compiled, is_rules
from tocsin.app.scan import chosen
from tocsin.cli.command import Command, Sample
from tocsin.cli.options import Format
from tocsin.cli.render.console import note, results
from tocsin.cli.render.findings import badge
from tocsin.cli.render.money import count
from tocsin.cli.render.safe import safe
from tocsin.detect.catalogue import detectors
from tocsin.detect.checks import Check, yield_checks
from tocsin.detect.detector import Detector
from tocsin.detect.rules.suite import suite
from tocsin.model.extension import load_with_modules, page, summary

Checks: TypeAlias = Iterable[tuple[str, Check]]


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
    target: Annotated[
        str, typer.Argument(metavar="[ID|FILE|DIR]", help="A detector, a file, or a directory of rules; all if absent.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Take rules that would match nearly everything.")] = False,
) -> None:
    """Run the suite every detector must pass."""
    failed = [detector.id for detector, checks in _targets(target, force=force) if not _passes(detector, checks)]
    if failed:
        raise typer.Exit(1)


def _targets(target: str, *, force: bool) -> list[tuple[Detector, Checks]]:
    """The detectors meant, each with its suite."""
    if target.endswith(".py"):
        own = extension_in(target, Detector)
        return [(own, yield_checks(own))]
    if target not in detectors() and is_rules(target):
        return [(rule.detector, suite(rule)) for rule in compiled((target,), force=force)]
    known = chosen((target,) if target else (), detectors()).values()
    return [(detector, yield_checks(detector)) for detector in known]


def _passes(detector: Detector, checks: Checks) -> bool:
    """Run one detector's checks; show those that fail."""
    failures: dict[str, str] = {}
    names = []
    for name, run in checks:
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
        names = "\n  ".join(safe(name) for name, said in failures.items() if said == says)
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
        Sample(says="Test rules of your own", arguments=("detectors", "test", "my-rules"), shows=("passes",)),
        Sample(
            says="A name that is misspelt",
            arguments=("detectors", "show", "liquidaton"),
            exit_code=2,
            shows=("liquidation",),
        ),
    ),
)
