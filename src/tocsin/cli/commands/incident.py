"""
Declare incidents and work on them: who has it, what is to be done, where the funds are, what was decided.

## What it does
`list` shows the open incidents, the worst first. `show 42` is one screen: what, how bad and why, since when, who has
it, which clocks run, where the funds are, and what to do next with the command to type. An incident is called
INC-2026-0042, 2026-42, 42 (of the newest year that has it), or by the beginning of its id.

`declare` opens one by hand; `ack` says that you have it, and you lead it if nobody does yet. `assign`, `release`,
`classify`, `status`, `phase`, `verdict`, `describe`, `correct`, `close` and `reopen` say how it goes on; what is still
missing is told with what to type. `task`, `decision`, `note`, `timeline`, `funds`, `impact`, `review`, `postmortem` and
`item` are the work; `link`, `merge`, `unmerge`, `access` and `restrict` say what belongs together and who may see it.
`journal` shows every entry with its digest, and `types` what kinds of incident there are.

Whoever is logged in does it; --as ada, or TOCSIN_USER=ada, says who you are. A restricted incident is not there for
anybody who is not named in it.

## Exit codes
0: done. 1: the store cannot be read. 2: wrong usage, no such incident, or it cannot be done as things stand.
"""

from typing import Annotated

import typer

from tocsin.app.estate.latest import LatestEstate
from tocsin.app.incidents import incidents as app
from tocsin.cli.command import Command, Sample
from tocsin.cli.commands._incident_funds import funds_
from tocsin.cli.commands._incident_people import access, ack, assign, link, merge, release, restrict, unmerge
from tocsin.cli.commands._incident_shared import (
    SETTINGS,
    As,
    Config,
    Expect,
    Form,
    Name,
    PriorityWord,
    Reason,
    acted,
    at_work,
    echo_json,
)
from tocsin.cli.commands._incident_work import (
    decision,
    impact,
    item,
    note,
    postmortem,
    review,
    task,
    timeline,
)
from tocsin.cli.moments import HELP, moment
from tocsin.cli.options import Format, names
from tocsin.cli.render import incident as shown
from tocsin.cli.render import incident_lists as lists
from tocsin.cli.render.console import note as tell
from tocsin.cli.render.console import results, warn
from tocsin.cli.render.money import count
from tocsin.edge.store.incident_rows import MOST_ROWS, Wanted
from tocsin.respond.incident.types import TYPES

Least = Annotated[int, typer.Option("--limit", min=1, max=MOST_ROWS, help="At most so many.")]


