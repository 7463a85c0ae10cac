"""What the commands about incidents share: their options, the desk, and how a change is told."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from tocsin.app.desk import Desk, at_desk
from tocsin.app.reading_settings import read_settings
from tocsin.cli.acting import As, acting
from tocsin.cli.options import Format
from tocsin.cli.render import incident as shown
from tocsin.cli.render.console import note
from tocsin.model.actor import Actor
from tocsin.model.priority import Priority
from tocsin.respond.incident.incident import Incident

__all__ = ["As", "Change", "Config", "Expect", "Form", "Name", "PriorityWord", "Reason", "SETTINGS", "acted", "at_work"]

SETTINGS = Path("tocsin.toml")
Config = Annotated[Path, typer.Option("--config", "-c", help="The settings.")]
Form = Annotated[Format, typer.Option("--format", help="How to write it.")]
Name = Annotated[
    str, typer.Argument(metavar="INCIDENT", help="INC-2026-0042, 2026-42, 42, or the beginning of its id.")
]
Reason = Annotated[str, typer.Option("--why", "--reason", "-w", "-r", help="Why; it stands in the record.")]
Expect = Annotated[
    int | None,
    typer.Option("--expect", metavar="N", help="Refuse, if its last entry is not number N: somebody changed it."),
]
Change = Callable[[Desk, Actor], Incident]


class PriorityWord(StrEnum):
    """A priority as it is typed."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"

    @property
    def priority(self) -> Priority:
        """The priority it stands for."""
        return Priority(self.value)


@contextmanager
def at_work(config: Path, who: str) -> Iterator[tuple[Desk, Actor]]:
    """A desk, and who is at it. Raises `UserError`, `StoreError`."""
    actor = acting(who)
    with at_desk(read_settings(config, os.environ)) as desk:
        yield desk, actor


def acted(config: Path, who: str, form: Format, change: Change) -> Incident:
    """Do something, and tell how the incident stands after it and what comes next."""
    with at_work(config, who) as (desk, actor):
        incident = change(desk, actor)
    if form is Format.JSON:
        echo_json(incident)
    else:
        note(shown.line(incident))
    return incident


def echo_json(value: Any) -> None:
    """One value as one line of JSON."""
    typer.echo(msgspec.json.encode(value).decode())
