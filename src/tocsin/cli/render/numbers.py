"""Numbers as tables, as JSON, and as CSV: one row a number, so that spreadsheets pivot it."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from tocsin.cli.render.money import count
from tocsin.cli.render.safe import safe
from tocsin.respond.clocks.words import span
from tocsin.respond.numbers.durations import DURATIONS
from tocsin.respond.numbers.figures import Compliance, Figures
from tocsin.respond.numbers.spread import Spread

GOOD, FAIR = 0.95, 0.8
"""Shares of clocks met from which they are shown in green, and in yellow."""
COLUMNS = ("period", "subject", "name", "priority", "number", "value")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet would run what begins so."""


def tables(told: Figures) -> Iterator[Table]:
    """Durations, clocks and alerts of one period."""
    yield _durations(told)
    if told.clocks:
        yield _clocks(told)
    if told.quality:
        yield _alerts(told)


def to_json(told: Figures) -> dict[str, Any]:
    """For programs: durations in seconds, shares from 0 to 1, null where there is nothing to say."""
    clocks = [{**asdict(each), "share_met": each.share_met} for each in told.clocks]
    return {**asdict(told), "clocks": clocks}


def to_csv(every: Sequence[Figures]) -> str:
    """For spreadsheets."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for told in every:
        writer.writerows([_harmless(cell) for cell in (told.period, *row)] for row in _rows(told))
    return file.getvalue()


def _rows(told: Figures) -> Iterator[tuple[str, str, str, str, object]]:
    yield ("incidents", "", "", "count", told.incidents)
    for priority, number in told.by_priority.items():
        yield ("incidents", "", priority, "count", number)
    for name, each in told.durations.items():
        yield from (("duration", name, "", number, value) for number, value in _spread(each))
    for clock in told.clocks:
        numbers = (("met", clock.met), ("breached", clock.breached), ("waived", clock.waived), ("open", clock.open))
        yield from (("clock", clock.clock, clock.priority, number, value) for number, value in numbers)
    yield ("alerts", "", "", "count", told.alerts)
    yield ("alerts", "", "", "escalated", told.alerts_escalated)
    for name, each in (("acknowledge", told.alert_acknowledge), ("close", told.alert_close)):
        yield from (("alerts", name, "", number, value) for number, value in _spread(each))
    for source in told.quality:
        yield ("source", source.detector, "", "alerts", source.alerts)
        yield ("source", source.detector, "", "precision", source.precision)
        yield from (("source", source.detector, "", verdict.value, n) for verdict, n in source.verdicts.items())


def _spread(told: Spread) -> Iterator[tuple[str, object]]:
    yield from (
        ("count", told.count),
        ("median_seconds", told.median),
        ("mean_seconds", told.mean),
        ("p90_seconds", told.p90),
    )


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def _durations(told: Figures) -> Table:
    counts = f"{count(told.incidents, 'incident')} ({_priorities(told)}), {count(told.alerts, 'alert')}"
    title = f"{told.period or 'All of it'}: {counts}"
    shown = _table(title, "", "mean", "median", "9 in 10 within", "of", "what it is")
    for each in DURATIONS:
        found = told.durations[each.id]
        times = (_time(found.mean), _time(found.median), _time(found.p90))
        shown.add_row(each.short, *times, str(found.count), each.says)
    return shown


def _priorities(told: Figures) -> str:
    return ", ".join(f"{name} {number}" for name, number in told.by_priority.items())


def _clocks(told: Figures) -> Table:
    shown = _table("", "clock", "priority", "met", "breached", "waived", "open", "share met")
    for each in told.clocks:
        counts = (str(each.met), str(each.breached), str(each.waived), str(each.open))
        shown.add_row(safe(each.clock), each.priority, *counts, _share(each))
    return shown


def _share(told: Compliance) -> Text:
    share = told.share_met
    if share is None:
        return Text("")
    return Text(f"{share:.0%}", style="green" if share >= GOOD else "yellow" if share >= FAIR else "bold red")


def _alerts(told: Figures) -> Table:
    shown = _table("", "source of alerts", "alerts", "precision", "95 % of it", "unjudged", "why noise")
    for each in told.quality:
        precision = "" if each.precision is None else f"{each.precision:.0%}"
        interval = "" if each.interval is None else f"{each.interval[0]:.0%} to {each.interval[1]:.0%}"
        noise = "; ".join(f"{safe(reason)} ({times})" for reason, times in each.noise)
        shown.add_row(safe(each.detector), str(each.alerts), precision, interval, str(each.unjudged), Text(noise))
    return shown


def _time(seconds: float | None) -> str:
    return "" if seconds is None else span(seconds)


def _table(title: str, *columns: str) -> Table:
    shown = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="bold",
    )
    for name in columns:
        shown.add_column(name, overflow="fold")
    return shown
