"""Stakeholders are told what somebody else approved, once each, and never more than may reach them."""

import asyncio
import json

import pytest
from publishing import ADA, BEGIN, BO, ROBOT, Newsroom

from channel_servers import answer, drop
from tocsin.app.incidents.incidents import show as show_incident
from tocsin.app.telling import updates
from tocsin.edge.store import journal
from tocsin.model.errors import NotAllowed, NotFound, Outdated, Unacceptable, WrongState
from tocsin.respond.incident.events import UpdatePublished, event
from tocsin.respond.updates.update import DeliveryState, UpdateState


def published(room: Newsroom, incident: str) -> list[UpdatePublished]:
    entries = journal.stream(room.store.engine, f"incident:{incident}")
    return [told for told in map(event, entries) if isinstance(told, UpdatePublished)]


def test_an_update_is_drafted_reviewed_approved_and_told_to_everybody_in_its_group(room: Newsroom) -> None:
    incident = room.incident()
    draft = room.draft(incident, next_update=BEGIN + 3_600)
    assert draft.update.title == "The bank is empty: we are looking into it"
    assert "Deposits are paused." in draft.update.text
    assert "We write again by 21 September 2026, 15:13 UTC." in draft.update.text

    name = f"{incident.number}/1"
    updates.submit(room.desk, ADA, name)
    updates.approve(room.desk, BO, room.file, name)
    assert room.send(name).update.state is UpdateState.SENDING
    room.turn()

    told = room.show(name)
    assert told.update.state is UpdateState.SENT
    assert [each.state for each in told.deliveries] == [DeliveryState.SENT, DeliveryState.DELIVERED]
    assert [(each.attempt, each.outcome) for each in told.attempts] == [(1, "sent"), (1, "delivered")]
    (mail,), (post,) = room.mail.received, room.http.requests
    assert mail.recipients == ["customers@lists.bank.example"]
    assert mail.message["Subject"] == "[UPDATE] The bank is empty: we are looking into it"
    assert "Deposits are paused." in mail.text
    assert json.loads(post.body)["data"]["address"] == "status-page"
    (entry,) = published(room, incident.id)
    assert (entry.audience, entry.channels, entry.tlp) == ("customers", ("post", "hook"), "amber")
    assert [each.audience for each in show_incident(room.desk, ADA, incident.id).updates] == ["customers"]


def test_whoever_wrote_any_of_it_does_not_approve_it(room: Newsroom) -> None:
    name = room.draft(room.incident()).update.id
    updates.edit(room.desk, BO, name, text="Withdrawals are paused too.")
    updates.submit(room.desk, ADA, name)
    for author in (ADA, BO):
        with pytest.raises(NotAllowed, match="does not approve it"):
            updates.approve(room.desk, author, room.file, name)
    with pytest.raises(NotAllowed, match="only a person"):
        updates.approve(room.desk, ROBOT, room.file, name)
    assert room.show(name).update.state is UpdateState.REVIEW


def test_what_is_not_approved_is_not_sent(room: Newsroom) -> None:
    name = room.draft(room.incident()).update.id
    with pytest.raises(WrongState, match="it cannot send; possible: submit, withdraw"):
        room.send(name)
    with pytest.raises(Unacceptable, match="channels are safe"):
        updates.send(room.desk, BO, room.file, name, channels_are_safe=False)
    room.turn()
    assert not room.mail.received


def test_changes_are_asked_for_with_a_reason_and_it_is_approved_anew(room: Newsroom) -> None:
    name = room.approved(room.incident())
    with pytest.raises(Unacceptable, match="reason"):
        updates.ask_changes(room.desk, BO, name, reason=" ")
    updates.ask_changes(room.desk, BO, name, reason="Say which deposits.")
    assert room.show(name).update.note == "Say which deposits."
    with pytest.raises(WrongState):
        room.send(name)
    updates.edit(room.desk, ADA, name, title="The bank", text="ETH deposits are paused.")
    updates.submit(room.desk, ADA, name)
    with pytest.raises(WrongState, match="have it changed back to a draft"):
        updates.edit(room.desk, ADA, name, text="Something else.")
    updates.approve(room.desk, BO, room.file, name)


