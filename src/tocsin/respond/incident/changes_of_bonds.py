"""What belongs to an incident, and who may see it."""

from collections.abc import Mapping

from tocsin.respond.incident import events, parts
from tocsin.respond.incident.changing import Change, Changes, with_one, without
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.state import Incident
from tocsin.respond.journal import Entry


def _linked(was: Incident, event: events.Linked, entry: Entry) -> Changes:
    link = parts.Link(incident=event.incident, how=event.how, at=entry.occurred_at)
    return {"links": with_one(was.links, event.incident, link)}


def _merged(_was: Incident, event: events.Merged, _entry: Entry) -> Changes:
    return {"merged_into": event.into}


def _merged_in(was: Incident, event: events.MergedIn, entry: Entry) -> Changes:
    origin = parts.Origin(incident=event.incident, alerts=event.alerts, reason=event.reason, at=entry.occurred_at)
    return {"merged_from": with_one(was.merged_from, event.incident, origin)}


def _unmerged(was: Incident, event: events.Unmerged, _entry: Entry) -> Changes:
    into = "" if was.merged_into == event.other else was.merged_into
    return {"merged_into": into, "merged_from": without(was.merged_from, event.other)}


def _access_granted(was: Incident, event: events.AccessGranted, _entry: Entry) -> Changes:
    return {"access": tuple(dict.fromkeys((*was.access, event.person)))}


def _access_revoked(was: Incident, event: events.AccessRevoked, _entry: Entry) -> Changes:
    return {"access": tuple(person for person in was.access if person != event.person)}


def _viewed(was: Incident, _event: events.Viewed, entry: Entry) -> Changes:
    return {"views": with_one(was.views, str(entry.actor), entry.occurred_at)}


def _restriction_changed(_was: Incident, event: events.RestrictionChanged, _entry: Entry) -> Changes:
    return {"is_restricted": event.is_restricted, "codename": event.codename}


CHANGES: Mapping[type[Event], Change] = {
    events.Linked: _linked,
    events.Merged: _merged,
    events.MergedIn: _merged_in,
    events.Unmerged: _unmerged,
    events.AccessGranted: _access_granted,
    events.AccessRevoked: _access_revoked,
    events.Viewed: _viewed,
    events.RestrictionChanged: _restriction_changed,
}
"""What each of these events changes."""
