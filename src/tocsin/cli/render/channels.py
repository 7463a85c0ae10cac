"""Channels and groups of stakeholders as tables."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from tocsin.app.telling.check import Checked
from tocsin.app.telling.file import ChannelFile, Configured
from tocsin.cli.render.safe import safe
from tocsin.model.setting import Secret


def channels(file: ChannelFile) -> Table:
    """Every channel that is set up."""
    shown = _table("channel", "kind", "up to", "may connect to", "address")
    for each in file.channels.values():
        reach = "private networks too" if each.shared.allow_private else "public addresses"
        label = f"TLP:{each.shared.most_confidential.upper()}"
        shown.add_row(safe(each.name), each.channel.id, safe(label), reach, Text(each.channel.address.says))
    return shown


def groups(file: ChannelFile) -> Table:
    """Every group of stakeholders."""
    shown = _table("group", "who", "reaches", "on")
    for each in file.groups.values():
        told = ", ".join(f"{one.channel} {one.address}" for one in each.to)
        shown.add_row(safe(each.name), Text(safe(each.says)), each.reach.value, Text(safe(told)))
    return shown


def channel(configured: Configured) -> Table:
    """One channel whole, without its secrets."""
    shown = _table("setting", "is", "meaning")
    for values in (configured.shared, configured.settings):
        for each in fields(values):
            is_ = Text(safe(_written(getattr(values, each.name))))
            shown.add_row(each.name, is_, Text(each.metadata["says"]))
    return shown


def checks(found: Iterable[Checked]) -> Table:
    """What was looked at, what is wrong last: it stands above the prompt."""
    shown = _table("", "what", "says")
    for each in sorted(found, key=lambda one: not one.is_right):
        state = Text("works", style="green") if each.is_right else Text("fails", style="bold red")
        shown.add_row(state, safe(each.what), Text(safe(each.says)))
    return shown


def channel_json(configured: Configured) -> dict[str, Any]:
    """One channel for programs."""
    return {
        "channel": configured.name,
        "kind": configured.channel.id,
        "allow_private": configured.shared.allow_private,
        "most_confidential": configured.shared.most_confidential,
        "seconds": configured.shared.seconds,
        "settings": {
            each.name: _plain(getattr(configured.settings, each.name)) for each in fields(configured.settings)
        },
    }


def _plain(value: Any) -> Any:
    return ("***" if value.reveal else "") if isinstance(value, Secret) else value


def _written(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(_plain(value))


def _table(*headings: str) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", expand=False)
    for heading in headings:
        shown.add_column(heading, overflow="fold")
    return shown
