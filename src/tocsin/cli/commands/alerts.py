"""
Work through alerts: see them, take them, say what they were, hide what is noise.

## What it does
`list` shows the open alerts, the worst first, with what is not triaged yet; `show` one alert whole: why it is as bad as
it is, its findings, its history, and what can be done. An alert is named by its id, or the beginning or the end of it.

`ack` says that somebody has seen it, `take` that somebody works on it, `verdict` what it turned out to be, which closes
it: tp_impact, tp_no_impact, benign, false_positive, duplicate, test, insufficient. `reopen` takes that back. `merge`
and `unmerge` put together and apart; `escalate` makes it part of an incident, or opens one. `report` writes an alert
that no detector saw.

`suppress` hides what an expression matches, for some days, such as 'detector = large-profit and severity < high';
`suppressions` shows all of them, `approve` lets one hide what is high or worse, which takes somebody else, and `end`
ends one. `quality` says how good each detector's alerts were.

`tocsin serve` triages what is found, all the time. Where it does not run, `list` shows what waits, put together and
scored, and `intake` triages it now.

Whoever is logged in does it; --as ada, or TOCSIN_USER=ada, says who you are.

## Exit codes
0: done. 1: the store cannot be read. 2: wrong usage or settings, no such alert, or it cannot be done as things stand.
"""

import json
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tocsin.app.chosen import with_rules
from tocsin.app.desk import Desk
from tocsin.app.estate.estate import estate_now
from tocsin.app.known import load
from tocsin.app.triage import acts, reading, rules
from tocsin.app.triage.reports import Report
from tocsin.app.triage.standing import standing_alerts
from tocsin.app.triage.triage import Triage
from tocsin.cli.command import Command, Sample
from tocsin.cli.commands._incident_shared import SETTINGS, As, Config, Expect, Form, at_work
from tocsin.cli.options import Format, SeverityWord
from tocsin.cli.render import triage as shown
from tocsin.cli.render.console import note, results
from tocsin.cli.render.money import count
from tocsin.detect.labels import Labels
from tocsin.edge.store.triage import Wanted
from tocsin.model.actor import Actor
from tocsin.respond.triage.alert import TriagedAlert
from tocsin.respond.triage.machine import State
from tocsin.respond.triage.suppression import Action, Mode

Name = Annotated[str, typer.Argument(metavar="ALERT", help="Its id, or the beginning or the end of it.")]
Names = Annotated[list[str], typer.Argument(metavar="ALERT...", help="Ids, or the beginnings or the ends of them.")]
Reason = Annotated[str, typer.Option("--why", "--reason", "-w", "-r", help="Why; it stands in the record.")]
HOUR_SECONDS = 3_600
OPEN = tuple(state for state in State if state.is_open and state is not State.SUPPRESSED)
StateWord = StrEnum("StateWord", {state.name: state.value for state in State})  # type: ignore[misc] # mypy reads literals


