"""
Stakeholder updates: drafted from a group's template, reviewed, approved by somebody who wrote none of it, sent.

Before an update is approved and before it is sent, its TLP 2.0 label is held against how far the group reaches. Every
step is entered into the audit; that it was published, and that the next one is postponed, into the incident's journal.
"""

import difflib
from collections.abc import Callable
from dataclasses import dataclass, replace

from tocsin.app.desk import Desk
from tocsin.app.incidents.incidents import change as change_incident
from tocsin.app.telling.file import ChannelFile
from tocsin.edge.store import incidents, journal
from tocsin.edge.store import updates as rows
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.updates import Attempt, Connection
from tocsin.model.actor import Actor
from tocsin.model.errors import NotFound, Outdated, Unacceptable, WrongState
from tocsin.respond.channels import tlp
from tocsin.respond.incident.events import UpdatePostponed
from tocsin.respond.incident.incident import Incident
from tocsin.respond.incident.needs import need_open
from tocsin.respond.incident.texts import LONGEST_NAME, bounded
from tocsin.respond.journal import AUDIT, Draft
from tocsin.respond.updates import text as texts
from tocsin.respond.updates.group import Group
from tocsin.respond.updates.update import Delivery, Update, UpdateState, moved

LONGEST_REASON = 1_000
LONGEST_NUMBER = 9
"""Digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An update with the incident it is about, and what became of it."""

    update: Update
    incident: Incident
    deliveries: tuple[Delivery, ...] = ()
    attempts: tuple[Attempt, ...] = ()


def group_of(file: ChannelFile, name: str) -> Group:
    """The group of this name. Raises `NotFound` that names the nearest."""
    if name in file.groups:
        return file.groups[name]
    if not file.groups:
        raise NotFound("there is no group of stakeholders: write [group.NAME] in the file of channels")
    near = difflib.get_close_matches(name, file.groups, n=1, cutoff=0)
    raise NotFound(f"there is no group {name[:50]!r}; did you mean {near[0]!r}? Groups: {', '.join(file.groups)}")


def draft(  # noqa: PLR0913 - what a draft consists of; all but three by name
    desk: Desk,
    actor: Actor,
    file: ChannelFile,
    *,
    incident: str,
    group: str,
    text: str,
    label: str = "",
    next_update: float | None = None,
) -> Told:
    """
    Write an update from the group's template. Its label is the incident's, where none is given.

    Raises `NotFound`, `Unacceptable` (also where the label may not go as far as the group), `WrongState`.
    """
    to, now = group_of(file, group), desk.clock()
    said = bounded("the text", text, texts.LONGEST_TEXT)
    with named_errors(), desk.store.engine.begin() as connection:
        incidents.hold(connection)
        about = incidents.look_up(connection, incident, actor)
        need_open(about)
        marked = label or about.tlp
        need_reach(marked, to)
        number = rows.count(connection, about.id, to.name) + 1
        named = texts.values(
            about, group=to.name, tlp=marked, text=said, number=number, now=now, next_update=next_update
        )
        written = texts.rendered(to.template, named)
        made = Update(
            id=desk.new_id(),
            incident=about.id,
            number=rows.next_number(connection, about.id),
            group=to.name,
            title=written.title,
            text=written.text,
            tlp=tlp.label(marked).value,
            state=UpdateState.DRAFT,
            version=1,
            authors=(str(actor),),
            created_at=now,
            changed_at=now,
        )
        rows.add(connection, made)
        _enter(connection, made, "drafted", actor, now)
    return Told(update=made, incident=about)


def need_reach(label: str, group: Group) -> None:
    """Raises `Unacceptable` where what bears this label may not go as far as the group."""
    if problem := tlp.refusal(label, group.reach):
        raise Unacceptable(
            f"group {group.name}: {problem}; where nothing in it is as confidential, give the update a label that may"
        )


def show(desk: Desk, actor: Actor, name: str) -> Told:
    """An update with its deliveries and every attempt. Raises `NotFound`, `Unacceptable`."""
    with named_errors(), desk.store.engine.begin() as connection:
        found, about = _found(connection, actor, name)
        deliveries = rows.deliveries(connection, found.id)
        return Told(update=found, incident=about, deliveries=deliveries, attempts=rows.attempts(connection, found.id))


