"""The suite that every kind of channel inherits: what it sends, what it makes of answers, what it lets nobody do."""

import re
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.model.priority import Priority
from tocsin.respond.channels.catalogue import kinds
from tocsin.respond.channels.channel import Channel, Judges, Place, Receipt, Renders
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.channels.sending import HttpAnswer, HttpRequest, Sending
from tocsin.respond.message import Message, MessageKind

CHANNELS = [pytest.param(channel, id=name) for name, channel in kinds().items()]
RENDERS = [
    pytest.param(channel, example, id=f"{name}: {example.says}")
    for name, channel in kinds().items()
    for example in channel.examples
    if isinstance(example, Renders)
]
JUDGES = [
    pytest.param(channel, example, id=f"{name}: {example.says}")
    for name, channel in kinds().items()
    for example in channel.examples
    if isinstance(example, Judges)
]
HTTP = [
    pytest.param(channel, id=name)
    for name, channel in kinds().items()
    if isinstance(next(e.sends for e in channel.examples if isinstance(e, Renders)), HttpRequest)
]
ATTACK = (
    'Free\r\nBcc: thief@evil.example\r\n\r\n<script>alert(1)</script><img src=x onerror="x()"> <!channel> <@U1> '
    "<at>a</at> "
    "@everyone @here @room *b* _i_ [x](javascript:alert(1)) `c` ]] \\\" ' https://claim.evil.example/ evil.example "
    "</Say><Hangup/><Dial>1</Dial>&amp; \x1b[2J\x00\x7f \u202egnp.exe\u2066 \u200b \u2028 \ud800 end"
)
HOSTILE = replace(PAGE, title=ATTACK, text=ATTACK, facts=((ATTACK, ATTACK),), subject=ATTACK, key="page-8")
LONG = replace(
    PAGE, title="T" * 5_000, text="t & < \u00e9\U0001f4a5\n" * 20_000, facts=((("N" * 900), "V" * 900),) * 50
)
UNSEEN = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2066-\u2069\ud800-\udfff]")


def first(channel: Channel) -> Renders:
    return next(example for example in channel.examples if isinstance(example, Renders))


def sent(channel: Channel, message: Message) -> Sending:
    example = first(channel)
    return channel.sending(message, example.settings, example.place)


def content(sending: Sending) -> bytes:
    """All that is sent, as bytes."""
    values = [getattr(sending, each.name) for each in fields(sending)]
    return b"\0".join(value if isinstance(value, bytes) else str(value).encode() for value in values)


@pytest.mark.parametrize(("channel", "example"), RENDERS)
def test_exactly_this_is_sent(channel: Channel, example: Renders) -> None:
    assert channel.sending(example.message, example.settings, example.place) == example.sends


@pytest.mark.parametrize(("channel", "example"), JUDGES)
def test_an_answer_means_this(channel: Channel, example: Judges) -> None:
    if isinstance(example.gives, Receipt):
        assert channel.judge(example.answer) == example.gives
        return
    with pytest.raises(example.gives) as raised:
        channel.judge(example.answer)
    if isinstance(raised.value, ChannelBusy):
        assert raised.value.retry_after_seconds == example.retry_after_seconds
        assert raised.value.may_have_taken is example.may_have_taken


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_attackers_write_does_nothing(channel: Channel) -> None:
    sending = sent(channel, HOSTILE)
    said = content(sending)
    for harm in (*channel.harms, b"https://claim.evil.example", b"evil.example/"):
        assert harm not in said, harm
    for value in (getattr(sending, each.name) for each in fields(sending)):
        text = value.decode() if isinstance(value, bytes) else str(value)
        assert not UNSEEN.search(text)


@pytest.mark.parametrize("channel", CHANNELS)
def test_an_update_may_name_pages_since_people_wrote_it(channel: Channel) -> None:
    if channel.id == "pagerduty":
        with pytest.raises(ChannelRefused, match="updates on another channel"):
            sent(channel, replace(PAGE, kind=MessageKind.UPDATE))
    elif channel.id != "voice":
        update = replace(PAGE, kind=MessageKind.UPDATE, text="See status.bank.example")
        assert b"status.bank.example" in content(sent(channel, update)).replace(b"\\\\", b"")