def test_two_who_decide_at_once_decide_once(room: Newsroom) -> None:
    told = room.draft(room.incident())
    updates.submit(room.desk, ADA, told.update.id, expected=told.update.version)
    with pytest.raises(Outdated, match="it is at 2, not 1"):
        updates.withdraw(room.desk, BO, told.update.id, reason="No.", expected=told.update.version)


LABELS = (
    ("public", "amber", "TLP:AMBER is for the organisation and its clients only"),
    ("public", "green", "TLP:GREEN is for the community only"),
    ("public", "clear", ""),
    ("customers", "amber+strict", r"TLP:AMBER\+STRICT is for people of the organisation only"),
    ("customers", "amber", ""),
    ("executives", "amber+strict", ""),
    ("executives", "red", "named persons only"),
    ("executives", "purple", "no TLP 2.0 label; did you mean"),
)


def test_a_label_goes_as_far_as_it_may_and_no_further(room: Newsroom) -> None:
    incident = room.incident()
    for group, label, refused in LABELS:
        if not refused:
            assert room.draft(incident, group, label=label).update.tlp == label
            continue
        with pytest.raises(Unacceptable, match=refused):
            room.draft(incident, group, label=label)


def test_a_label_that_is_raised_in_the_draft_is_held_against_the_group_again(room: Newsroom) -> None:
    name = room.draft(room.incident(), "public", label="clear").update.id
    updates.edit(room.desk, ADA, name, label="red")
    updates.submit(room.desk, ADA, name)
    with pytest.raises(Unacceptable, match="may not go to the public"):
        updates.approve(room.desk, BO, room.file, name)


def test_of_a_restricted_incident_only_the_codename_is_told(room: Newsroom) -> None:
    incident = room.incident(is_restricted=True, codename="Blue Heron")
    told = room.draft(incident, "executives")
    whole = told.update.title + told.update.text
    assert "Blue Heron" in whole
    assert "bank" not in whole
    assert "Reentrancy" not in whole
    assert "xploit" not in whole


def test_an_update_of_a_restricted_incident_is_not_there_for_others(room: Newsroom) -> None:
    hidden = room.draft(room.incident(is_restricted=True, codename="Blue Heron"), "executives").update
    shown = room.draft(room.incident(), "executives").update
    with pytest.raises(NotFound):
        updates.show(room.desk, BO, hidden.id)
    assert [each.update.id for each in updates.listing(room.desk, BO)] == [shown.id]
    assert [each.update.id for each in updates.listing(room.desk, ADA)] == [shown.id, hidden.id]


def test_a_recipient_who_cannot_be_told_is_tried_again_and_the_others_are_told_once(room: Newsroom) -> None:
    incident = room.incident()
    room.http.tricks = [drop, answer(429, Retry_After="100")]
    name = room.approved(incident)
    room.send(name)
    room.turn()

    assert [each.audience for each in published(room, incident.id)] == ["customers"]
    assert published(room, incident.id)[0].channels == ("post",)
    assert "the connection broke" in room.alerts()[0]
    room.clock.now += 15
    room.turn()
    assert room.show(name).update.state is UpdateState.SENDING
    room.clock.now += 99
    room.turn()
    assert len(room.http.requests) == 2
    room.clock.now += 1
    room.turn()

    told = room.show(name)
    assert told.update.state is UpdateState.SENT
    assert len(room.mail.received) == 1
    bodies = [json.loads(request.body)["data"]["may_be_repeat"] for request in room.http.requests]
    assert bodies == [False, True, True]
    assert [each.outcome for each in told.attempts if each.position == 1] == ["busy", "busy", "delivered"]
    assert len(published(room, incident.id)) == 1
    assert not room.alerts()