def listing(
    desk: Desk, actor: Actor, *, incident: str = "", state: str = "", after: str = "", limit: int = 50
) -> tuple[Told, ...]:
    """Updates of incidents that `actor` may see, the newest first, from behind the id `after`."""
    if state and state not in set(UpdateState):
        near = difflib.get_close_matches(state, [each.value for each in UpdateState], n=1, cutoff=0)
        raise Unacceptable(f"no state {state[:30]!r}; did you mean {near[0]!r}? States: {', '.join(UpdateState)}")
    with named_errors(), desk.store.engine.begin() as connection:
        wanted = incidents.look_up(connection, incident, actor).id if incident else None
        return _visible(connection, actor, wanted, state or None, after, limit)


def _visible(
    connection: Connection, actor: Actor, incident: str | None, state: str | None, after: str, limit: int
) -> tuple[Told, ...]:
    found: list[Told] = []
    known: dict[str, Incident | None] = {}
    while len(found) < limit:
        part = rows.find(connection, incident=incident, state=state, after=after, limit=limit)
        for each in part:
            if each.incident not in known:
                known[each.incident] = _seen(connection, actor, each.incident)
            if (about := known[each.incident]) is not None:
                found.append(Told(update=each, incident=about))
        if len(part) < limit:
            break
        after = part[-1].id
    return tuple(found[:limit])


def _seen(connection: Connection, actor: Actor, incident: str) -> Incident | None:
    try:
        return incidents.look_up(connection, incident, actor)
    except NotFound:
        return None


def edit(  # noqa: PLR0913 - what may be changed; all but three by name
    desk: Desk,
    actor: Actor,
    name: str,
    *,
    title: str | None = None,
    text: str | None = None,
    label: str | None = None,
    expected: int | None = None,
) -> Told:
    """Write a draft anew: whoever does is one of its authors. Raises `WrongState` for what is no draft."""

    def change(before: Update) -> Update:
        if before.state is not UpdateState.DRAFT:
            raise WrongState(f"the update is {before.state}: have it changed back to a draft before you write in it")
        written = texts.checked(before.title if title is None else title, before.text if text is None else text)
        authors = before.authors if str(actor) in before.authors else (*before.authors, str(actor))
        marked = before.tlp if label is None else _label(label)
        return replace(before, title=written.title, text=written.text, tlp=marked, authors=authors)

    return _changed(desk, actor, name, "edited", change, expected)


def _label(text: str) -> str:
    try:
        return tlp.label(text).value
    except ValueError as error:
        raise Unacceptable(str(error)) from None


def submit(desk: Desk, actor: Actor, name: str, *, expected: int | None = None) -> Told:
    """Have a draft reviewed. Raises `WrongState`."""
    return _changed(desk, actor, name, "submitted", lambda was: _after(was, "submit", actor), expected)


def ask_changes(desk: Desk, actor: Actor, name: str, *, reason: str, expected: int | None = None) -> Told:
    """Send it back to its author, with a reason. Raises `WrongState`, `Unacceptable`."""
    why = _reason(reason)
    return _changed(desk, actor, name, "changes_asked", lambda was: _after(was, "change", actor, why), expected)


def withdraw(desk: Desk, actor: Actor, name: str, *, reason: str, expected: int | None = None) -> Told:
    """Never send it, with a reason. Raises `WrongState`, `Unacceptable`."""
    why = _reason(reason)
    return _changed(desk, actor, name, "withdrawn", lambda was: _after(was, "withdraw", actor, why), expected)


def approve(desk: Desk, actor: Actor, file: ChannelFile, name: str, *, expected: int | None = None) -> Told:
    """Approve it. Raises `NotAllowed` for whoever wrote any of it, `WrongState`, `Unacceptable`."""

    def change(before: Update) -> Update:
        need_reach(before.tlp, group_of(file, before.group))
        return replace(_after(before, "approve", actor), approver=str(actor))

    return _changed(desk, actor, name, "approved", change, expected)


