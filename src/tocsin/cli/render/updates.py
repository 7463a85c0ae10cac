"""Updates for stakeholders: a list of them, and one whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tocsin.app.telling.updates import Told
from tocsin.cli.render.money import count
from tocsin.cli.render.safe import safe
from tocsin.respond.updates.update import Delivery, DeliveryState, UpdateState

STATE_STYLES: Mapping[str, str] = {
    UpdateState.REVIEW: "yellow",
    UpdateState.APPROVED: "cyan",
    UpdateState.SENDING: "cyan",
    UpdateState.SENT: "green",
    UpdateState.FAILED: "bold red",
    DeliveryState.PENDING: "yellow",
    DeliveryState.DELIVERED: "green",
}
NEXT: Mapping[UpdateState, str] = {
    UpdateState.DRAFT: "Have it reviewed: tocsin updates review {name}",
    UpdateState.REVIEW: "Somebody who wrote none of it: tocsin updates approve {name}",
    UpdateState.APPROVED: "Send it: tocsin updates send {name} --channels-are-safe",
    UpdateState.SENDING: "It is being sent: tocsin updates show {name}",
    UpdateState.FAILED: "Try again: tocsin updates send {name} --channels-are-safe",
}


def name(told: Told) -> str:
    """What an update is called."""
    return f"{told.incident.number}/{told.update.number}"


def listing(found: Sequence[Told]) -> Table:
    """Updates, the newest first."""
    shown = _table("update", "group", "state", "label", "title", "changed")
    for each in found:
        update = each.update
        state = Text(update.state.value, style=STATE_STYLES.get(update.state, ""))
        row = (safe(name(each)), safe(update.group), state, f"TLP:{update.tlp.upper()}")
        shown.add_row(*row, Text(safe(update.title)), _moment(update.changed_at))
    return shown


def whole(told: Told) -> RenderableType:
    """One update with its text, and what became of it."""
    return Group(*_parts(told))


def _parts(told: Told) -> Iterator[RenderableType]:
    update = told.update
    yield Text(f"{name(told)} to {safe(update.group)}: {update.state.value}, TLP:{update.tlp.upper()}", style="bold")
    by = f"written by {', '.join(update.authors)}"
    approved = f", approved by {update.approver}" if update.approver else ""
    yield Text(safe(f"{by}{approved}"), style="dim")
    if update.note:
        yield Text(safe(update.note), style="yellow")
    yield Text("\n" + safe(update.title) + "\n", style="bold")
    yield Text("\n".join(map(safe, update.text.splitlines())) + "\n")
    if told.deliveries:
        yield deliveries(told.deliveries)


def deliveries(found: Sequence[Delivery]) -> Table:
    """Who was told, and who could not be."""
    shown = _table("channel", "address", "state", "attempts", "says")
    for each in found:
        state = Text(each.state.value, style=STATE_STYLES.get(each.state, ""))
        says = each.detail or each.provider_id
        shown.add_row(safe(each.channel), Text(safe(each.address)), state, str(each.attempts), Text(safe(says)))
    return shown


def as_json(told: Told) -> dict[str, Any]:
    """An update for programs."""
    return {
        "name": name(told),
        "incident_number": told.incident.number,
        **asdict(told.update),
        "deliveries": [asdict(each) for each in told.deliveries],
        "attempts": [asdict(each) for each in told.attempts],
    }


def next_step(told: Told) -> str:
    """What to do next, with the command; empty where there is nothing."""
    untold = sum(each.state is DeliveryState.FAILED for each in told.deliveries)
    if told.update.state is UpdateState.SENT and untold:
        return f"{count(untold, 'recipient')} not told. {NEXT[UpdateState.FAILED]}".format(name=name(told))
    return NEXT.get(told.update.state, "").format(name=name(told))


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}Z"


def _table(*headings: str) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", expand=False)
    for heading in headings:
        shown.add_column(heading, overflow="fold")
    return shown
