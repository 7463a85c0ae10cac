"""
Show who is on call, change it, and check that paging would work.

## What it does
`now` says who is on call by each schedule; `show SCHEDULE` the shifts and hand-overs to come, with the overrides and
swaps beside the file; `gaps` when nobody is on call. `override SCHEDULE PERSON` puts a person on call for some time, in
place of one (`--instead-of`) or of all; `remove ID` takes that back. `swap SCHEDULE PERSON` asks somebody to take a
shift of yours, for one of his (`--back-from`, `--back-to`) or for none; he answers with `decide ID taken`.

`export` writes a schedule as a calendar (iCalendar) that people can subscribe to; `import FILE` reads one and makes
overrides of its shifts: all of them, or none where one is wrong.

`check` looks at every moment of the coming days: does each step of each policy reach somebody, does everybody who may
be told have a contact on a channel that is set up, and was it tested lately. `test` sends a marked message on each way
of each person, with a link to answer; `reach` says who answered, and how fast each Safe would have had its quorum.

A time without a zone is that of the schedule, such as 2026-06-01T09:00.

## Exit codes
0: done; for `gaps` and `check`: nothing is wrong. 1: there is a gap, somebody would not be told, or a test failed; or
the store cannot be read. 2: wrong usage, or the settings, the estate or the on-call file are wrong.
"""

import asyncio
import datetime as dt
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from tocsin.app.desk import Desk, at_desk
from tocsin.app.paging import check as checking
from tocsin.app.paging import oncall as app
from tocsin.app.paging.calendars import export_calendar, import_calendar
from tocsin.app.reading_settings import read_settings
from tocsin.app.telling.teller import teller_of
from tocsin.cli.acting import As, acting
from tocsin.cli.command import Command, Sample
from tocsin.cli.moments import moment
from tocsin.cli.options import Format
from tocsin.cli.render import oncall as shown
from tocsin.cli.render.console import note, results
from tocsin.cli.render.money import count
from tocsin.edge.whole_file import write_whole
from tocsin.model.errors import SourceError
from tocsin.respond.oncall.schedule import Override, Swap
from tocsin.respond.oncall.wall_time import moment as local_moment

Config = Annotated[Path, typer.Option("--config", "-c", help="The settings.")]
Form = Annotated[Format, typer.Option("--format", help="How to write it.")]
Schedule = Annotated[str, typer.Argument(metavar="SCHEDULE", help="Its id in the on-call file.")]
Days = Annotated[float, typer.Option(min=0.1, max=800, help="How far ahead.")]
From = Annotated[str, typer.Option("--from", metavar="TIME", help="Such as 2026-06-01T09:00.")]
Till = Annotated[str, typer.Option("--to", metavar="TIME", help="The end, which is not in it.")]
SETTINGS = Path("tocsin.toml")


def now(
    config: Config = SETTINGS,
    *,
    at: Annotated[str, typer.Option(metavar="TIME", help="At another moment, with its zone.")] = "now",
    form: Form = Format.TABLE,
) -> None:
    """Say who is on call."""
    with at_desk(read_settings(config, os.environ)) as desk:
        people = app.on_call_now(desk, moment(at, desk.clock()))
    if form is Format.JSON:
        for schedule, who in people.items():
            typer.echo(json.dumps({"schedule": schedule, "people": who}))
    elif people:
        results().print(shown.now(people))
    else:
        note("No schedule is set up: everybody who can be reached is paged. See docs/paging.md.")


def show(schedule: Schedule, config: Config = SETTINGS, *, days: Days = 28.0, form: Form = Format.TABLE) -> None:
    """Show shifts and hand-overs to come, and what was changed beside the file."""
    with at_desk(read_settings(config, os.environ)) as desk:
        laid = app.laid_out(desk, schedule, begins=desk.clock(), days=days)
        changes = [kept for kept in app.overrides(desk) if kept.schedule == schedule]
        swaps = [kept for kept in app.swaps(desk) if kept.schedule == schedule]
    if form is Format.JSON:
        for each in laid.shifts:
            typer.echo(json.dumps(asdict(each)))
        return
    zone = laid.schedule.zone
    results().print(shown.stretches(laid.shifts, zone))
    if laid.hand_overs:
        results().print(shown.hand_overs(laid.hand_overs, zone))
    if changes:
        results().print(shown.overrides(changes))
    if swaps:
        results().print(shown.swaps(swaps))


