"""
Show which clocks run, by time left; pause, waive, declare what starts a duty, and record what was submitted.

## What it does
`list` shows the clocks that are open, those with the least time left first; `show` all of an incident, with the duties
that nobody has decided on yet, or one clock. What is due is acted on before anything is shown, so that it is true
whether or not the service runs.

`pause` lets a clock stand while somebody else is waited for, where its rule allows it: the required response does not
by default, duties to regulators never. `resume` lets it go on, due later by as long as it stood. `waive` says that a
clock does not count; reports show that apart from met.

`trigger` declares what the time of a duty counts from, such as `aware` or `classified`: a decision of a person, with
when and why. `submit` records that a duty was done; `not-reportable` that there is nothing to report, and why. `rules`
lists every clock there is: how long, from when, who is told, and how well it is verified. `rebuild` makes the rows of
all clocks again from the journal, should they be damaged.

The clocks of regimes run for those that `[respond] regimes` names. None of it is legal advice.

## Exit codes
0: done. 1: the store cannot be used. 2: wrong usage, wrong settings, or a rule does not allow it.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tocsin.app.clocks import clocks as asked
from tocsin.app.desk import Desk, at_desk
from tocsin.app.reading_settings import read_settings
from tocsin.cli.acting import As, acting
from tocsin.cli.command import Command, Sample
from tocsin.cli.moments import moment
from tocsin.cli.options import Format
from tocsin.cli.render import clocks as shown
from tocsin.cli.render.console import note, results
from tocsin.cli.render.money import count
from tocsin.respond.clocks import words
from tocsin.respond.clocks.clock import Clock
from tocsin.respond.obligation import NOT_LEGAL_ADVICE, PACK

Config = Annotated[Path, typer.Option("--config", "-c", help="The settings.")]
Form = Annotated[Format, typer.Option("--format", help="How to write it.")]
ClockName = Annotated[str, typer.Argument(metavar="CLOCK", help="Such as INC-2026-0042:response.")]
IncidentName = Annotated[str, typer.Argument(metavar="INCIDENT", help="Such as INC-2026-0042.")]
Reason = Annotated[
    str, typer.Option("--why", "--reason", "-w", "-r", help="Why. It stands in the journal and in reports.")
]
At = Annotated[str, typer.Option("--at", metavar="WHEN", help="2026-03-02T10:00Z, with its zone; now; 20m ago.")]
SETTINGS = Path("tocsin.toml")


@contextmanager
def _desk(config: Path) -> Iterator[Desk]:
    with at_desk(read_settings(config, os.environ)) as desk:
        yield desk


def list_(
    config: Config = SETTINGS,
    *,
    incident: Annotated[str, typer.Option(metavar="INCIDENT", help="Of this incident only.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Show those that are over, too.")] = False,
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Show open clocks, the least time left first."""
    with _desk(config) as desk:
        found = asked.open_clocks(desk, acting(who), incident=incident, is_open=not every)
        now = desk.clock()
    if form is Format.JSON:
        for each in found:
            typer.echo(json.dumps(shown.clock_json(each.clock, now, number=each.number, exercise=each.exercise)))
        return
    if found:
        results().print(shown.listed(found, now))
    late = sum(each.clock.breached_at is not None and each.clock.is_open for each in found)
    note(f"{count(len(found), 'clock')}{'' if every else ' open'}, {late} late.")


def show(name: IncidentName, config: Config = SETTINGS, *, who: As = "", form: Form = Format.TABLE) -> None:
    """Show all clocks of an incident and what is undecided, or one clock."""
    with _desk(config) as desk:
        if ":" in name:
            one = asked.clock_of(desk, acting(who), name)
            stands = asked.Standing(
                incident=one.clock.incident,
                number=one.number,
                exercise=one.exercise,
                clocks=(one.clock,),
                undecided=(),
                has_duties=asked.is_duty(desk, one.clock),
            )
        else:
            stands = asked.standing(desk, acting(who), name)
        now = desk.clock()
    _tell(stands, now, form)


