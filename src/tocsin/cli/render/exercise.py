"""Scenarios, how they unfolded, and how detection did, on the terminal and as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from types import ModuleType
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tocsin.app.exercise.story import Moment
from tocsin.cli.render.findings import STYLES, badge
from tocsin.cli.render.money import beginning, count, whole_units
from tocsin.cli.render.safe import safe
from tocsin.exercise.scenario import Scenario
from tocsin.exercise.scoring import Score, Total
from tocsin.exercise.truth import Truth
from tocsin.model.extension import summary
from tocsin.model.finding import Finding, Severity

GOOD, BAD = "green", "bold red"
Symbols = Mapping[str, tuple[str, int]]
"""Symbol and decimals by token."""


def scenarios(known: Iterable[tuple[Scenario, ModuleType]]) -> Table:
    """Every scenario with its priority and the story in a line."""
    shown = _table("scenario", "priority", "what happens", "seen by")
    for scenario, module in known:
        detectors = ", ".join(scenario.expects.detectors) or "nothing yet"
        shown.add_row(Text(scenario.id), scenario.priority.value, Text(summary(module)), Text(detectors, style="dim"))
    return shown


def listed(scenario: Scenario, module: ModuleType) -> dict[str, Any]:
    """One scenario as JSON."""
    return {
        "id": scenario.id,
        "priority": scenario.priority.value,
        "summary": summary(module),
        "tags": [{"code": tag.code, "name": tag.says} for tag in scenario.tags],
        "expects": {
            "detectors": list(scenario.expects.detectors),
            "severity": scenario.expects.severity.word,
            "within_seconds": scenario.expects.within_seconds,
        },
        "contained": scenario.contain is not None,
    }


def timeline(moments: Sequence[Moment], truth: Truth) -> Table:
    """Block by block: what was done, what tocsin saw, what could still be saved. Blocks without either are one line."""
    shown = _table("time", "block", "what happens", "what tocsin sees", "still savable")
    before = ""
    for is_eventful, group in groupby(moments, key=lambda moment: bool(moment.steps or moment.findings)):
        for part in ([each] for each in group) if is_eventful else [list(group)]:
            savable = amounts(part[-1].savable, truth.symbols) if part[0].seconds >= 0 else ""
            cells = (_doings(part), _sightings(part[0].findings), savable if savable != before else "")
            shown.add_row(_time(part[0].seconds), _blocks(part), *cells, style="" if is_eventful else "dim")
            before = savable
    return shown


def _blocks(moments: Sequence[Moment]) -> str:
    numbers = [moment.number for moment in moments if moment.chain_id == moments[0].chain_id]
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"


def _time(seconds: int) -> str:
    return f"{'-' if seconds < 0 else '+'}{_duration(abs(seconds))}"


def _duration(seconds: int) -> str:
    hours, rest = divmod(seconds, 3_600)
    return f"{hours} h {rest // 60:02} min" if hours else f"{rest} s"


def _doings(moments: Sequence[Moment]) -> Text:
    lines = [Text(f"▶ {safe(step.says)}", style="bold") for moment in moments for step in moment.steps]
    if ordinary := sum(moment.ordinary for moment in moments):
        lines.append(Text(count(ordinary, "ordinary transaction"), style="dim"))
    return Text("\n").join(lines)


def _sightings(findings: Sequence[Finding]) -> Text:
    worst = sorted(findings, key=lambda finding: (-finding.severity, -finding.confidence))
    lines = [Text.assemble(badge(each.severity), f" {each.detector}: {safe(each.title)}") for each in worst]
    return Text("\n").join(lines)


def amounts(of: Mapping[tuple[int, str], int], symbols: Symbols) -> str:
    """Exact amounts, each with its symbol, a line each; those of zero go without saying."""
    told = [
        f"{whole_units(amount, _decimals(token, symbols))} {_symbol(token, symbols)}"
        for (_, token), amount in of.items()
        if amount
    ]
    return "\n".join(told) or "nothing"


def _symbol(token: str, symbols: Symbols) -> str:
    return safe(symbols[token][0]) if token in symbols else beginning(token)


def _decimals(token: str, symbols: Symbols) -> int:
    return symbols[token][1] if token in symbols else 0


def verdict(score: Score, truth: Truth, contained: str | None) -> RenderableType:
    """How it went, in a few lines."""
    found = score.detection
    lines = [Text.assemble("Lost: ", (_one_line(amounts(score.lost, truth.symbols)), "bold"))]
    if found is None:
        expected = ", ".join(score.expects.detectors) or "no detector that is there can see it yet"
        lines.append(Text(f"Missed: nothing bad enough was seen in time ({expected}).", style=BAD))
    else:
        when = f"{_duration(found.seconds)} and {count(found.blocks, 'block')} after it could be known"
        lines.append(Text.assemble(("Seen ", GOOD), f"by {found.detector}, {when}."))
        saved = _one_line(amounts(found.savable, truth.symbols))
        lines.append(Text.assemble("Still savable then: ", (saved, "bold"), "."))
    if contained is not None:
        lines.append(Text(f"Contained in time, the same attack reverts: {safe(contained)}."))
    if score.false_alarms:
        lines.append(Text(f"False alarms around it: {len(score.false_alarms)}.", style=BAD))
    return Panel(Group(*lines), title=score.id, title_align="left", box=box.ROUNDED, border_style=_border(score))


def _border(score: Score) -> str:
    return "green" if score.detection else STYLES[Severity.HIGH]


def _one_line(text: str) -> str:
    return text.replace("\n", ", ")


def scores(total: Total, truths: Mapping[str, Truth]) -> Group:
    """All scores in a table, and what they add up to."""
    shown = _table("scenario", "detected", "by", "after", "savable then", "of", "twin")
    for score in total.scores:
        shown.add_row(*_row(score, truths[score.id].symbols))
    return Group(shown, _sum(total), *_misses(total))


def _row(score: Score, symbols: Symbols) -> list[RenderableType]:
    found = score.detection
    return [
        Text(score.id),
        Text("yes", style=GOOD) if found else Text("MISSED", style=BAD),
        Text("\n".join(score.detectors)),
        f"{_duration(found.seconds)}, {count(found.blocks, 'block')}" if found else "",
        amounts(found.savable, symbols) if found else "",
        amounts(score.lost, symbols),
        Text("quiet", style=GOOD) if score.twin_quiet else Text("LOUD", style=BAD),
    ]


def _sum(total: Total) -> Text:
    detected = sum(score.detection is not None for score in total.scores)
    quiet = sum(score.twin_quiet for score in total.scores)
    precision = "-" if total.precision is None else f"{total.precision:.1%}"
    return Text(
        f"Recall {total.recall:.1%} ({detected} of {len(total.scores)}), precision {precision}, "
        f"twins quiet {quiet} of {len(total.scores)}, false alerts per 1 000 ordinary transactions "
        f"{total.false_alerts_per_1000:.2f} (of {total.ordinary_transactions:,})."
    )


def _misses(total: Total) -> list[Text]:
    """Each alarm that should not be, so that it can be looked into."""
    told = [(score.id, finding) for score in total.scores for finding in score.twin_alarms]
    lines = [Text(f"The twin of {id_} alarms: {_alarm(finding)}", style=BAD) for id_, finding in told]
    return [*lines, *(Text(f"False alarm: {_alarm(finding)}", style=BAD) for finding in total.alarming)]


def _alarm(finding: Finding) -> str:
    where = beginning(finding.place.transaction_hash or "")
    return f"{finding.severity.word} {finding.detector}: {safe(finding.title)} ({where})"


def scores_json(total: Total, truths: Mapping[str, Truth]) -> dict[str, Any]:
    """All scores as one object."""
    return {
        "recall": total.recall,
        "precision": total.precision,
        "twins_quiet": total.twins_quiet,
        "false_alerts_per_1000": total.false_alerts_per_1000,
        "ordinary_transactions": total.ordinary_transactions,
        "scenarios": [score_json(score, truths[score.id].symbols) for score in total.scores],
    }


def score_json(score: Score, symbols: Symbols) -> dict[str, Any]:
    """One score; amounts are base units as decimal strings."""
    found = score.detection
    return {
        "id": score.id,
        "detected": found is not None,
        "detectors": list(score.detectors),
        "seconds_to_detection": None if found is None else found.seconds,
        "blocks_to_detection": None if found is None else found.blocks,
        "savable_at_detection": None if found is None else _amounts_json(found.savable, symbols),
        "lost": _amounts_json(score.lost, symbols),
        "twin_quiet": score.twin_quiet,
        "twin_alarms": [finding.detector for finding in score.twin_alarms],
        "false_alarms": [finding.detector for finding in score.false_alarms],
    }


def _amounts_json(of: Mapping[tuple[int, str], int], symbols: Symbols) -> list[dict[str, Any]]:
    return [
        {"chain_id": chain_id, "token": token, "symbol": _symbol(token, symbols), "amount": str(amount)}
        for (chain_id, token), amount in of.items()
    ]


def _table(*headings: str) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", expand=False)
    for heading in headings:
        shown.add_column(heading, overflow="fold", no_wrap=heading in {"time", "scenario", "by", "after"})
    return shown
