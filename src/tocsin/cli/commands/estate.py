"""
Show what you protect, hold it against the chains, and say what something touches.

## What it does
`init` writes an estate.toml to fill in. `list` shows every asset, the worst first, with what it held when it was last
counted; `show ID` one asset, person, team or organisation whole, with what hangs on it and who can contain it;
`hit ADDRESS` says in words what an address is of yours, what hangs on it, whose it is and who can contain it.

`check` asks the nodes in the settings: is code there, is it the expected code, whom does a proxy call, who may change
that, who signs for a Safe and how many must, does an oracle answer and how old is its answer, would the chain take each
containment from whoever is to send it, does a node answer. It says what differs from the estate and what the estate
leaves out, counts what every asset holds and keeps that with the block it was read at. It sends no transaction.

`export` writes the estate as it is now, with what was changed over the API, as TOML.

## Exit codes
0: done; for `check`: everything could be asked and is as the estate says. 1: for `check`: something differs, or nobody
could say; else the store cannot be read. 2: wrong usage, or the settings or the estate are wrong.
"""

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tocsin.app.desk import at_desk
from tocsin.app.estate.check import Checked, check_estate
from tocsin.app.estate.estate import estate_now, holdings_now, keep, listing, one
from tocsin.app.reading_settings import read_settings
from tocsin.cli.command import Command, Sample
from tocsin.cli.options import Format
from tocsin.cli.render import estate as shown
from tocsin.cli.render.console import note, results, warn
from tocsin.cli.render.money import count
from tocsin.cli.render.safe import safe
from tocsin.edge import clock
from tocsin.edge.whole_file import write_whole
from tocsin.model.errors import EstateError, StoreError
from tocsin.respond.estate.addresses import is_address
from tocsin.respond.estate.impact import impact
from tocsin.respond.estate.judging import Outcome
from tocsin.respond.estate.starting import STARTING
from tocsin.respond.estate.writing import to_toml

Config = Annotated[Path, typer.Option("--config", "-c", help="The settings.")]
Form = Annotated[Format, typer.Option("--format", help="How to write it.")]
SETTINGS = Path("tocsin.toml")


def init(path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("estate.toml")) -> None:
    """Write an estate to fill in."""
    if path.exists():
        raise EstateError(f"{path}: is there already; remove it, or name another file")
    write_whole(path, lambda file: file.write(STARTING.encode()))
    note(f'Written: {path}. Name it in tocsin.toml: [estate] file = "{path}". Then: tocsin estate check')


def list_(config: Config = SETTINGS, *, form: Form = Format.TABLE) -> None:
    """Show every asset."""
    with at_desk(read_settings(config, os.environ)) as desk:
        every, held = listing(desk), holdings_now(desk)
        estate = estate_now(desk)
    if form is Format.JSON:
        for each in every:
            typer.echo(json.dumps(shown.asset_json(each, held)))
        return
    if estate.assets:
        results().print(shown.assets(estate, held))
    told = (count(len(estate.assets), "asset"), count(len(estate.people), "person", "people"))
    note(f"{', '.join(told)}, {count(len(estate.teams), 'team')}.{'' if every else ' Begin: tocsin estate init'}")


def show(
    item: Annotated[str, typer.Argument(metavar="ID", help="Of an asset, a person, a team or an organisation.")],
    config: Config = SETTINGS,
    *,
    form: Form = Format.TABLE,
) -> None:
    """Show one item whole."""
    with at_desk(read_settings(config, os.environ)) as desk:
        found, held, estate = one(desk, item), holdings_now(desk), estate_now(desk)
    if form is Format.JSON:
        typer.echo(json.dumps(shown.asset_json(found, held)))
    else:
        results().print(shown.item(found, estate, held))


def hit(
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS", help="What something happened to.")],
    config: Config = SETTINGS,
    *,
    chain_id: Annotated[int | None, typer.Option(metavar="N", min=1, help="On this chain; else on any.")] = None,
) -> None:
    """Say what of yours an address is, what hangs on it, and who can contain it."""
    if wrong := [each for each in addresses if not is_address(each)]:
        raise EstateError(f"{wrong[0][:80]!r} is no address, which is 0x and 40 hexadecimal digits")
    with at_desk(read_settings(config, os.environ)) as desk:
        estate, held = estate_now(desk), holdings_now(desk)
    told = impact(estate, estate.hit((chain_id, each) for each in addresses), held)
    for line in told:
        results().print(safe(line), soft_wrap=True)
    if not told:
        note("Nothing of the estate is there.")


def check(
    config: Config = SETTINGS,
    *,
    every: Annotated[bool, typer.Option("--all", help="Show what is as it should be, too.")] = False,
    form: Form = Format.TABLE,
) -> None:
    """Hold the estate against the chains."""
    settings = read_settings(config, os.environ)
    with at_desk(settings) as desk:
        estate = estate_now(desk)
        checked = asyncio.run(check_estate(settings, estate, os.environ, now=clock.now()))
        try:
            keep(desk, checked.counted, checked.holdings)
        except StoreError as error:
            warn(f"what assets hold is not kept: {error}")
    _tell(checked, form, every=every)
    if not checked.is_right:
        raise typer.Exit(1)


def _tell(checked: Checked, form: Format, *, every: bool) -> None:
    if form is Format.JSON:
        for verdict in checked.verdicts:
            typer.echo(json.dumps(asdict(verdict)))
        return
    told = [each for each in checked.verdicts if every or each.outcome is not Outcome.SAME]
    if told:
        results().print(shown.verdicts(told))
    of = {outcome: sum(each.outcome is outcome for each in checked.verdicts) for outcome in Outcome}
    note(
        f"{of[Outcome.SAME]} as written, {of[Outcome.NOTE]} to note, {of[Outcome.UNANSWERED]} unanswered, "
        f"{of[Outcome.DIFFERS]} different{'' if every else '; --all shows everything'}."
    )


def export(config: Config = SETTINGS) -> None:
    """Write the estate as it is now, as TOML."""
    with at_desk(read_settings(config, os.environ)) as desk:
        typer.echo(to_toml(estate_now(desk)), nl=False)


command = Command(
    id="estate",
    subcommands=(
        ("init", init),
        ("list", list_),
        ("show", show),
        ("hit", hit),
        ("check", check),
        ("export", export),
    ),
    samples=(
        Sample(says="A file to fill in", arguments=("estate", "init"), shows=("Written: estate.toml",)),
        Sample(
            says="No settings are there",
            arguments=("estate", "check", "--config", "absent.toml"),
            exit_code=2,
            shows=("absent.toml", "--config"),
        ),
        Sample(
            says="No address",
            arguments=("estate", "hit", "vault"),
            exit_code=2,
            shows=("is no address",),
        ),
    ),
)