def send(
    desk: Desk, actor: Actor, file: ChannelFile, name: str, *, channels_are_safe: bool, expected: int | None = None
) -> Told:
    """
    Have an approved update sent to everybody in its group.

    `channels_are_safe`: the sender says that the channels are not in the attacker's hands. What failed before is tried
    again; who was told is not told twice. Raises `Unacceptable`, `WrongState`.
    """
    if not channels_are_safe:
        raise Unacceptable("say that the channels are safe: not taken over, and not read by the attacker")
    now = desk.clock()
    with named_errors(), desk.store.engine.begin() as connection:
        incidents.hold(connection)
        before, about = _found(connection, actor, name)
        _need_version(before, expected)
        to = group_of(file, before.group)
        need_reach(before.tlp, to)
        _need_untold(connection, before)
        after = replace(_after(before, "send", actor), sender=str(actor))
        after = _write(connection, before, after, "sending", actor, now)
        rows.queue(connection, _deliveries(after, to, now))
        deliveries = rows.deliveries(connection, after.id)
    desk.ring()
    return Told(update=after, incident=about, deliveries=deliveries)


def _need_untold(connection: Connection, update: Update) -> None:
    """Raises `WrongState` for what was sent to everybody."""
    if update.state is UpdateState.SENT and all(each.state.is_taken for each in rows.deliveries(connection, update.id)):
        raise WrongState("the update was sent to everybody in its group")


def postpone(  # noqa: PLR0913 - what a postponement consists of; all but two by name
    desk: Desk, actor: Actor, *, incident: str, group: str, until: float, reason: str, expected: int | None = None
) -> Incident:
    """The next update to a group is due later, with a reason. Raises `Unacceptable`, `NotFound`, `WrongState`."""
    why = _reason(reason)
    audience = bounded("the group", group, LONGEST_NAME)
    if until <= desk.clock():
        raise Unacceptable("an update is postponed to a time that is still to come")

    def step(before: Incident) -> tuple[UpdatePostponed]:
        need_open(before)
        return (UpdatePostponed(audience=audience, until=until, reason=why),)

    return change_incident(desk, actor, incident, step, expected=expected)


def _reason(text: str) -> str:
    return bounded("the reason", text.replace("\x00", ""), LONGEST_REASON)


def _deliveries(update: Update, group: Group, now: float) -> tuple[Delivery, ...]:
    return tuple(
        Delivery(update=update.id, position=position, channel=each.channel, address=each.address, due_at=now)
        for position, each in enumerate(group.to)
    )


def _after(was: Update, move: str, actor: Actor, note: str = "") -> Update:
    return replace(was, state=moved(was, move, actor, reason=note), note=note)


def _changed(
    desk: Desk, actor: Actor, name: str, what: str, change: Callable[[Update], Update], expected: int | None
) -> Told:
    now = desk.clock()
    with named_errors(), desk.store.engine.begin() as connection:
        incidents.hold(connection)
        before, about = _found(connection, actor, name)
        _need_version(before, expected)
        after = _write(connection, before, change(before), what, actor, now)
        return Told(update=after, incident=about, deliveries=rows.deliveries(connection, after.id))


def _need_version(update: Update, expected: int | None) -> None:
    if expected is not None and update.version != expected:
        raise Outdated(f"the update was changed meanwhile: it is at {update.version}, not {expected}; look again")


def _write(connection: Connection, before: Update, after: Update, what: str, actor: Actor, now: float) -> Update:
    written = replace(after, version=before.version + 1, changed_at=now)
    rows.change(connection, written, before.version)
    _enter(connection, written, what, actor, now)
    return written


def _found(connection: Connection, actor: Actor, name: str) -> tuple[Update, Incident]:
    """The update, by its id or as INCIDENT/NUMBER, if its incident is there for `actor`. Raises `NotFound`."""
    incident, slash, number = name.rpartition("/")
    if slash:
        about = incidents.look_up(connection, incident, actor)
        return rows.numbered(connection, about.id, _number(number)), about
    found = rows.load(connection, name)
    if (seen := _seen(connection, actor, found.incident)) is None:
        raise NotFound(f"there is no update {name[:50]!r}")
    return found, seen


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER):
        raise Unacceptable("an update is named by its id, or as INCIDENT/NUMBER, such as INC-2026-0042/1")
    return int(text)


def _enter(connection: Connection, update: Update, what: str, actor: Actor, now: float) -> None:
    data = {
        "update": update.id,
        "incident": update.incident,
        "number": update.number,
        "group": update.group,
        "state": update.state.value,
        "version": update.version,
        "tlp": update.tlp,
        "note": update.note,
    }
    entry = Draft(stream=AUDIT, kind=f"update_{what}", actor=actor, occurred_at=now, data=data)
    journal.append(connection, (entry,), now=now)
