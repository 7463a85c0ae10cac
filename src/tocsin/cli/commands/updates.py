"""
Tell stakeholders how things stand: draft, have it approved by somebody else, send.

## What it does
`draft 42 --group customers --text "..."` writes an update from the group's template; `show 42/1` shows it, with who
was told and who could not be. `edit` writes a draft anew, `review` has it reviewed, `approve` is for somebody who wrote
none of it, `change` sends it back with a reason, `withdraw` ends it. `send` tells everybody in the group, and waits for
the answers; what a channel does not take now is tried again by `tocsin serve`, or by `send` once more. `list` shows
all, and `postpone` says that the next one is due later, and why.

The TLP 2.0 label of an update is the incident's, unless you give another; it is held against how far the group reaches
before it is approved and before it is sent. Of a restricted incident a template learns the codename alone.

## Exit codes
0: done. 1: for `send`: somebody could not be told; else the store cannot be read. 2: wrong usage, or it cannot be done
as things stand.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from tocsin.app.desk import Desk
from tocsin.app.telling import updates as app
from tocsin.app.telling.file import ChannelFile, read_channel_file
from tocsin.app.telling.publisher import Publisher
from tocsin.app.telling.teller import Stored, teller_of
from tocsin.app.telling.updates import Told
from tocsin.cli.command import Command, Sample
from tocsin.cli.commands._incident_shared import SETTINGS, As, Config, Form, Name, Reason, at_work
from tocsin.cli.moments import HELP, moment
from tocsin.cli.options import Format
from tocsin.cli.render import updates as shown
from tocsin.cli.render.console import note, results
from tocsin.cli.render.money import count
from tocsin.edge.logs import logger
from tocsin.model.actor import Actor
from tocsin.model.errors import Unacceptable
from tocsin.respond.updates.update import DeliveryState, UpdateState

Update = Annotated[str, typer.Argument(metavar="UPDATE", help="INCIDENT/NUMBER, such as 42/1, or its id.")]
Label = Annotated[str, typer.Option("--tlp", metavar="LABEL", help="red, amber+strict, amber, green or clear.")]
To = Annotated[str, typer.Option("--group", "-g", help="A group of stakeholders in the file of channels.")]


def draft(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    group: To,
    config: Config = SETTINGS,
    *,
    text: Annotated[str, typer.Option("--text", "-t", help="What is new; - reads standard input.")],
    label: Label = "",
    due: Annotated[str, typer.Option("--next", metavar="MOMENT", help=f"When you write again. {HELP}")] = "",
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Write an update from the group's template."""
    said = sys.stdin.read(100_000) if text == "-" else text

    def act(desk: Desk, actor: Actor, file: ChannelFile) -> Told:
        until = moment(due, desk.clock()) if due else None
        return app.draft(desk, actor, file, incident=incident, group=group, text=said, label=label, next_update=until)

    _acted(config, who, form, act, is_whole=True)