def list_(  # noqa: PLR0913 - the arguments and options of a command
    config: Config = SETTINGS,
    *,
    hours: Annotated[float | None, typer.Option(min=0.1, help="Only what was reported in so many hours.")] = None,
    least: Annotated[
        SeverityWord, typer.Option("--min-severity", metavar="SEVERITY", help="Leave out alerts below.")
    ] = SeverityWord.LOW,
    state: Annotated[list[StateWord] | None, typer.Option(help="Only in these states; else those open.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only this person's.")] = None,
    source: Annotated[str | None, typer.Option(help="Only of this source, such as health.")] = None,
    incident: Annotated[str, typer.Option(help="Only of this incident.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 100,
    after: Annotated[str, typer.Option(help="Where the page begins, as the page before told.")] = "",
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Show the open alerts, the worst first, and what is not triaged yet."""
    with at_work(config, who) as (desk, actor):
        now = desk.clock()
        wanted = Wanted(
            states=tuple(State(each.value) for each in state) if state else None if incident else OPEN,
            least=least.severity,
            owner=owner,
            source=source,
            incident=reading.incident_named(desk, actor, incident) if incident else None,
            since=None if hours is None else now - hours * HOUR_SECONDS,
        )
        found = reading.find(desk, actor, wanted, limit=limit + 1, after=reading.place(after))
        is_narrow = any((state, owner, source, incident, after))
        new = [] if is_narrow else standing_alerts(desk.settings, desk.store, now=now, hours=hours or 24.0)
    found, more = found[:limit], len(found) > limit
    waiting = [alert for alert in new if alert.severity >= least.severity]
    if form is Format.JSON:
        for alert in found:
            typer.echo(json.dumps(alert.to_json()))
        for one in waiting:
            typer.echo(json.dumps({**one.to_json(), "state": shown.WAITING}))
        return
    if found or waiting:
        results().print(shown.queue(found, waiting, now))
    following = f" More: --after {reading.place_of(found[-1])}" if more else ""
    note(f"{count(len(found), 'alert')}; {len(waiting)} not triaged yet.{_hint(len(waiting))}{following}")


def _hint(waiting: int) -> str:
    return " `tocsin serve` does that, or `tocsin alerts intake` now." if waiting else ""


def show(alert: Name, config: Config = SETTINGS, *, form: Form = Format.TABLE, who: As = "") -> None:
    """Show one alert whole."""
    with at_work(config, who) as (desk, actor):
        found, now = reading.whole(desk, actor, alert), desk.clock()
    if form is Format.TABLE:
        results().print(shown.whole(found, now))
        return
    more = {
        "incident_number": found.incident_number,
        "can": list(found.can),
        "merged": list(found.merged),
        "hidden_by": [{"suppression": rule, "is_hidden": hides} for rule, hides in found.hidden_by],
        "findings": [{**finding.to_json(), "retracted_at": at} for finding, at in found.findings],
        "history": [json.loads(entry.line) for entry in found.history],
    }
    typer.echo(json.dumps({**found.alert.to_json(), **more}))


def ack(
    alerts: Names, config: Config = SETTINGS, *, expected: Expect = None, who: As = "", form: Form = Format.TABLE
) -> None:
    """Say that you have seen alerts."""
    _acted(config, who, form, lambda desk, actor: acts.acknowledge(desk, actor, alerts, expected=expected))


def take(
    alerts: Names,
    config: Config = SETTINGS,
    *,
    owner: Annotated[str, typer.Option("--for", metavar="PERSON", help="Who works on them; else you.")] = "",
    expected: Expect = None,
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Say that you work on alerts, or who does."""
    _acted(config, who, form, lambda desk, actor: acts.take(desk, actor, alerts, owner=owner, expected=expected))


def verdict(  # noqa: PLR0913 - the arguments and options of a command
    word: Annotated[str, typer.Argument(metavar="VERDICT", help="What they turned out to be.")],
    alerts: Names,
    config: Config = SETTINGS,
    *,
    reason: Reason = "",
    expected: Expect = None,
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Say what alerts turned out to be: this closes them."""

    def do(desk: Desk, actor: Actor) -> Sequence[TriagedAlert]:
        return acts.give_verdict(desk, actor, alerts, word, reason, expected=expected)

    _acted(config, who, form, do)


def reopen(
    alerts: Names, config: Config = SETTINGS, *, reason: Reason = "", who: As = "", form: Form = Format.TABLE
) -> None:
    """Take the verdicts of alerts back."""
    _acted(config, who, form, lambda desk, actor: acts.reopen(desk, actor, alerts, reason))


def merge(
    alerts: Names,
    config: Config = SETTINGS,
    *,
    into: Annotated[str, typer.Option(metavar="ALERT", help="The alert in which they go on.")],
    reason: Reason = "",
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Let alerts go on in another one; they are kept, and can be taken apart again."""
    _acted(config, who, form, lambda desk, actor: [acts.merge(desk, actor, alerts, into, reason)])


def unmerge(alert: Name, config: Config = SETTINGS, *, who: As = "", form: Form = Format.TABLE) -> None:
    """Let a merged alert stand by itself again."""
    _acted(config, who, form, lambda desk, actor: [acts.unmerge(desk, actor, alert)])


def escalate(
    alerts: Names,
    config: Config = SETTINGS,
    *,
    incident: Annotated[str, typer.Option(help="The incident they are about; else theirs, or a new one.")] = "",
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Let alerts join an incident, or open one."""
    _acted(config, who, form, lambda desk, actor: acts.escalate(desk, actor, alerts, incident))


def report(  # noqa: PLR0913 - the arguments and options of a command
    title: Annotated[str, typer.Argument(help="What happened, in a line.")],
    config: Config = SETTINGS,
    *,
    severity: Annotated[SeverityWord, typer.Option(help="How bad it is.")] = SeverityWord.MEDIUM,
    source: Annotated[str, typer.Option(help="Who or what says so.")] = "people",
    key: Annotated[str, typer.Option(help="What it is about: said again, it is counted. Else the title.")] = "",
    summary: Annotated[str, typer.Option(help="More about it.")] = "",
    kind: Annotated[str, typer.Option("--type", help="What it may be: tocsin incident types.")] = "",
    asset: Annotated[list[str] | None, typer.Option(help="An asset of the estate that was hit.")] = None,
    transaction: Annotated[list[str] | None, typer.Option(metavar="HASH", help="A transaction it is about.")] = None,
    chain_id: Annotated[int | None, typer.Option(metavar="N", min=1, help="On this chain.")] = None,
    raw: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="The message as it came.")] = None,
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Write an alert that no detector saw."""
    told = Report(
        source=source,
        key=key or title,
        severity=severity.severity,
        title=title,
        summary=summary,
        type=kind,
        assets=tuple(asset or ()),
        transactions=tuple(transaction or ()),
        chain_id=chain_id,
        raw=raw.read_bytes() if raw else b"",
    )
    _acted(config, who, form, lambda desk, actor: [acts.report_alert(desk, actor, told)])


def suppress(  # noqa: PLR0913 - the arguments and options of a command
    expression: Annotated[str, typer.Argument(help="Such as 'detector = large-profit and severity < high'.")],
    config: Config = SETTINGS,
    *,
    days: Annotated[float, typer.Option(help="For how long: at most 90.")],
    reason: Annotated[str, typer.Option("--why", "--reason", "-w", "-r", help="Why, for whoever finds it in a month.")],
    action: Annotated[Action, typer.Option(help="Hide it, or make one alert of all of it.")] = Action.SNOOZE,
    mode: Annotated[Mode, typer.Option(help="Do it, or only record what would be done.")] = Mode.ACTIVE,
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Hide what an expression matches, for a while."""
    wish = rules.Wish(expression=expression, days=days, reason=reason, action=action, mode=mode)
    _ruled(config, who, form, lambda desk, actor: rules.suppress(desk, actor, wish))


def suppressions(
    config: Config = SETTINGS,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Show what is hidden, until when, by whom and why."""
    with at_work(config, who) as (desk, _):
        found, now = rules.suppressions(desk, with_ended=everything), desk.clock()
    if form is Format.JSON:
        for each in found:
            typer.echo(shown.rule_json(each))
        return
    if found:
        results().print(shown.suppressions(found, now))
    note(f"{count(len(found), 'suppression')}.")


def approve(
    suppression: Annotated[str, typer.Argument(help="Its id, or the beginning or the end of it.")],
    config: Config = SETTINGS,
    *,
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Let somebody else's suppression hide what is high or worse."""
    _ruled(config, who, form, lambda desk, actor: rules.approve(desk, actor, suppression))


def end(
    suppression: Annotated[str, typer.Argument(help="Its id, or the beginning or the end of it.")],
    config: Config = SETTINGS,
    *,
    reason: Reason = "",
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """End a suppression now: what it hides comes back."""
    _ruled(config, who, form, lambda desk, actor: rules.end(desk, actor, suppression, reason))


def quality(
    config: Config = SETTINGS,
    *,
    days: Annotated[float, typer.Option(min=0.1, max=3_650, help="Of alerts of so many days.")] = 90.0,
    who: As = "",
    form: Form = Format.TABLE,
) -> None:
    """Show how good the alerts of each detector were, by what people said of them."""
    with at_work(config, who) as (desk, _):
        found = reading.quality_report(desk, days=days)
    if form is Format.JSON:
        for row in found:
            typer.echo(shown.quality_json(row))
        return
    if found:
        results().print(shown.quality(found))
    note(f"{count(len(found), 'detector')} and other sources with alerts in {days:g} days.")


def intake(config: Config = SETTINGS, *, who: As = "") -> None:
    """Triage what waits, now; incidents may be opened."""
    with at_work(config, who) as (desk, _):
        known = Labels.of(load(desk.settings.known.files))
        estate = estate_now(desk)
        triage = Triage(desk=desk, detectors=with_rules(desk.settings), known=known, estate=lambda: estate)
        while triage.pass_now():
            pass
    note(f"{count(triage.taken, 'notice')} taken in.")


def _acted(config: Path, who: str, form: Format, change: Callable[[Desk, Actor], Sequence[TriagedAlert]]) -> None:
    with at_work(config, who) as (desk, actor):
        changed = change(desk, actor)
    for alert in changed:
        if form is Format.JSON:
            typer.echo(json.dumps(alert.to_json()))
        else:
            note(shown.line(alert))


def _ruled(config: Path, who: str, form: Format, change: Callable[[Desk, Actor], rules.Listed]) -> None:
    with at_work(config, who) as (desk, actor):
        one, now = change(desk, actor), desk.clock()
    if form is Format.JSON:
        typer.echo(shown.rule_json(one))
        return
    results().print(shown.suppressions([one], now))
    if one.waits and not one.is_over:
        note(
            "It can hide what is high or worse, and waits until somebody else approves it: "
            f"tocsin alerts approve {shown.ending(one.rule.id)} --as SOMEBODY"
        )


command = Command(
    id="alerts",
    subcommands=(
        ("list", list_),
        ("show", show),
        ("ack", ack),
        ("take", take),
        ("verdict", verdict),
        ("reopen", reopen),
        ("merge", merge),
        ("unmerge", unmerge),
        ("escalate", escalate),
        ("report", report),
        ("suppress", suppress),
        ("suppressions", suppressions),
        ("approve", approve),
        ("end", end),
        ("quality", quality),
        ("intake", intake),
    ),
    samples=(
        Sample(
            says="No settings are there",
            arguments=("alerts", "list", "--config", "absent.toml"),
            exit_code=2,
            shows=("absent.toml", "--config"),
        ),
        Sample(
            says="A suppression needs an end",
            arguments=("alerts", "suppress", "chain = 1", "--why", "noise"),
            exit_code=2,
            shows=("--days",),
        ),
    ),
)
