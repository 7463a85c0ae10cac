"""
The work on an incident: tasks, decisions, notes, lines of its timeline, funds, impact, review, what was learnt.

Every answer is the incident as it stands afterwards. What people add has a short id that is unique in its incident.
"""

from typing import Any

import msgspec
from fastapi import APIRouter

from tocsin.app.incidents import work
from tocsin.web.resource import Resource
from tocsin.web.routes import _incident_bodies as body
from tocsin.web.routes._incident_here import Here, IncidentShape, Name, Writer

router = APIRouter(prefix="/incidents")


@router.post("/{incident}/funds", status_code=201, response_model=IncidentShape)
def move_funds(caller: Writer, one: Here, move: body.Move) -> Any:
    """Book an amount from one account to another."""
    told = work.Move(**{**move.model_dump(exclude={"at"}), "transactions": tuple(move.transactions)})
    return one.told(work.move_funds(one.desk, caller.actor, one.incident, told, at=move.at, expected=one.expected))


@router.post("/{incident}/tasks", status_code=201, response_model=IncidentShape)
def add_task(caller: Writer, one: Here, task: body.Task) -> Any:
    """Something to be done."""
    return one.told(work.add_task(one.desk, caller.actor, one.incident, **task.model_dump(), expected=one.expected))


@router.patch("/{incident}/tasks/{task}", response_model=IncidentShape)
def change_task(caller: Writer, one: Here, task: Name, told: body.TaskChange) -> Any:
    """The state of a task, who does it, or until when."""
    state = work.change_tasks(one.desk, caller.actor, one.incident, [task], **told.model_dump(), expected=one.expected)
    return one.told(state)


@router.post("/{incident}/decisions", status_code=201, response_model=IncidentShape)
def decide(caller: Writer, one: Here, told: body.Decision) -> Any:
    """A decision, with the options there were and the reason."""
    return one.told(work.decide(one.desk, caller.actor, one.incident, **told.model_dump(), expected=one.expected))


@router.post("/{incident}/notes", status_code=201, response_model=IncidentShape)
def write_note(caller: Writer, one: Here, told: body.Note) -> Any:
    """A note."""
    return one.told(work.write_note(one.desk, caller.actor, one.incident, text=told.text, expected=one.expected))


@router.put("/{incident}/notes/{note}", response_model=IncidentShape)
def rewrite_note(caller: Writer, one: Here, note: Name, told: body.Note) -> Any:
    """A new version of a note; the older ones stay."""
    state = work.write_note(one.desk, caller.actor, one.incident, text=told.text, note=note, expected=one.expected)
    return one.told(state)


@router.post("/{incident}/timeline", status_code=201, response_model=IncidentShape)
def write_line(caller: Writer, one: Here, told: body.TimelineLine) -> Any:
    """A line of the timeline."""
    return one.told(work.write_line(one.desk, caller.actor, one.incident, _line(told), expected=one.expected))


@router.put("/{incident}/timeline/{line}", response_model=IncidentShape)
def rewrite_line(caller: Writer, one: Here, line: Name, told: body.TimelineLine) -> Any:
    """A new version of a line; the older ones stay."""
    state = work.write_line(one.desk, caller.actor, one.incident, _line(told), line=line, expected=one.expected)
    return one.told(state)


def _line(told: body.TimelineLine) -> work.Told:
    return work.Told(**{**told.model_dump(), "evidence": tuple(told.evidence)})


@router.post("/{incident}/timeline-imports", status_code=201, response_model=IncidentShape)
def import_lines(caller: Writer, one: Here, told: body.TimelineFile) -> Any:
    """Take over the timeline of another tool, wholly or not at all."""
    return one.told(work.import_lines(one.desk, caller.actor, one.incident, told.text, expected=one.expected))


@router.post("/{incident}/impact", response_model=IncidentShape)
def assess_impact(caller: Writer, one: Here, told: body.Impact) -> Any:
    """Whom and what else it hit, as far as is known now."""
    return one.told(
        work.assess_impact(one.desk, caller.actor, one.incident, **told.model_dump(), expected=one.expected)
    )


@router.post("/{incident}/review", response_model=IncidentShape)
def review(caller: Writer, one: Here, told: body.Review) -> Any:
    """The review by a peer; whoever leads or led it does not finish it (403)."""
    return one.told(work.review(one.desk, caller.actor, one.incident, **told.model_dump(), expected=one.expected))


@router.post("/{incident}/post-mortem", status_code=201, response_model=IncidentShape)
def write_post_mortem(caller: Writer, one: Here, told: body.PostMortem) -> Any:
    """What there is to learn; a new version replaces the one before."""
    learned = msgspec.convert(told.model_dump(), work.Learned)
    return one.told(work.write_post_mortem(one.desk, caller.actor, one.incident, learned, expected=one.expected))


@router.post("/{incident}/items", status_code=201, response_model=IncidentShape)
def add_item(caller: Writer, one: Here, item: body.Item) -> Any:
    """What is to change because of it."""
    return one.told(work.add_item(one.desk, caller.actor, one.incident, **item.model_dump(), expected=one.expected))


@router.patch("/{incident}/items/{item}", response_model=IncidentShape)
def change_item(caller: Writer, one: Here, item: Name, told: body.ItemChange) -> Any:
    """Done, verified by somebody other than its owner (else 403), or cancelled."""
    state = work.change_item(one.desk, caller.actor, one.incident, item, **told.model_dump(), expected=one.expected)
    return one.told(state)


resource = Resource(id="incident-work", router=router)