def list_(  # noqa: PLR0913 - the arguments and options of a command
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORD]...", help="Only with all these words.")] = None,
    config: Config = SETTINGS,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Closed and merged ones too, the newest first.")] = False,
    status: Annotated[str, typer.Option(metavar="A,B", help="Only of these statuses.")] = "",
    priority: Annotated[str, typer.Option(metavar="P1,P2", help="Only of these priorities.")] = "",
    kind: Annotated[str, typer.Option("--type", metavar="A,B", help="Only of these types.")] = "",
    leads: Annotated[str | None, typer.Option("--commander", metavar="PERSON", help="Whose; '' for nobody's.")] = None,
    asset: Annotated[str, typer.Option(help="Only about this asset of the estate.")] = "",
    exercises: Annotated[bool, typer.Option("--exercises", help="Exercises too.")] = False,
    limit: Least = 50,
    after: Annotated[str, typer.Option(help="Where the page begins, as the page before told.")] = "",
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Show the open incidents, the worst first."""
    wanted = Wanted(
        is_open=None if everything or status else True,
        statuses=names(status),
        priorities=tuple(PriorityWord(one.upper()).priority for one in names(priority)),
        types=names(kind),
        commander=leads,
        asset=asset,
        words=" ".join(words or ()),
        exercise=None if exercises else "",
        with_merged=everything,
    )
    with at_work(config, who) as (desk, actor):
        rows, following = app.listing(desk, actor, wanted, limit=limit, after=after, worst_first=not everything)
        now = desk.clock()
    if form is Format.JSON:
        for row in rows:
            echo_json(row)
        return
    if rows:
        results().print(lists.incidents(rows, now))
    tell(f"{count(len(rows), 'incident')}{f'. More: --after {following}' if following else ''}")


def show(incident: Name, config: Config = SETTINGS, *, who: As = "", form: Form = Format.TABLE) -> None:
    """Show one incident on one screen, with what to do next."""
    with at_work(config, who) as (desk, actor):
        found, now = app.show(desk, actor, incident), desk.clock()
        latest = LatestEstate(desk=desk)
        estate = latest()
    if form is Format.JSON:
        echo_json(found)
        return
    results().print(shown.screen(found, now, estate))
    if latest.fault:
        warn(f"the estate cannot be read, so that it is not said who can contain it: {latest.fault}")


def declare(  # noqa: PLR0913 - the arguments and options of a command
    title: Annotated[str, typer.Argument(help="What happened, in a line.")],
    kind: Annotated[str, typer.Option("--type", "-t", help="What it is: tocsin incident types.")],
    config: Config = SETTINGS,
    *,
    summary: Annotated[str, typer.Option(help="More about it.")] = "",
    priority: Annotated[PriorityWord | None, typer.Option(help="Another than the table's; needs --why.")] = None,
    reason: Reason = "",
    loss: Annotated[bool | None, typer.Option("--loss/--no-loss", help="Value is lost, or surely is not.")] = None,
    over: Annotated[bool | None, typer.Option("--over/--goes-on", help="It is over, or goes on.")] = None,
    customers: Annotated[bool | None, typer.Option("--customers/--no-customers", help="Customers are hit.")] = None,
    asset: Annotated[list[str] | None, typer.Option(help="An asset of the estate that was hit.")] = None,
    began: Annotated[str, typer.Option(metavar="TIME", help=f"When it began. {HELP}")] = "",
    tlp: Annotated[str, typer.Option(help="How confidential it is (TLP 2.0).")] = "amber",
    codename: Annotated[str, typer.Option(help="What it is called where not everybody may know; restricts it.")] = "",
    exercise: Annotated[str, typer.Option(help="The exercise it is part of.")] = "",
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Declare an incident by hand. What you leave open counts as the worse."""
    with at_work(config, who) as (desk, actor):
        told = app.Declaration(
            title=title,
            type=kind,
            summary=summary,
            priority=priority.priority if priority else None,
            reason=reason,
            loss=loss,
            in_progress=None if over is None else not over,
            customers=customers,
            assets=tuple(asset or ()),
            began_at=moment(began, desk.clock()) if began else None,
            tlp=tlp,
            codename=codename,
            is_restricted=bool(codename),
            exercise=exercise,
        )
        state, now = app.declare(desk, actor, told), desk.clock()
    if form is Format.JSON:
        echo_json(state)
        return
    results().print(shown.screen(state, now))