def gaps(
    schedule: Annotated[str, typer.Argument(metavar="[SCHEDULE]", help="One; else all.")] = "",
    config: Config = SETTINGS,
    *,
    days: Days = 90.0,
    form: Form = Format.TABLE,
) -> None:
    """Say when nobody is on call."""
    with at_desk(read_settings(config, os.environ)) as desk:
        names = [schedule] if schedule else list(app.read_plan(desk.settings).schedules)
        found = {name: app.laid_out(desk, name, begins=desk.clock(), days=days) for name in names}
    if form is Format.JSON:
        for name, laid in found.items():
            for each in laid.gaps:
                typer.echo(json.dumps({"schedule": name, "begins": each.begins, "ends": each.ends}))
    total = sum(len(laid.gaps) for laid in found.values())
    if total and form is Format.TABLE:
        results().print(shown.gaps(found))
    note(f"{count(total, 'gap')} in {days:g} days of {count(len(found), 'schedule')}.")
    if total:
        raise typer.Exit(1)


def override(  # noqa: PLR0913 - who, in place of whom, from when to when, why, and who says so
    schedule: Schedule,
    person: Annotated[str, typer.Argument(metavar="PERSON", help='Who is on call; "" for nobody in a place.')],
    config: Config = SETTINGS,
    *,
    begins: From = "now",
    ends: Till,
    instead_of: Annotated[str, typer.Option(metavar="PERSON", help="Whose place; else that of everybody.")] = "",
    reason: Annotated[str, typer.Option("--why", "--reason", "-w", "-r", help="Why.")] = "",
    name: As = "",
) -> None:
    """Put a person on call for some time."""
    with at_desk(read_settings(config, os.environ)) as desk:
        zone = _zone(desk, schedule)
        first, last = _at(begins, zone, desk), _at(ends, zone, desk)
        new = Override(person=person, instead_of=instead_of, begins=first, ends=last)
        kept = app.add_override(desk, acting(name), schedule, new, reason)
    note(f"Override {kept.override.id}: from {shown.at(first, zone)} to {shown.at(last, zone)}.")


def remove(
    override_id: Annotated[str, typer.Argument(metavar="ID", help="Of an override.")],
    config: Config = SETTINGS,
    *,
    name: As = "",
) -> None:
    """Take an override back."""
    with at_desk(read_settings(config, os.environ)) as desk:
        app.remove_override(desk, acting(name), override_id)
    note("Removed.")


def swap(  # noqa: PLR0913 - a shift, the shift for it, and who asks whom
    schedule: Schedule,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Who is asked to take it.")],
    config: Config = SETTINGS,
    *,
    begins: From,
    ends: Till,
    back_from: Annotated[str, typer.Option(metavar="TIME", help="Begin of his shift that you take.")] = "",
    back_to: Annotated[str, typer.Option(metavar="TIME", help="Its end.")] = "",
    name: As = "",
) -> None:
    """Ask somebody to take a shift of yours."""
    with at_desk(read_settings(config, os.environ)) as desk:
        zone, actor = _zone(desk, schedule), acting(name)
        asked = Swap(
            id="",
            asks=actor.id,
            takes=person,
            begins=_at(begins, zone, desk),
            ends=_at(ends, zone, desk),
            back_begins=_at(back_from, zone, desk) if back_from else None,
            back_ends=_at(back_to, zone, desk) if back_to else None,
        )
        kept = app.ask_swap(desk, actor, schedule, asked)
    note(f"Asked. {person} answers with: tocsin oncall decide {kept.swap.id} taken")