def pause(
    clock: ClockName,
    waiting: Annotated[
        str, typer.Option("--while", metavar="WHAT", help="external_party, law_enforcement or customer is waited for.")
    ],
    reason: Reason,
    config: Config = SETTINGS,
    *,
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Let a clock stand while somebody else is waited for."""
    with _desk(config) as desk:
        _changed(desk, asked.pause(desk, acting(who), clock, waiting=waiting, reason=reason), form)


def resume(clock: ClockName, config: Config = SETTINGS, *, who: As = "", form: Form = Format.TABLE) -> None:
    """Let a clock go on, due later by as long as it stood."""
    with _desk(config) as desk:
        _changed(desk, asked.resume(desk, acting(who), clock), form)


def waive(
    clock: ClockName, reason: Reason, config: Config = SETTINGS, *, who: As = "", form: Form = Format.TABLE
) -> None:
    """Say that a clock does not count, and why."""
    with _desk(config) as desk:
        _changed(desk, asked.waive(desk, acting(who), clock, reason=reason), form)


def trigger(  # noqa: PLR0913 - the arguments and options of a command
    incident: IncidentName,
    name: Annotated[str, typer.Argument(metavar="TRIGGER", help="Such as aware, classified, determined, discovered.")],
    why: Annotated[str, typer.Option("--why", help="What the decision rests on.")],
    at: At = "now",
    config: Config = SETTINGS,
    *,
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Declare what the time of a duty counts from: when it was so, and why."""
    with _desk(config) as desk:
        now = desk.clock()
        stands = asked.declare_trigger(desk, acting(who), incident, name, at=moment(at, now), why=why)
    _tell(stands, now, form)


def submit(  # noqa: PLR0913 - the arguments and options of a command
    incident: IncidentName,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Such as gdpr-33; tocsin clocks rules lists them.")],
    why: Annotated[str, typer.Option("--what", help="What was submitted, and how.")],
    at: At = "now",
    evidence: Annotated[str, typer.Option("--evidence", metavar="ID", help="What was sent, as kept evidence.")] = "",
    config: Config = SETTINGS,
    *,
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Record that a duty was done, and when."""
    with _desk(config) as desk:
        now = desk.clock()
        stands = asked.record_submission(
            desk, acting(who), incident, rule, at=moment(at, now), why=why, evidence=evidence
        )
    _tell(stands, now, form)


def not_reportable(
    incident: IncidentName,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Such as gdpr-33, or a whole regime such as gdpr.")],
    why: Annotated[str, typer.Option("--why", help="The reasons; they are kept.")],
    config: Config = SETTINGS,
    *,
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Record that there is nothing to report under a rule, and why."""
    with _desk(config) as desk:
        now = desk.clock()
        stands = asked.not_reportable(desk, acting(who), incident, rule, why=why)
    _tell(stands, now, form)


def rules(config: Config = SETTINGS, *, form: Form = Format.TABLE) -> None:
    """Show every clock there is, and which run here."""
    with _desk(config) as desk:
        every, now = asked.rules(desk), desk.clock()
    if form is Format.JSON:
        for each, runs in every:
            typer.echo(json.dumps(shown.rule_json(each, runs=runs)))
        return
    results().print(shown.rules(every, now))
    note(f"Rules as of {PACK.isoformat()}. {NOT_LEGAL_ADVICE}")


def rebuild(config: Config = SETTINGS) -> None:
    """Make the rows of all clocks again from the journal, which is the truth."""
    with _desk(config) as desk:
        done = asked.rebuild(desk)
    note(f"The clocks of {count(done, 'incident')} were made again from the journal.")


def _changed(desk: Desk, clock: Clock, form: Format) -> None:
    now, number = desk.clock(), clock.id.partition(":")[0]
    if form is Format.JSON:
        typer.echo(json.dumps(shown.clock_json(clock, now, number=number, exercise="")))
        return
    note(f"{clock.id} is {clock.state.value}: {words.left(clock, now)}.")


def _tell(stands: asked.Standing, now: float, form: Format) -> None:
    if form is Format.JSON:
        for each in stands.clocks:
            typer.echo(json.dumps(shown.clock_json(each, now, number=stands.number, exercise=stands.exercise)))
        return
    if stands.clocks:
        results().print(shown.standing(stands, now))
    if stands.undecided:
        note("Undecided: declare the trigger (tocsin clocks trigger), or say why not (tocsin clocks not-reportable):")
        results().print(shown.undecided(stands.undecided))
    if stands.has_duties:
        note(NOT_LEGAL_ADVICE)


command = Command(
    id="clocks",
    subcommands=(
        ("list", list_),
        ("show", show),
        ("pause", pause),
        ("resume", resume),
        ("waive", waive),
        ("trigger", trigger),
        ("submit", submit),
        ("not-reportable", not_reportable),
        ("rules", rules),
        ("rebuild", rebuild),
    ),
    samples=(
        Sample(
            says="No settings are there",
            arguments=("clocks", "list", "--config", "absent.toml"),
            exit_code=2,
            shows=("absent.toml", "--config"),
        ),
    ),
)