def classify(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    config: Config = SETTINGS,
    *,
    reason: Reason,
    kind: Annotated[str | None, typer.Option("--type", "-t", help="What it is: tocsin incident types.")] = None,
    priority: Annotated[PriorityWord | None, typer.Option(help="How bad; only the commander lowers it.")] = None,
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Say what it is and how bad, against the table."""
    better = priority.priority if priority else None
    acted(
        config,
        who,
        form,
        lambda desk, actor: app.override(
            desk, actor, incident, reason=reason, type=kind, priority=better, expected=expect
        ),
    )


def status(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    after: Annotated[str, typer.Argument(metavar="STATUS", help="active, stable, resolved, closed or reopened.")],
    config: Config = SETTINGS,
    *,
    reason: Reason = "",
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Change its status."""
    acted(
        config,
        who,
        form,
        lambda desk, actor: app.change_status(desk, actor, incident, status=after, reason=reason, expected=expect),
    )


def phase(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    after: Annotated[str, typer.Argument(metavar="PHASE", help="triage, contain, eradicate, recover or post.")],
    config: Config = SETTINGS,
    *,
    reason: Reason = "",
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Go on to a phase, through all that lie between; or back to one, with a reason."""
    acted(
        config,
        who,
        form,
        lambda desk, actor: app.change_phase(desk, actor, incident, phase=after, reason=reason, expected=expect),
    )


def verdict(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    word: Annotated[
        str,
        typer.Argument(
            metavar="VERDICT", help="tp_impact, tp_no_impact, benign, false_positive, duplicate, test, insufficient."
        ),
    ],
    config: Config = SETTINGS,
    *,
    reason: Reason = "",
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Say what it turned out to be."""
    acted(
        config,
        who,
        form,
        lambda desk, actor: app.give_verdict(desk, actor, incident, verdict=word, reason=reason, expected=expect),
    )


def describe(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    config: Config = SETTINGS,
    *,
    title: Annotated[str | None, typer.Option(help="What happened, in a line.")] = None,
    summary: Annotated[str | None, typer.Option(help="More about it.")] = None,
    tlp: Annotated[str | None, typer.Option(help="How confidential it is (TLP 2.0).")] = None,
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Write its title, summary or confidentiality anew."""
    acted(
        config,
        who,
        form,
        lambda desk, actor: app.describe(desk, actor, incident, title=title, summary=summary, tlp=tlp, expected=expect),
    )


def correct(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    what: Annotated[str, typer.Argument(help="occurred, detected, contained, eradicated or recovered.")],
    time: Annotated[str, typer.Argument(metavar="TIME", help=HELP)],
    config: Config = SETTINGS,
    *,
    reason: Reason,
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Put one of its times right; what was told before stays in the journal."""
    acted(
        config,
        who,
        form,
        lambda desk, actor: app.correct(
            desk, actor, incident, what=what, at=moment(time, desk.clock()), reason=reason, expected=expect
        ),
    )


def close(
    incident: Name,
    config: Config = SETTINGS,
    *,
    reason: Reason = "",
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Close it; what is still missing for that is told."""
    acted(config, who, form, lambda desk, actor: app.close(desk, actor, incident, reason=reason, expected=expect))


def reopen(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    config: Config = SETTINGS,
    *,
    reason: Reason,
    into: Annotated[str, typer.Option("--phase", help="Where it goes on.")] = "triage",
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Reopen a closed one."""
    acted(
        config,
        who,
        form,
        lambda desk, actor: app.reopen(desk, actor, incident, reason=reason, phase=into, expected=expect),
    )


def journal(
    incident: Name,
    config: Config = SETTINGS,
    *,
    after: Annotated[int, typer.Option(min=0, help="Only entries behind this number.")] = 0,
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Show every entry of its journal, with digests."""
    with at_work(config, who) as (desk, actor):
        _, entries = app.entries(desk, actor, incident, after=after)
    if form is Format.JSON:
        for entry in entries:
            typer.echo(entry.line.decode())
        return
    results().print(lists.journal(entries))


def types(form: Form = Format.TABLE) -> None:
    """Show what kinds of incident there are."""
    if form is Format.JSON:
        for one in TYPES.values():
            echo_json(one)
        return
    results().print(lists.types())


command = Command(
    id="incident",
    subcommands=(
        ("list", list_),
        ("show", show),
        ("declare", declare),
        ("ack", ack),
        ("assign", assign),
        ("release", release),
        ("classify", classify),
        ("status", status),
        ("phase", phase),
        ("verdict", verdict),
        ("describe", describe),
        ("correct", correct),
        ("task", task),
        ("decision", decision),
        ("note", note),
        ("timeline", timeline),
        ("funds", funds_),
        ("impact", impact),
        ("link", link),
        ("merge", merge),
        ("unmerge", unmerge),
        ("access", access),
        ("restrict", restrict),
        ("review", review),
        ("postmortem", postmortem),
        ("item", item),
        ("close", close),
        ("reopen", reopen),
        ("journal", journal),
        ("types", types),
    ),
    samples=(
        Sample(
            says="What kinds of incident there are",
            arguments=("incident", "types"),
            shows=("key-compromise", "suspicious-activity"),
        ),
        Sample(
            says="The same for a program",
            arguments=("incident", "types", "--format", "json"),
            shows=('"id":"exploit"',),
            json=True,
        ),
        Sample(
            says="No settings are there",
            arguments=("incident", "list", "--as", "ada", "--config", "absent.toml"),
            exit_code=2,
            shows=("absent.toml", "--config"),
        ),
        Sample(
            says="A name that is none",
            arguments=("incident", "ack", "42", "--as", "no name"),
            exit_code=2,
            shows=("--as ada",),
        ),
    ),
)
