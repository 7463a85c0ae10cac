"""Commands about the work on an incident: tasks, decisions, notes, timeline, impact, review, what was learnt."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from tocsin.app.incidents import incidents as app
from tocsin.app.incidents import work
from tocsin.cli.commands._incident_shared import (
    SETTINGS,
    As,
    Config,
    Expect,
    Form,
    Name,
    acted,
    at_work,
    echo_json,
)
from tocsin.cli.moments import HELP, moment, zoned
from tocsin.cli.options import Format
from tocsin.cli.render import incident_lists as lists
from tocsin.cli.render.console import note as tell
from tocsin.cli.render.console import results
from tocsin.edge.rule_files import read_text
from tocsin.model.errors import Unacceptable
from tocsin.respond.incident.texts import nearest
from tocsin.respond.reports.material import Material, when
from tocsin.respond.reports.story import story

_TASK_STATES: Mapping[str, str] = {
    "start": "in_progress",
    "hold": "on_hold",
    "done": "done",
    "cancel": "cancelled",
    "again": "todo",
}
_TASK_ACTIONS = ("list", "add", "set", *_TASK_STATES)
_ITEM_ACTIONS = ("list", "add", *work.ITEM_STATES)
Text = Annotated[str, typer.Argument(metavar="[TEXT]", help="What to write; nothing shows what there is.")]


def task(  # noqa: PLR0913 - the arguments and options of a command
    action: Annotated[
        str, typer.Argument(metavar="ACTION", help="list, add, start, hold, done, cancel, again or set.")
    ],
    incident: Name,
    tasks: Annotated[list[str] | None, typer.Argument(metavar="[TASK]...", help="Ids; for add: what to do.")] = None,
    config: Config = SETTINGS,
    *,
    must: Annotated[bool, typer.Option("--must", help="It must be done before the incident is closed.")] = False,
    group: Annotated[str, typer.Option(help="The phase it belongs to.")] = "",
    assignee: Annotated[list[str] | None, typer.Option("--to", metavar="PERSON", help="Who does it.")] = None,
    due: Annotated[str, typer.Option(metavar="TIME", help=f"Until when. {HELP}")] = "",
    after: Annotated[list[str] | None, typer.Option(metavar="TASK", help="What must be done before.")] = None,
    note: Annotated[str, typer.Option(help="What to know about it.")] = "",
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Show, add or change tasks: tocsin incident task done 42 pause."""
    if action not in _TASK_ACTIONS:
        raise Unacceptable(f"{action[:50]!r} is nothing to do with a task{nearest(action, _TASK_ACTIONS)}")
    named = list(tasks or ())
    if action == "list":
        _list_tasks(config, who, form, incident)
        return
    if not named:
        raise Unacceptable("say which task; for add: what to do")
    with_due = (lambda now: moment(due, now)) if due else (lambda _now: None)
    if action == "add":
        acted(
            config,
            who,
            form,
            lambda desk, actor: work.add_task(
                desk,
                actor,
                incident,
                title=" ".join(named),
                group=group,
                is_mandatory=must,
                assignees=assignee or (),
                due_at=with_due(desk.clock()),
                after=after or (),
                expected=expect,
            ),
        )
        return
    acted(
        config,
        who,
        form,
        lambda desk, actor: work.change_tasks(
            desk,
            actor,
            incident,
            named,
            state=_TASK_STATES.get(action),
            assignees=assignee,
            due_at=with_due(desk.clock()),
            note=note,
            expected=expect,
        ),
    )


def _list_tasks(config: Path, who: str, form: Format, incident: str) -> None:
    with at_work(config, who) as (desk, actor):
        found, now = app.show(desk, actor, incident), desk.clock()
    if form is Format.JSON:
        for one in found.tasks.values():
            echo_json(one)
        return
    results().print(lists.tasks(found, now))