def decide(
    swap_id: Annotated[str, typer.Argument(metavar="ID", help="Of a swap.")],
    decision: Annotated[app.Decision, typer.Argument(help="What becomes of it.")],
    config: Config = SETTINGS,
    *,
    name: As = "",
) -> None:
    """Take, decline or withdraw a swap."""
    with at_desk(read_settings(config, os.environ)) as desk:
        kept = app.decide_swap(desk, acting(name), swap_id, decision)
    note(f"The swap is {kept.state}.")


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A calendar (.ics).")],
    config: Config = SETTINGS,
    *,
    schedule: Annotated[str, typer.Option(metavar="SCHEDULE", help="Whose shifts they are.")],
    days: Days = 90.0,
    name: As = "",
) -> None:
    """Make overrides of the shifts in a calendar."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SourceError(f"{file}: cannot be read: {error.strerror}") from None
    with at_desk(read_settings(config, os.environ)) as desk:
        kept = import_calendar(desk, acting(name), schedule, content, days=days)
    note(f"{count(len(kept), 'override')} made.")


def export(
    schedule: Schedule,
    config: Config = SETTINGS,
    *,
    days: Days = 90.0,
    person: Annotated[str, typer.Option(metavar="PERSON", help="The shifts of one person alone.")] = "",
    to: Annotated[Path | None, typer.Option("--output", "-o", help="A file; else standard output.")] = None,
) -> None:
    """Write a schedule as a calendar."""
    with at_desk(read_settings(config, os.environ)) as desk:
        content = export_calendar(desk, schedule, days=days, person=person)
    if to is None:
        typer.echo(content.decode(), nl=False)
    else:
        write_whole(to, lambda written: written.write(content))


def check(config: Config = SETTINGS, *, days: Days = 90.0, form: Form = Format.TABLE) -> None:
    """Check that every step of every policy reaches somebody, on a way that works."""
    settings = read_settings(config, os.environ)
    with at_desk(settings) as desk:
        checked = checking.check(desk, teller_of(settings, os.environ), days=days)
    if form is Format.JSON:
        for fault in checked.faults:
            typer.echo(json.dumps(shown.fault_json(fault)))
    elif checked.faults:
        results().print(shown.faults(checked))
    wrong = sum(fault.weight is checking.Weight.WRONG for fault in checked.faults)
    told = (count(checked.policies, "policy", "policies"), count(checked.people, "person", "people"))
    note(f"{' and '.join(told)} over {days:g} days: {wrong} wrong, {len(checked.faults) - wrong} to look at.")
    if not checked.is_right:
        raise typer.Exit(1)


def try_(
    people: Annotated[list[str] | None, typer.Argument(metavar="[PERSON]...", help="Else everybody.")] = None,
    config: Config = SETTINGS,
    *,
    form: Form = Format.TABLE,
) -> None:
    """Send a marked test on each way of each person."""
    settings = read_settings(config, os.environ)
    with at_desk(settings) as desk:
        found = asyncio.run(checking.try_contacts(desk, teller_of(settings, os.environ), people or ()))
    if form is Format.JSON:
        for each in found:
            typer.echo(json.dumps(asdict(each)))
    elif found:
        results().print(shown.tests(found))
    failed = sum(each.outcome in ("busy", "refused") for each in found)
    note(f"{count(len(found), 'test')}, {failed} failed. Who answered: tocsin oncall reach")
    if failed or not found:
        raise typer.Exit(1)


def reach(
    config: Config = SETTINGS,
    *,
    run: Annotated[str, typer.Option(metavar="ID", help="Of a run of tests; else the newest.")] = "",
    form: Form = Format.TABLE,
) -> None:
    """Say how fast the signers of each Safe answered the last tests."""
    with at_desk(read_settings(config, os.environ)) as desk:
        found = checking.reachability(desk, run)
    if form is Format.JSON:
        for each in found:
            typer.echo(json.dumps({**asdict(each), "quorum_seconds": each.quorum_seconds}))
    elif found:
        results().print(shown.reached(found))
    missed = sum(each.quorum_seconds is None for each in found)
    note(f"{count(len(found), 'Safe')} with signers in the estate; {missed} would miss the quorum.")
    if missed:
        raise typer.Exit(1)


def _zone(desk: Desk, schedule: str) -> ZoneInfo:
    return app.schedule_of(app.read_plan(desk.settings), schedule).zone


def _at(text: str, zone: ZoneInfo, desk: Desk) -> float:
    """A time without a zone is that of the schedule."""
    try:
        said = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return moment(text, desk.clock())
    return local_moment(said, zone) if said.tzinfo is None else said.timestamp()


command = Command(
    id="oncall",
    subcommands=(
        ("now", now),
        ("show", show),
        ("gaps", gaps),
        ("override", override),
        ("remove", remove),
        ("swap", swap),
        ("decide", decide),
        ("import", import_),
        ("export", export),
        ("check", check),
        ("test", try_),
        ("reach", reach),
    ),
    samples=(
        Sample(
            says="No settings are there",
            arguments=("oncall", "now", "--config", "absent.toml"),
            exit_code=2,
            shows=("absent.toml", "--config"),
        ),
    ),
)
