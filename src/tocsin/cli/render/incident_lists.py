"""Incidents, tasks, funds, journal and the rest as tables."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from tocsin.cli.render.incident import badge, dollar_lines, plain_table
from tocsin.cli.render.money import whole_units
from tocsin.cli.render.safe import safe
from tocsin.edge.store.incident_rows import IncidentRow
from tocsin.respond.incident.incident import Incident
from tocsin.respond.incident.ledger import Funds
from tocsin.respond.incident.types import TYPES
from tocsin.respond.journal import Entry
from tocsin.respond.reports.material import dollars, lasting, spelt, when
from tocsin.respond.reports.story import Told


def incidents(rows: Iterable[IncidentRow], now: float) -> Table:
    """One incident a row."""
    shown = plain_table("number", "priority", "status", "since", "leads", "what happened")
    for row in rows:
        title = f"{f'[{row.codename}] ' if row.is_restricted and row.codename else ''}{row.title}"
        marks = " (exercise)" * bool(row.exercise) + " (restricted)" * row.is_restricted
        shown.add_row(
            Text(row.number),
            badge(row.priority),
            Text(f"{row.status}, {row.phase}" if row.is_open else row.status),
            Text(lasting(now - row.detected_at)),
            Text(safe(row.commander)) if row.commander else Text("nobody", style="bold red" if row.is_open else "dim"),
            Text(safe(title + marks)),
        )
    return shown


def tasks(incident: Incident, now: float) -> Table:
    """What is to be done, and what is done."""
    shown = plain_table("id", "state", "phase", "must", "due", "who", "what")
    for task in incident.tasks.values():
        left = None if task.due_at is None or not task.is_open else task.due_at - now
        due = "" if left is None else f"in {lasting(left)}" if left > 0 else f"late by {lasting(-left)}"
        shown.add_row(
            Text(task.id),
            Text(spelt(task.state), style="" if task.is_open else "dim"),
            Text(safe(task.group)),
            "yes" if task.is_mandatory else "",
            Text(due, style="bold red" if left is not None and left <= 0 else ""),
            Text(safe(", ".join(task.assignees))),
            Text(safe(task.title + (f" ({task.note})" if task.note else ""))),
        )
    return shown


def story(told: Iterable[Told]) -> Table:
    """What happened, in the order in which it happened."""
    shown = plain_table("when", "who", "what")
    for one in told:
        shown.add_row(Text(when(one.at)), Text(safe(one.who)), Text(safe(one.text), style="bold" * one.is_pinned))
    return shown


def journal(entries: Iterable[Entry]) -> Table:
    """The entries as they stand."""
    shown = plain_table("number", "recorded", "who", "kind", "data", "digest")
    for entry in entries:
        told = ", ".join(f"{name}={value}" for name, value in entry.data.items() if value not in (None, "", [], False))
        shown.add_row(
            str(entry.sequence),
            Text(when(entry.recorded_at)),
            Text(safe(str(entry.actor))),
            Text(entry.kind),
            Text(safe(told)),
            Text(entry.digest[:12]),
        )
    return shown


def ledger(told: Funds) -> Table:
    """Every account of every token, exact, and what the figures are."""
    shown = plain_table("chain", "token", "account or figure", "amount", "worth now", "transactions")
    for one in told.holdings:
        for account, units in one.accounts.items():
            amount = whole_units(units, one.decimals)
            shown.add_row(str(one.chain_id), Text(safe(one.symbol)), Text(spelt(account), style="dim"), amount, "", "")
        for name, figure in one.figures.items():
            shown.add_row(
                str(one.chain_id),
                Text(safe(one.symbol)),
                Text(spelt(name), style="bold"),
                whole_units(figure.units, one.decimals),
                dollars(figure.usd_cents),
                Text(safe("\n".join(figure.transactions))),
            )
    return shown


def sums(told: Funds) -> str:
    """Everything together in dollars."""
    return "; ".join(dollar_lines(told))


def types() -> Table:
    """What kinds of incident there are."""
    shown = plain_table("type", "category", "what it is")
    for one in TYPES.values():
        shown.add_row(one.id, one.category, f"{one.name}. {one.words}")
    return shown


def texts(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Plain rows."""
    shown = plain_table(*columns)
    for row in rows:
        shown.add_row(*(Text(safe(cell)) for cell in row))
    return shown