def decision(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    config: Config = SETTINGS,
    *,
    what: Annotated[str, typer.Option(help="What was decided; nothing shows what there is.")] = "",
    why: Annotated[str, typer.Option(help="Why.")] = "",
    option: Annotated[list[str] | None, typer.Option(help="What else could have been decided.")] = None,
    by: Annotated[str, typer.Option(help="Who decided, if not you.")] = "",
    about: Annotated[str, typer.Option(help="containment: answers the clock of that decision.")] = "",
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Write down a decision, with the options there were and the reason."""
    if what:
        acted(
            config,
            who,
            form,
            lambda desk, actor: work.decide(
                desk,
                actor,
                incident,
                what=what,
                why=why,
                options=option or (),
                decided_by=by,
                about=about,
                expected=expect,
            ),
        )
        return
    with at_work(config, who) as (desk, actor):
        found = app.show(desk, actor, incident)
    if form is Format.JSON:
        for one in found.decisions.values():
            echo_json(one)
        return
    rows = [(one.id, when(one.at), one.decided_by, one.what, one.why) for one in found.decisions.values()]
    results().print(lists.texts(("id", "when", "who", "what", "why"), rows))


def note(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    text: Text = "",
    config: Config = SETTINGS,
    *,
    replaces: Annotated[str, typer.Option("--id", help="A note of which this is a new version.")] = "",
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Write a note, or show them."""
    if text:
        acted(
            config,
            who,
            form,
            lambda desk, actor: work.write_note(desk, actor, incident, text=text, note=replaces, expected=expect),
        )
        return
    with at_work(config, who) as (desk, actor):
        found = app.show(desk, actor, incident)
    if form is Format.JSON:
        for one in found.notes.values():
            echo_json(one)
        return
    rows = [(one.id, when(one.versions[-1].at), one.versions[-1].by, one.text) for one in found.notes.values()]
    results().print(lists.texts(("id", "when", "who", "what"), rows))


def timeline(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    config: Config = SETTINGS,
    *,
    add: Annotated[str, typer.Option(metavar="TEXT", help="Put a line in.")] = "",
    at: Annotated[str, typer.Option(metavar="TIME", help=f"When it happened. {HELP}")] = "now",
    category: Annotated[str, typer.Option(help="What kind of line it is.")] = "",
    pin: Annotated[bool, typer.Option("--pin", help="Mark it.")] = False,
    hide: Annotated[bool, typer.Option("--not-in-report", help="Leave it out of reports.")] = False,
    evidence: Annotated[list[str] | None, typer.Option(help="Ids of evidence for it.")] = None,
    replaces: Annotated[str, typer.Option("--id", help="A line of which this is a new version.")] = "",
    file: Annotated[
        str,
        typer.Option("--import", metavar="FILE", help="CSV or JSON lines with datetime, timestamp_desc, message."),
    ] = "",
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Show what happened, put a line in, or take over the timeline of another tool."""
    if file:
        lines = read_text(Path(file))
        acted(
            config,
            who,
            form,
            lambda desk, actor: work.import_lines(desk, actor, incident, lines, expected=expect),
        )
        return
    with at_work(config, who) as (desk, actor):
        if add:
            happened, zone = zoned(at, desk.clock())
            told = work.Told(
                at=happened,
                text=add,
                category=category,
                is_pinned=pin,
                in_report=not hide,
                evidence=tuple(evidence or ()),
                time_zone=zone,
            )
            work.write_line(desk, actor, incident, told, line=replaces, expected=expect)
        found, entries = app.entries(desk, actor, incident)
        material = Material(incident=found, entries=entries, evidence=(), made_at=desk.clock(), made_by=str(actor))
    if form is Format.JSON:
        for one in story(material):
            echo_json(one)
        return
    results().print(lists.story(story(material)))


def impact(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    config: Config = SETTINGS,
    *,
    people: Annotated[int | None, typer.Option(min=0, help="How many people.")] = None,
    customers: Annotated[int | None, typer.Option(min=0, help="How many customers.")] = None,
    service: Annotated[list[str] | None, typer.Option(help="A service that does not work as it should.")] = None,
    data: Annotated[list[str] | None, typer.Option(help="A kind of data that was exposed.")] = None,
    note: Annotated[str, typer.Option(help="What else is known.")] = "",
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Say whom and what else it hit, as far as is known now."""
    acted(
        config,
        who,
        form,
        lambda desk, actor: work.assess_impact(
            desk,
            actor,
            incident,
            people=people,
            customers=customers,
            services=service or (),
            data=data or (),
            note=note,
            expected=expect,
        ),
    )


def review(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    state: Annotated[str, typer.Argument(help="pending, in_progress or reviewed; by somebody who did not lead it.")],
    config: Config = SETTINGS,
    *,
    note: Annotated[str, typer.Option(help="What was found.")] = "",
    reviewer: Annotated[str, typer.Option(help="Who is asked to.")] = "",
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Ask for the review by a peer, or say that it is done."""
    acted(
        config,
        who,
        form,
        lambda desk, actor: work.review(
            desk, actor, incident, state=state, note=note, reviewer=reviewer, expected=expect
        ),
    )


def postmortem(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    config: Config = SETTINGS,
    *,
    root_cause: Annotated[str, typer.Option(help="What the cause was.")],
    why: Annotated[list[str] | None, typer.Option(help="One of the five whys, in their order.")] = None,
    contributing: Annotated[list[str] | None, typer.Option(help="What contributed.")] = None,
    well: Annotated[list[str] | None, typer.Option(help="What went well.")] = None,
    wrong: Annotated[list[str] | None, typer.Option(help="What went wrong.")] = None,
    lucky: Annotated[list[str] | None, typer.Option(help="Where we got lucky.")] = None,
    otherwise: Annotated[str, typer.Option(help="What would have happened otherwise.")] = "",
    lesson: Annotated[list[str] | None, typer.Option(help="A lesson.")] = None,
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Write what there is to learn; a new version replaces the one before."""
    learned = work.Learned(
        root_cause=root_cause,
        five_whys=tuple(why or ()),
        contributing=tuple(contributing or ()),
        went_well=tuple(well or ()),
        went_wrong=tuple(wrong or ()),
        got_lucky=tuple(lucky or ()),
        counterfactual=otherwise,
        lessons=tuple(lesson or ()),
    )
    acted(
        config,
        who,
        form,
        lambda desk, actor: work.write_post_mortem(desk, actor, incident, learned, expected=expect),
    )


def item(  # noqa: PLR0913 - the arguments and options of a command
    action: Annotated[str, typer.Argument(metavar="ACTION", help="list, add, done, verified, cancelled or open.")],
    incident: Name,
    what: Annotated[str, typer.Argument(metavar="[ITEM]", help="Its id; for add: what is to change.")] = "",
    config: Config = SETTINGS,
    *,
    owner: Annotated[str, typer.Option(help="Who sees to it.")] = "",
    due: Annotated[str, typer.Option(metavar="TIME", help=f"Until when. {HELP}")] = "+30d",
    note: Annotated[str, typer.Option(help="What to know about it.")] = "",
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Show, add or change what is to change because of it."""
    if action not in _ITEM_ACTIONS:
        raise Unacceptable(f"{action[:50]!r} is nothing to do with an action item{nearest(action, _ITEM_ACTIONS)}")
    if action == "list":
        _list_items(config, who, form, incident)
        return
    if action == "add":
        acted(
            config,
            who,
            form,
            lambda desk, actor: work.add_item(
                desk,
                actor,
                incident,
                what=what,
                owner=owner or actor.id,
                due_at=moment(due, desk.clock()),
                expected=expect,
            ),
        )
        return
    acted(
        config,
        who,
        form,
        lambda desk, actor: work.change_item(desk, actor, incident, what, state=action, note=note, expected=expect),
    )


def _list_items(config: Path, who: str, form: Format, incident: str) -> None:
    with at_work(config, who) as (desk, actor):
        found = app.show(desk, actor, incident)
    if form is Format.JSON:
        for one in found.items.values():
            echo_json(one)
        return
    rows = [(one.id, one.state, one.owner, when(one.due_at), one.what) for one in found.items.values()]
    results().print(lists.texts(("id", "state", "owner", "due", "what"), rows))
    if not rows:
        tell(f'None yet: tocsin incident item add {found.number} "…" --owner PERSON')
