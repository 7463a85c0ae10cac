"""What an incident is about and what is done: alerts, assets, tasks, decisions, notes, funds, evidence, lessons."""

from collections.abc import Mapping
from typing import Any

from tocsin.respond.incident import events, parts
from tocsin.respond.incident.changing import Change, Changes, at, changed, with_last, with_one, without
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.state import Incident
from tocsin.respond.journal import Entry


def _alert_linked(was: Incident, event: events.AlertLinked, _entry: Entry) -> Changes:
    """An alert that came before what was known so far moves the detection; nobody's correction is overruled."""
    first = was.times.detected if "detected" in was.corrected else min(was.times.detected, event.detected_at)
    return {"alerts": with_one(was.alerts, event.alert, event), "times": at(was.times, detected=first)}


def _alert_unlinked(was: Incident, event: events.AlertUnlinked, _entry: Entry) -> Changes:
    return {"alerts": without(was.alerts, event.alert)}


def _finding_retracted(was: Incident, event: events.FindingRetracted, _entry: Entry) -> Changes:
    return {"retracted": with_last(was.retracted, event)}


def _assets_identified(was: Incident, event: events.AssetsIdentified, _entry: Entry) -> Changes:
    return {
        "assets": tuple(dict.fromkeys((*was.assets, *event.assets))),
        "hit": tuple(dict.fromkeys((*was.hit, *event.directly))),
    }


def _task_added(was: Incident, event: events.TaskAdded, entry: Entry) -> Changes:
    task = parts.Task(
        id=event.task,
        title=event.title,
        group=event.group,
        is_mandatory=event.is_mandatory,
        assignees=event.assignees,
        due_at=event.due_at,
        after=event.after,
        added_at=entry.occurred_at,
    )
    return {"tasks": with_one(was.tasks, event.task, task)}


def _task_changed(was: Incident, event: events.TaskChanged, entry: Entry) -> Changes:
    change = {
        "state": event.state,
        "assignees": event.assignees,
        "due_at": event.due_at,
        "note": event.note,
        "changed_at": entry.occurred_at,
        "changed_by": str(entry.actor),
    }
    return {"tasks": changed(was.tasks, event.task, change)}


def _decision_made(was: Incident, event: events.DecisionMade, entry: Entry) -> Changes:
    decision = parts.Decision(
        id=event.decision,
        what=event.what,
        why=event.why,
        options=event.options,
        decided_by=event.decided_by,
        about=event.about,
        at=entry.occurred_at,
        by=str(entry.actor),
    )
    return {"decisions": with_one(was.decisions, event.decision, decision)}


def _trigger_met(was: Incident, event: events.TriggerMet, _entry: Entry) -> Changes:
    return {"triggers": with_last(was.triggers, event)}


def _note_written(was: Incident, event: events.NoteWritten, entry: Entry) -> Changes:
    version = parts.NoteVersion(text=event.text, at=entry.occurred_at, by=str(entry.actor))
    before = was.notes[event.note].versions if event.note in was.notes else ()
    return {"notes": with_one(was.notes, event.note, parts.Note(id=event.note, versions=(*before, version)))}


def _timeline_written(was: Incident, event: events.TimelineWritten, entry: Entry) -> Changes:
    version = parts.LineVersion(
        at=event.at,
        text=event.text,
        category=event.category,
        is_pinned=event.is_pinned,
        in_report=event.in_report,
        evidence=event.evidence,
        time_zone=event.time_zone,
        written_at=entry.recorded_at,
        by=str(entry.actor),
    )
    before = was.lines[event.line].versions if event.line in was.lines else ()
    return {"lines": with_one(was.lines, event.line, parts.Line(id=event.line, versions=(*before, version)))}


def _funds_moved(was: Incident, event: events.FundsMoved, entry: Entry) -> Changes:
    told: dict[str, Any] = {name: getattr(event, name) for name in event.__struct_fields__ if name != "posting"}
    stamp: dict[str, Any] = {"at": entry.occurred_at, "recorded_at": entry.recorded_at, "by": str(entry.actor)}
    return {"postings": with_one(was.postings, event.posting, parts.Posting(id=event.posting, **told, **stamp))}


def _impact_assessed(_was: Incident, event: events.ImpactAssessed, _entry: Entry) -> Changes:
    return {"impact": event}


def _evidence_added(was: Incident, event: events.EvidenceAdded, _entry: Entry) -> Changes:
    return {"evidence": with_last(was.evidence, event)}


def _post_mortem_written(_was: Incident, event: events.PostMortemWritten, _entry: Entry) -> Changes:
    return {"post_mortem": event}


def _action_item_added(was: Incident, event: events.ActionItemAdded, _entry: Entry) -> Changes:
    item = parts.ActionItem(id=event.item, what=event.what, owner=event.owner, due_at=event.due_at)
    return {"items": with_one(was.items, event.item, item)}


def _action_item_changed(was: Incident, event: events.ActionItemChanged, entry: Entry) -> Changes:
    change = {"state": event.state, "note": event.note, "changed_by": str(entry.actor)}
    return {"items": changed(was.items, event.item, change)}


CHANGES: Mapping[type[Event], Change] = {
    events.AlertLinked: _alert_linked,
    events.AlertUnlinked: _alert_unlinked,
    events.FindingRetracted: _finding_retracted,
    events.AssetsIdentified: _assets_identified,
    events.TaskAdded: _task_added,
    events.TaskChanged: _task_changed,
    events.DecisionMade: _decision_made,
    events.TriggerMet: _trigger_met,
    events.NoteWritten: _note_written,
    events.TimelineWritten: _timeline_written,
    events.FundsMoved: _funds_moved,
    events.ImpactAssessed: _impact_assessed,
    events.EvidenceAdded: _evidence_added,
    events.PostMortemWritten: _post_mortem_written,
    events.ActionItemAdded: _action_item_added,
    events.ActionItemChanged: _action_item_changed,
}
"""What each of these events changes."""
