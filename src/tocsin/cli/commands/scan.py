"""
Look for attacks in recordings, a Parquet archive or a node's blocks.

## What it does
Runs every detector over each SOURCE, one after the other, and shows what they find, worst first. A SOURCE is a
recording (a file or a directory of them, .json or .json.gz), a trace as a node answered it (`-` to paste one), a
directory of Parquet files with cryo's column names, or a node's URL together with --from and --to.

`--format json` writes one finding per line as soon as it is found; `--format sarif` writes one SARIF 2.1.0 log.
Findings go to stdout; progress, and what could not be looked at, to stderr. A detector that lacks a dataset is named as
blind: that is not the same as having found nothing.

`--known` loads what you know: which contracts and wallets you protect, what your tokens are worth, which changes are
announced, and public lists of addresses; docs/reference/feeds has the formats.

`--alerts` puts findings together that are about one transaction, actor or victim, and scores them: the worst first,
with the stages of an attack that are seen and, of each, what counts and what does not. `--min-severity` then leaves out
findings before they are put together.

`--min-severity` leaves out what is below; `--fail-on` makes findings at or above it the exit code's business, and with
`--alerts` alerts too: what several findings make together may be worse than each of them.

## Exit codes
0: everything was looked at. 1: something could not be read, or a detector failed; the rest was done. 2: wrong usage.
3: there are findings, or alerts where they are asked for, at or above --fail-on.
"""

import json
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Annotated, TypeAlias

import typer

import tocsin.detect.detectors
from tocsin.app import scan as scanning
from tocsin.app.known import load
from tocsin.app.rules import load as load_rules
from tocsin.app.scan import Looked, Report, Result
from tocsin.app.sources import Request, noun, pieces, title, units
from tocsin.app.sources.recorded import PASTED
from tocsin.app.wanted import extra
from tocsin.cli.command import Command, Sample
from tocsin.cli.options import SeverityWord, names
from tocsin.cli.render import alerts as shown_alerts
from tocsin.cli.render import findings as shown
from tocsin.cli.render import sarif
from tocsin.cli.render.blindness import blindness, problems
from tocsin.cli.render.console import note, results, warn
from tocsin.cli.render.money import count
from tocsin.cli.render.pasting import invite
from tocsin.cli.render.progress import progress
from tocsin.detect.alerts.alerts import alerts
from tocsin.detect.catalogue import detectors
from tocsin.detect.detector import Detector
from tocsin.detect.labels import Labels
from tocsin.model.alert import Alert
from tocsin.model.errors import UserError
from tocsin.model.extension import load_with_modules, summary
from tocsin.model.finding import Finding, Severity
from tocsin.tables.dataset import Tables

FOUND = 3
"""Exit code when there are findings, or alerts, at or above --fail-on."""


Selected: TypeAlias = Mapping[str, Detector]
Titles: TypeAlias = Mapping[str, str]
"""By rule: what it finds, in one line."""
Found: TypeAlias = tuple[str, Finding]
"""A finding with the source it was found in."""


@dataclass(slots=True)
class Seen:
    """What went by, without keeping it all."""

    severities: Counter[Severity] = field(default_factory=Counter)
    worst: Found | None = None
    alerts: tuple[Alert, ...] = ()
    """What they make together, the worst first; only where it was asked for."""

    @property
    def severity(self) -> Severity | None:
        """Of the worst finding or alert; none where nothing was found."""
        return max(
            (*([self.worst[1].severity] if self.worst else []), *(alert.severity for alert in self.alerts)),
            default=None,
        )

    def counted(self, stream: Iterable[Found]) -> Iterator[Found]:
        """The findings as they go by."""
        for source, finding in stream:
            self.severities[finding.severity] += 1
            if self.worst is None or _badness(finding) > _badness(self.worst[1]):
                self.worst = source, finding
            yield source, finding


def _badness(finding: Finding) -> tuple[Severity, float]:
    return finding.severity, finding.confidence