@pytest.mark.parametrize("channel", CHANNELS)
def test_too_long_a_message_is_cut_and_keeps_priority_and_link(channel: Channel) -> None:
    sending = sent(channel, LONG)
    said = content(sending)
    if channel.limit:
        assert channel.limit.measure(sending) <= channel.limit.most
    assert b"P1" in said
    if channel.id != "voice":
        assert b"dG9rZW4" in said


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_must_be_seen_first_is_there(channel: Channel) -> None:
    said = content(sent(channel, replace(PAGE, kind=MessageKind.TEST, is_exercise=True, may_be_repeat=True)))
    marks = (b"exercise", b"test") if channel.id == "webhook" else (b"EXERCISE", b"TEST")
    assert all(mark in said for mark in marks)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_wrong_address_is_refused_with_what_is_right(channel: Channel) -> None:
    example = first(channel)
    for address in ("\r\nBcc: a@b.example", "\x00", "x" * 5_000):
        with pytest.raises(ChannelRefused, match=re.escape(channel.address.says)):
            channel.sending(PAGE, example.settings, replace(example.place, address=address))


@pytest.mark.parametrize("channel", HTTP)
@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410, 413, 422])
def test_every_service_that_says_no_is_not_asked_again(channel: Channel, status: int) -> None:
    with pytest.raises(ChannelRefused):
        channel.judge(HttpAnswer(status=status, body=b"{}"))


@pytest.mark.parametrize("channel", HTTP)
@pytest.mark.parametrize(
    ("status", "may_have_taken"), [(408, False), (429, False), (500, True), (502, True), (503, False)]
)
def test_every_service_in_trouble_is_asked_again(channel: Channel, status: int, may_have_taken: bool) -> None:
    with pytest.raises(ChannelBusy) as busy:
        channel.judge(HttpAnswer(status=status, headers={"retry-after": "9"}))
    assert busy.value.may_have_taken is may_have_taken
    assert busy.value.retry_after_seconds == (9.0 if status in {408, 429, 503} else 0.0)


@pytest.mark.parametrize("channel", HTTP)
@given(
    body=st.one_of(
        st.binary(max_size=60),
        st.sampled_from(
            [b"[[[[", b'{"ok":1}', b'{"retry_after":"x"}', b'{"ok":true,"result":[]}', b'{"parameters":3}', b"9"]
        ),
    ),
    status=st.sampled_from([200, 202, 204, 299, 400, 429, 500]),
    headers=st.dictionaries(st.sampled_from(["retry-after", "date", "x-request-id"]), st.text(max_size=30)),
)
def test_nonsense_in_an_answer_is_judged_and_never_crashes(
    channel: Channel, body: bytes, status: int, headers: dict[str, str]
) -> None:
    outcome: Receipt | ChannelBusy | None = None
    with suppress(ChannelRefused):
        try:
            outcome = channel.judge(HttpAnswer(status=status, headers=headers, body=body))
        except ChannelBusy as busy:
            outcome = busy
    assert not isinstance(outcome, ChannelBusy) or 0 <= outcome.retry_after_seconds <= 3_600
    assert not isinstance(outcome, Receipt) or outcome.provider_id.isprintable()


@pytest.mark.parametrize("channel", CHANNELS)
@given(text=st.text(max_size=80), kind=st.sampled_from(MessageKind), priority=st.sampled_from(Priority))
def test_any_text_is_sent_the_same_way_twice(
    channel: Channel, text: str, kind: MessageKind, priority: Priority
) -> None:
    """Rendering is a function: the same message at the same time is the same bytes, whatever is in it."""
    message = replace(PAGE, title=text, text=text, facts=((text, text),), kind=kind, priority=priority)
    example = first(channel)
    place = Place(address=example.place.address, now=NOW, thread=example.place.thread)
    outcomes: list[Any] = []
    for _ in range(2):
        try:
            outcomes.append(channel.sending(message, example.settings, place))
        except ChannelRefused as refused:
            outcomes.append(str(refused))
    assert outcomes[0] == outcomes[1]


def test_there_is_one_for_everything_the_issue_names() -> None:
    named = "email slack teams telegram discord pagerduty opsgenie matrix webhook syslog sms voice apprise"
    assert set(named.split()) <= set(kinds())