def list_(
    incident: Annotated[str, typer.Argument(metavar="[INCIDENT]", help="Only of this incident.")] = "",
    config: Config = SETTINGS,
    *,
    state: Annotated[str, typer.Option(help="Only in this state.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 50,
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Show updates, the newest first."""
    with at_work(config, who) as (desk, actor):
        found = app.listing(desk, actor, incident=incident, state=state, limit=limit)
    if form is Format.JSON:
        for each in found:
            typer.echo(json.dumps(shown.as_json(each)))
        return
    if found:
        results().print(shown.listing(found))
    begin = "" if found else " Write one: tocsin updates draft INCIDENT --group GROUP --text TEXT"
    note(f"{count(len(found), 'update')}.{begin}")


def show(update: Update, config: Config = SETTINGS, *, who: As = "", form: Form = Format.TABLE) -> None:
    """Show one update whole, and who was told."""
    _acted(config, who, form, lambda desk, actor, _file: app.show(desk, actor, update), is_whole=True)


def edit(  # noqa: PLR0913 - the arguments and options of a command
    update: Update,
    config: Config = SETTINGS,
    *,
    title: Annotated[str | None, typer.Option(help="The new title.")] = None,
    text: Annotated[str | None, typer.Option("--text", "-t", help="The new text.")] = None,
    label: Label = "",
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Write a draft anew."""
    if title is None and text is None and not label:
        raise Unacceptable("say what is new: --title, --text or --tlp")
    _acted(
        config,
        who,
        form,
        lambda desk, actor, _file: app.edit(desk, actor, update, title=title, text=text, label=label or None),
        is_whole=True,
    )


def review(update: Update, config: Config = SETTINGS, *, who: As = "", form: Form = Format.TABLE) -> None:
    """Have a draft reviewed."""
    _acted(config, who, form, lambda desk, actor, _file: app.submit(desk, actor, update))


def approve(update: Update, config: Config = SETTINGS, *, who: As = "", form: Form = Format.TABLE) -> None:
    """Approve it; you have written none of it."""
    _acted(config, who, form, lambda desk, actor, file: app.approve(desk, actor, file, update))


def change(
    update: Update, reason: Reason, config: Config = SETTINGS, *, who: As = "", form: Form = Format.TABLE
) -> None:
    """Send it back to be written anew."""
    _acted(config, who, form, lambda desk, actor, _file: app.ask_changes(desk, actor, update, reason=reason))


def withdraw(
    update: Update, reason: Reason, config: Config = SETTINGS, *, who: As = "", form: Form = Format.TABLE
) -> None:
    """Never send it."""
    _acted(config, who, form, lambda desk, actor, _file: app.withdraw(desk, actor, update, reason=reason))


def send(
    update: Update,
    config: Config = SETTINGS,
    *,
    safe: Annotated[
        bool, typer.Option("--channels-are-safe", help="You say that the attacker neither has nor reads them.")
    ] = False,
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Tell everybody in the group."""
    with at_work(config, who) as (desk, actor):
        teller = teller_of(desk.settings, os.environ, Stored(desk.store, desk.clock))
        if app.show(desk, actor, update).update.state is not UpdateState.SENDING:
            app.send(desk, actor, teller.file, update, channels_are_safe=safe)
        asyncio.run(_publish(Publisher(desk=desk, teller=teller, log=logger(sys.stderr, ()))))
        told = app.show(desk, actor, update)
    _tell(told, form, is_whole=False)
    if form is Format.TABLE:
        results().print(shown.deliveries(told.deliveries))
    if any(each.state is DeliveryState.FAILED for each in told.deliveries):
        raise typer.Exit(1)


async def _publish(publisher: Publisher) -> None:
    while await publisher.once():
        pass


def postpone(
    incident: Name,
    group: To,
    reason: Reason,
    config: Config = SETTINGS,
    *,
    until: Annotated[str, typer.Option(metavar="MOMENT", help=f"When it is due instead. {HELP}")],
    who: As = "",
) -> None:
    """Say that the next update is due later, and why."""
    with at_work(config, who) as (desk, actor):
        at = moment(until, desk.clock())
        found = app.postpone(desk, actor, incident=incident, group=group, until=at, reason=reason)
    note(f"{found.number}: the next update to {group} is due later.")


def _acted(
    config: Path,
    who: str,
    form: Format,
    act: Callable[[Desk, Actor, ChannelFile], Told],
    *,
    is_whole: bool = False,
) -> None:
    with at_work(config, who) as (desk, actor):
        told = act(desk, actor, read_channel_file(desk.settings.estate.channels, os.environ))
    _tell(told, form, is_whole=is_whole)


def _tell(told: Told, form: Format, *, is_whole: bool) -> None:
    if form is Format.JSON:
        typer.echo(json.dumps(shown.as_json(told)))
        return
    if is_whole:
        results().print(shown.whole(told))
    note(f"{shown.name(told)}: {told.update.state}. {shown.next_step(told)}".rstrip())


command = Command(
    id="updates",
    subcommands=(
        ("draft", draft),
        ("list", list_),
        ("show", show),
        ("edit", edit),
        ("review", review),
        ("approve", approve),
        ("change", change),
        ("withdraw", withdraw),
        ("send", send),
        ("postpone", postpone),
    ),
    samples=(
        Sample(
            says="No settings are there",
            arguments=("updates", "list", "--config", "absent.toml", "--as", "ada"),
            exit_code=2,
            shows=("absent.toml", "--config"),
        ),
        Sample(
            says="A draft needs something to say",
            arguments=("updates", "edit", "42/1", "--as", "ada"),
            exit_code=2,
            shows=("--title, --text or --tlp",),
        ),
    ),
)