class Format(StrEnum):
    """How findings are written."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"


def run(  # noqa: PLR0913, PLR0917 - Typer reads the options off the parameters
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE", help="Recordings, a pasted trace (- to paste), an archive, a URL.")
    ],
    form: Annotated[Format, typer.Option("--format", help="How to write findings.")] = Format.TABLE,
    chain_id: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="The chain, where the source does not say which it is.")
    ] = None,
    only: Annotated[str, typer.Option("--detectors", metavar="A,B", help="Only these detectors; all if absent.")] = "",
    least: Annotated[
        SeverityWord,
        typer.Option(
            "--min-severity", metavar="SEVERITY", help="Leave out findings below: info, low, medium, high or critical."
        ),
    ] = SeverityWord.INFO,
    as_alerts: Annotated[
        bool, typer.Option("--alerts", help="Show what belongs together as scored alerts, with the reasons.")
    ] = False,
    fail_on: Annotated[
        SeverityWord | None,
        typer.Option(
            metavar="SEVERITY", help="Exit with 3 when there is a finding, or alert, of this severity or worse."
        ),
    ] = None,
    known: Annotated[
        list[str] | None,
        typer.Option(
            "--known",
            metavar="PATH",
            help="Labels, prices and announced changes: a file, or a directory of them. May be repeated.",
        ),
    ] = None,
    rules: Annotated[
        list[str] | None,
        typer.Option("--rules", metavar="PATH", help="Rules of your own beside the detectors: a file, or a directory."),
    ] = None,
    first: Annotated[int | None, typer.Option("--from", metavar="N", min=0, help="First block.")] = None,
    last: Annotated[int | None, typer.Option("--to", metavar="N", min=0, help="Last block.")] = None,
) -> None:
    """Scan the sources, show the findings, and exit as the findings and --fail-on say."""
    own = load_rules(rules or ())
    selected, beside = scanning.chosen(names(only), {**detectors(), **own.detectors}), load(known or ())
    wanted = Request(source="", chain_id=chain_id, first_block=first, last_block=last, extra=extra(selected.values()))
    requests = [replace(wanted, source=source) for source in sources]
    invite(sources)
    report, seen = Report(noun=_noun(requests)), Seen()
    stream = seen.counted(_kept(_looked(requests, selected, beside, report, form), least))
    if as_alerts:
        seen.alerts = _write_alerts(stream, form, selected, Labels.of(beside))
    else:
        _WRITERS[form](stream, selected, report, own.titles)
    _say(report, seen)
    raise typer.Exit(_exit_code(report, seen, fail_on))


def _noun(requests: Sequence[Request]) -> str:
    nouns = {noun(request) for request in requests}
    return nouns.pop() if len(nouns) == 1 else "recording or block"


def _looked(
    requests: Sequence[Request], selected: Selected, beside: Tables, report: Report, form: Format
) -> Iterator[Found]:
    """Everything found in what could be looked at; all of it counted in the report as it comes."""
    totals = [units(request) for request in requests]
    total = None if None in totals else sum(filter(None, totals))
    with progress(total, wanted=not (form is Format.JSON and results().is_terminal)) as advance:
        for request in requests:
            for result in scanning.scan(pieces(request), selected, beside):
                report.add(result)
                advance(result.units)
                yield from ((title(request), finding) for finding in _told(result))


def _told(result: Result) -> Sequence[Finding]:
    if isinstance(result, Looked):
        return result.findings
    warn(f"left out: {result.error}")
    return ()


def _kept(stream: Iterable[Found], least: SeverityWord) -> Iterator[Found]:
    return ((source, finding) for source, finding in stream if finding.severity >= least.severity)


def _as_table(stream: Iterable[Found], _selected: Selected, _report: Report, _titles: Titles) -> None:
    if found := [finding for _, finding in stream]:
        results().print(shown.table(found))


def _as_json(stream: Iterable[Found], _selected: Selected, _report: Report, _titles: Titles) -> None:
    for _, finding in stream:
        typer.echo(json.dumps(finding.to_json()))


def _write_alerts(stream: Iterable[Found], form: Format, selected: Selected, known: Labels) -> tuple[Alert, ...]:
    """Alerts are of everything that was found: they are shown when all is looked at. Raises `UserError`."""
    if form is Format.SARIF:
        raise UserError(
            "--alerts are written as a table or as JSON, not as SARIF: choose --format json, or no --alerts"
        )
    told = alerts([finding for _, finding in stream], selected, known)
    if form is Format.JSON:
        for alert in told:
            typer.echo(json.dumps(alert.to_json()))
    elif told:
        results().print(shown_alerts.table(told))
    return tuple(told)


def _as_sarif(stream: Iterable[Found], selected: Selected, report: Report, titles: Titles) -> None:
    found = list(stream)
    modules = load_with_modules(tocsin.detect.detectors, Detector)
    says = {**{detector.id: summary(module) for detector, module in modules}, **titles}
    notes = [*blindness(report), *problems(report)]
    typer.echo(json.dumps(sarif.log(found, selected, says, notes, whole=report.whole), indent=2))


_WRITERS = {Format.TABLE: _as_table, Format.JSON: _as_json, Format.SARIF: _as_sarif}


def _say(report: Report, seen: Seen) -> None:
    """What was done, what was not, and what to type next."""
    for text in (*blindness(report), *problems(report)):
        warn(text)
    looked = f"{count(report.units, report.noun)}, {count(report.transactions, 'transaction')}"
    note(f"{shown.tally(seen.severities.elements())} in {looked}.")
    place = seen.worst[1].place if seen.worst else None
    if seen.worst and place and seen.worst[0] != PASTED and (place.transaction_hash or place.block_number is None):
        which = f"--tx {place.transaction_hash}" if place.transaction_hash else f"--chain-id {place.chain_id}"
        note(f"Look closer: tocsin explain {shlex.quote(seen.worst[0])} {which}")


def _exit_code(report: Report, seen: Seen, fail_on: SeverityWord | None) -> int:
    if fail_on and seen.severity and seen.severity >= fail_on.severity:
        return FOUND
    return 0 if report.whole else 1


command = Command(
    id="scan",
    run=run,
    samples=(
        Sample(says="A directory of recorded blocks, as a table", arguments=("scan", "blocks")),
        Sample(
            says="With rules of your own, without code",
            arguments=("scan", "blocks", "--rules", "my-rules"),
            shows=("large-approval",),
        ),
        Sample(
            says="One finding per line, for other programs", arguments=("scan", "blocks", "--format", "json"), json=True
        ),
        Sample(says="What belongs together, scored", arguments=("scan", "blocks", "--alerts"), shows=("stages",)),
        Sample(
            says="A trace as it was pasted: a bare callTracer frame",
            arguments=("scan", "pasted.json", "--chain-id", "1"),
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