def test_what_nobody_took_failed_and_may_be_sent_again(room: Newsroom) -> None:
    incident = room.incident()
    room.mail.refused = {"customers@lists.bank.example"}
    room.http.tricks = [answer(404)]
    name = room.approved(incident)
    room.send(name)
    room.turn()
    told = room.show(name)
    assert told.update.state is UpdateState.FAILED
    assert "no such mailbox" in told.update.note
    assert "HTTP status 404" in told.update.note
    assert not published(room, incident.id)
    assert room.alerts()

    room.mail.refused = set()
    room.send(name)
    room.turn()
    assert room.show(name).update.state is UpdateState.SENT
    assert not room.alerts()


def test_who_could_not_be_told_is_told_when_it_is_sent_again_and_nobody_else(room: Newsroom) -> None:
    incident = room.incident()
    room.http.tricks = [answer(404)]
    name = room.approved(incident)
    room.send(name)
    room.turn()
    assert room.show(name).update.state is UpdateState.SENT
    assert "HTTP status 404" in room.show(name).update.note

    room.send(name)
    room.turn()
    assert [each.state.is_taken for each in room.show(name).deliveries] == [True, True]
    assert len(room.mail.received) == 1
    assert len(published(room, incident.id)) == 1
    with pytest.raises(WrongState, match="sent to everybody"):
        room.send(name)


def test_a_process_that_is_killed_while_it_sends_leaves_a_delivery_that_is_told_again_as_a_repeat(
    room: Newsroom,
) -> None:
    name = room.approved(room.incident(), "executives")
    room.send(name)
    room.publisher._claim()

    room.turn()
    assert not room.mail.received
    room.clock.now += 180
    room.turn()
    (mail,) = room.mail.received
    assert "May be a repeat" in mail.text
    assert [each.outcome for each in room.show(name).attempts] == ["sending", "sent"]


def test_two_publishers_tell_everybody_once(room: Newsroom) -> None:
    for _ in range(3):
        room.send(room.approved(room.incident()))

    async def both() -> None:
        await asyncio.gather(room.publisher.once(), room.publisher.once())

    asyncio.run(both())
    room.turn()
    assert len(room.mail.received) == 3
    assert len(room.http.requests) == 3


def test_a_test_of_an_exercise_says_that_it_is_one(room: Newsroom) -> None:
    room.send(room.approved(room.incident(exercise="drill-1")))
    room.turn()
    assert room.mail.received[0].message["Subject"].strip().startswith("[EXERCISE] [UPDATE] ")


def test_the_next_update_is_postponed_with_a_reason(room: Newsroom) -> None:
    incident = room.incident()
    updates.postpone(
        room.desk, ADA, incident=incident.number, group="customers", until=BEGIN + 60, reason="Nothing is new."
    )
    entries = journal.stream(room.store.engine, f"incident:{incident.id}")
    assert entries[-1].kind == "update_postponed"
    assert entries[-1].data == {"audience": "customers", "until": BEGIN + 60, "reason": "Nothing is new."}
    for until, reason in ((BEGIN - 1, "x"), (BEGIN + 1, "")):
        with pytest.raises(Unacceptable):
            updates.postpone(room.desk, ADA, incident=incident.id, group="customers", until=until, reason=reason)


def test_every_step_is_in_the_audit(room: Newsroom) -> None:
    name = room.approved(room.incident())
    room.send(name)
    entries = journal.stream(room.store.engine, "audit")
    assert [(entry.kind, str(entry.actor)) for entry in entries if entry.data.get("update") == name] == [
        ("update_drafted", "user:ada"),
        ("update_submitted", "user:ada"),
        ("update_approved", "user:bo"),
        ("update_sending", "user:bo"),
    ]


def test_the_nearest_group_and_update_are_named(room: Newsroom) -> None:
    incident = room.incident()
    with pytest.raises(NotFound, match="did you mean 'customers'"):
        room.draft(incident, "custmers")
    with pytest.raises(NotFound, match="has no update 7"):
        room.show(f"{incident.number}/7")
    with pytest.raises(Unacceptable, match="INCIDENT/NUMBER"):
        room.show(f"{incident.number}/x")
