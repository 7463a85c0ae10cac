"""
Show how people are told, look whether it would work, and try it out.

## What it does
`list` shows the channels and the groups of stakeholders in the file that `[estate] channels` names; `show NAME` one
channel with its settings, secrets as stars. `check` connects to each as far as that goes without a message: names
resolve to addresses that may be connected to, certificates are good, the mail server takes the login; and every
contact of the estate's people names a channel and fits it. `test NAME ADDRESS` sends a message that says it is a test,
and what the service answered.

## Exit codes
0: done. 1: for `check`: something would not work; for `test`: it was not taken. 2: wrong usage, or a file is wrong.
"""

import asyncio
import json
import os
from dataclasses import asdict
from typing import Annotated

import typer

from tocsin.app.estate.estate import read_estate
from tocsin.app.reading_settings import read_settings
from tocsin.app.telling.check import check_channels, check_people, trial_message
from tocsin.app.telling.teller import Teller, teller_of
from tocsin.cli.command import Command, Sample
from tocsin.cli.commands._incident_shared import SETTINGS, Config, Form
from tocsin.cli.options import Format
from tocsin.cli.render import channels as shown
from tocsin.cli.render.console import note, results
from tocsin.cli.render.money import count
from tocsin.edge import clock
from tocsin.edge.sending.probe import probe
from tocsin.model.errors import NotFound
from tocsin.model.ids import RANDOM_BYTES, identifier

NONE = "No channel is set up. Write a file as docs/channels.md says, and name it in tocsin.toml: [estate] channels"


def list_(config: Config = SETTINGS, *, form: Form = Format.TABLE) -> None:
    """Show every channel and group."""
    file = _teller(config).file
    if form is Format.JSON:
        for each in file.channels.values():
            typer.echo(json.dumps(shown.channel_json(each)))
        return
    if file.channels:
        results().print(shown.channels(file))
    if file.groups:
        results().print(shown.groups(file))
    note(f"{count(len(file.channels), 'channel')}, {count(len(file.groups), 'group')}." if file.channels else NONE)


def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of a channel.")],
    config: Config = SETTINGS,
    *,
    form: Form = Format.TABLE,
) -> None:
    """Show one channel with its settings."""
    configured = _teller(config).known(name)
    if form is Format.JSON:
        typer.echo(json.dumps(shown.channel_json(configured)))
        return
    results().print(shown.channel(configured))
    note(f"{configured.name} is of kind {configured.channel.id}; an address is {configured.channel.address.says}.")


def check(config: Config = SETTINGS, *, form: Form = Format.TABLE) -> None:
    """See whether the channels would work."""
    settings = read_settings(config, os.environ)
    teller = teller_of(settings, os.environ)
    if not teller.channels:
        raise NotFound(NONE)
    found = asyncio.run(check_channels(teller, probe, now=clock.now()))
    found += check_people(teller, read_estate(settings))
    if form is Format.JSON:
        for each in found:
            typer.echo(json.dumps(asdict(each)))
    else:
        results().print(shown.checks(found))
    if not all(each.is_right for each in found):
        raise typer.Exit(1)


def try_(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of a channel.")],
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Whom to tell.")],
    config: Config = SETTINGS,
    *,
    form: Form = Format.TABLE,
) -> None:
    """Send a message that says it is a test."""
    teller = _teller(config)
    teller.known(name)
    message = trial_message(identifier(clock.now(), clock.entropy(RANDOM_BYTES)))
    receipt = asyncio.run(teller.tell(name, address, message))
    if form is Format.JSON:
        typer.echo(json.dumps({"channel": name, "key": message.key, **asdict(receipt)}))
        return
    how = "delivered" if receipt.is_delivered else "taken; whether it arrived the service does not say"
    note(f"{name}: {how}{f' ({receipt.provider_id})' if receipt.provider_id else ''}.")


def _teller(config: Config) -> Teller:
    return teller_of(read_settings(config, os.environ), os.environ)


command = Command(
    id="channels",
    subcommands=(("list", list_), ("show", show), ("check", check), ("test", try_)),
    samples=(
        Sample(
            says="No settings are there",
            arguments=("channels", "list", "--config", "absent.toml"),
            exit_code=2,
            shows=("absent.toml", "--config"),
        ),
    ),
)
