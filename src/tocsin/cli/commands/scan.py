"""
Look for attacks in recordings, a Parquet archive or a node's blocks.

## What it does
Runs every detector over each SOURCE, one after the other, and shows what they find, worst first. A SOURCE is a
recording (a file or a directory of them, .json or .json.gz), a directory of Parquet files with cryo's column names, or
a node's URL together with --from and --to.

`--format json` writes one finding per line as soon as it is found; `--format sarif` writes one SARIF 2.1.0 log.
Findings go to stdout; progress, and what could not be looked at, to stderr. A detector that lacks a dataset is named as
blind: that is not the same as having found nothing.

`--min-severity` leaves out what is below; `--fail-on` makes findings at or above it the exit code's business.

## Exit codes
0: everything was looked at. 1: something could not be read, or a detector failed; the rest was done. 2: wrong usage.
3: there are findings at or above --fail-on.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, TypeAlias

import typer

import tocsin.detect.detectors
from tocsin.app import scan as scanning
from tocsin.app.scan import Looked, Report, Result
from tocsin.app.sources import Request, noun, pieces, units
from tocsin.cli.command import Command, Sample
from tocsin.cli.options import SeverityWord, names
from tocsin.cli.render import findings as shown
from tocsin.cli.render import sarif
from tocsin.cli.render.blindness import blindness, problems
from tocsin.cli.render.console import note, results, warn
from tocsin.cli.render.money import count
from tocsin.cli.render.progress import progress
from tocsin.detect.catalogue import detectors
from tocsin.detect.detector import Detector
from tocsin.model.extension import load_with_modules, summary
from tocsin.model.finding import Finding

FOUND = 3
"""Exit code when there are findings at or above --fail-on."""


Selected: TypeAlias = Mapping[str, Detector]
Found: TypeAlias = list[tuple[str, Finding]]
"""Findings, each with the source it was found in."""


class Format(StrEnum):
    """How findings are written."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"


def run(  # noqa: PLR0913, PLR0917 - Typer reads the options off the parameters
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Recordings, a Parquet archive, or a URL.")],
    form: Annotated[Format, typer.Option("--format", help="How to write findings.")] = Format.TABLE,
    chain_id: Annotated[
        int | None, typer.Option(min=1, help="The chain, where the source does not say which it is.")
    ] = None,
    only: Annotated[str, typer.Option("--detectors", metavar="A,B", help="Only these detectors; all if absent.")] = "",
    least: Annotated[
        SeverityWord, typer.Option("--min-severity", help="Leave out findings below this.")
    ] = SeverityWord.INFO,
    fail_on: Annotated[
        SeverityWord | None, typer.Option(help="Exit with 3 when there is a finding of this severity or worse.")
    ] = None,
    first: Annotated[int | None, typer.Option("--from", min=0, help="First block.")] = None,
    last: Annotated[int | None, typer.Option("--to", min=0, help="Last block.")] = None,
) -> None:
    """Scan the sources, show the findings, and exit as the findings and --fail-on say."""
    selected = scanning.chosen(names(only), detectors())
    requests = [Request(source=source, chain_id=chain_id, first_block=first, last_block=last) for source in sources]
    report = Report(noun=_noun(requests))
    stream = _kept(_looked(requests, selected, report, form), least)
    found = _WRITERS[form](stream, selected, report)
    _say(report, found, sources[0])
    raise typer.Exit(_exit_code(report, found, fail_on))


def _noun(requests: Sequence[Request]) -> str:
    nouns = {noun(request) for request in requests}
    return nouns.pop() if len(nouns) == 1 else "recording or block"


def _looked(requests: Sequence[Request], selected: Selected, report: Report, form: Format) -> Iterator[Looked]:
    """What could be looked at; all of it counted in the report as it comes."""
    totals = [units(request) for request in requests]
    total = None if None in totals else sum(filter(None, totals))
    with progress(total, wanted=not (form is Format.JSON and results().is_terminal)) as advance:
        for request in requests:
            for result in scanning.scan(pieces(request), selected):
                report.add(result)
                advance(result.units)
                yield from _told(result)


def _told(result: Result) -> Iterator[Looked]:
    if isinstance(result, Looked):
        yield result
    else:
        warn(f"left out: {result.error}")


def _kept(stream: Iterator[Looked], least: SeverityWord) -> Iterator[tuple[str, Finding]]:
    for looked in stream:
        for finding in looked.findings:
            if finding.severity >= least.severity:
                yield looked.source, finding


def _as_table(stream: Iterator[tuple[str, Finding]], _selected: Selected, _report: Report) -> Found:
    found = list(stream)
    if found:
        results().print(shown.table([finding for _, finding in found]))
    return found


def _as_json(stream: Iterator[tuple[str, Finding]], _selected: Selected, _report: Report) -> Found:
    found: Found = []
    for source, finding in stream:
        typer.echo(json.dumps(finding.to_json(), ensure_ascii=True))
        found.append((source, finding))
    return found


def _as_sarif(stream: Iterator[tuple[str, Finding]], selected: Selected, report: Report) -> Found:
    found = list(stream)
    says = {
        name: summary(module)
        for detector, module in load_with_modules(tocsin.detect.detectors, Detector)
        for name in [detector.id]
    }
    notes = [*blindness(report), *problems(report)]
    typer.echo(json.dumps(sarif.log(found, selected, says, notes, whole=report.whole), indent=2))
    return found


_WRITERS = {Format.TABLE: _as_table, Format.JSON: _as_json, Format.SARIF: _as_sarif}


def _say(report: Report, found: Found, source: str) -> None:
    """What was done, what was not, and what to type next."""
    for text in (*blindness(report), *problems(report)):
        warn(text)
    looked = f"{count(report.units, report.noun)}, {count(report.transactions, 'transaction')}"
    note(f"{shown.tally(finding for _, finding in found)} in {looked}.")
    worst = next(iter(shown.worst_first(finding for _, finding in found)), None)
    if worst and worst.place.transaction_hash:
        note(f"Look closer: tocsin explain {source} --tx {worst.place.transaction_hash}")


def _exit_code(report: Report, found: Found, fail_on: SeverityWord | None) -> int:
    if fail_on and any(finding.severity >= fail_on.severity for _, finding in found):
        return FOUND
    return 0 if report.whole else 1


command = Command(
    id="scan",
    run=run,
    samples=(
        Sample(says="A directory of recorded blocks, as a table", arguments=("scan", "blocks")),
        Sample(
            says="One finding per line, for other programs", arguments=("scan", "blocks", "--format", "json"), json=True
        ),
        Sample(
            says="SARIF for code scanning dashboards",
            arguments=("scan", "blocks", "--format", "sarif"),
            shows=('"version": "2.1.0"',),
        ),
        Sample(
            says="In a pipeline: fail when something high or worse is found",
            arguments=("scan", "blocks", "--min-severity", "medium", "--fail-on", "high"),
            exit_code=3,
        ),
        Sample(
            says="A path that is misspelt", arguments=("scan", "blokcs"), exit_code=2, shows=("did you mean blocks",)
        ),
    ),
)
