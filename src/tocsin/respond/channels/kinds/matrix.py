"""
Matrix, by an account on any home server.

## What it needs

`home_server`, and `token` of an account that is in the rooms. The address is the id of a room, such as
`!abc:example.org`. Rooms must not be encrypted: tocsin does not encrypt from end to end.

## What it shows

Heading, text, facts, links. Text from elsewhere is escaped, and the message says that it mentions nobody. Messages of
one subject are one thread.

## Receipts

In the room, with the id of the event. A repeat changes nothing: the key of the message is the id of the transaction,
and the home server answers with the same event.

## Blind spots

Nobody is woken where the room is muted.

Sources: spec.matrix.org, client-server API v1.11: PUT /rooms/{roomId}/send/{eventType}/{txnId} (the same transaction id
is the same event), m.mentions, threads, M_LIMIT_EXCEEDED with `retry_after_ms`, events of at most 65,536 bytes.
"""

import hashlib
import html
from dataclasses import dataclass
from typing import Any

from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.model.setting import Secret, setting
from tocsin.respond.channels.answers import bounded, check, compact, fields, retry_after, text_field
from tocsin.respond.channels.channel import AddressForm, Channel, Judges, Limit, Place, Receipt, Renders
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.channels.sending import HttpAnswer, HttpRequest
from tocsin.respond.channels.wording import fit, heading, links, notes, percent, plain
from tocsin.respond.message import Message

LARGEST_BYTES = 60_000
"""The limit of an event with room for what the server adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """An account."""

    home_server: str = setting("The URL of the home server, such as https://matrix.example.org.")
    token: Secret = setting("The access token of the account.")  # noqa: RUF009 - frozen


def _page(message: Message) -> str:
    rows = "<br>".join(f"{html.escape(name)}: {html.escape(value)}" for name, value in message.facts)
    opens = " ".join(f'<a href="{html.escape(address)}">{name}</a>' for name, address in links(message))
    paragraphs = [
        html.escape(message.text).replace("\n", "<br>"),
        rows,
        opens,
        "<br>".join(map(html.escape, notes(message))),
    ]
    return f"<h4>{html.escape(heading(message))}</h4>" + "".join(f"<p>{each}</p>" for each in paragraphs if each)


def _content(message: Message, thread: str) -> bytes:
    content: dict[str, Any] = {
        "msgtype": "m.text",
        "body": f"{heading(message)}\n\n{plain(message)}",
        "format": "org.matrix.custom.html",
        "formatted_body": _page(message),
        "m.mentions": {},
    }
    if thread:
        content["m.relates_to"] = {
            "rel_type": "m.thread",
            "event_id": thread,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": thread},
        }
    return compact(content)


def render(message: Message, settings: Settings, place: Place) -> HttpRequest:
    """The event, put under the message's key."""
    body = fit(message, lambda shorter: _content(shorter, place.thread), len, LARGEST_BYTES)
    transaction = hashlib.sha256(message.key.encode()).hexdigest()[:32]
    path = f"/_matrix/client/v3/rooms/{percent(place.address)}/send/m.room.message/{transaction}"
    headers = (("Content-Type", "application/json"), ("Authorization", f"Bearer {settings.token.reveal}"))
    return HttpRequest(method="PUT", url=settings.home_server.rstrip("/") + path, headers=headers, body=body)


def judge(answer: HttpAnswer) -> Receipt:
    """Too many messages: the body says for how long, in milliseconds."""
    if answer.status == 429:
        wait = fields(answer).get("retry_after_ms")
        seconds = bounded(wait / 1_000) if isinstance(wait, int) else retry_after(answer)
        raise ChannelBusy("the home server wants a pause", retry_after_seconds=seconds)
    check(answer)
    event = text_field(answer, "event_id")
    return Receipt(provider_id=event, thread=event)


CHANNEL = Channel(
    id="matrix",
    settings=Settings,
    address=AddressForm(
        says="the id of a room, such as !abc:example.org", pattern=r"![\w.=/+-]{1,120}(:[\w.:\[\]-]{1,120})?"
    ),
    render=render,
    judge=judge,
    follows_up=True,
    has_threads=True,
    limit=Limit(says="60,000 bytes of content", most=LARGEST_BYTES, measure=lambda sent: len(sent.body)),
    examples=(
        Renders(
            says="a page in the thread of its subject",
            message=PAGE,
            settings=Settings(home_server="https://matrix.example.org", token=Secret("syt_1")),
            place=Place(address="!abc:example.org", now=NOW, thread="$first"),
            sends=HttpRequest(
                method="PUT",
                url=(
                    "https://matrix.example.org/_matrix/client/v3/rooms/%21abc%3Aexample.org"
                    "/send/m.room.message/f6b5f3c207e3ce9697a1da842b63cbb8"
                ),
                headers=(("Content-Type", "application/json"), ("Authorization", "Bearer syt_1")),
                body=(
                    b'{"msgtype":"m.text","body":"P1 critical: Reentrancy drains the bank\\n\\n1,200 ETH lef'
                    b"t in 3 transactions.\\nThe pause is ready.\\n\\nChain: Ethereum\\nBlock: 21,000,000\\n\\nA"
                    b"cknowledge: https://tocsin.example.org/ack/dG9rZW4\\nOpen: https://tocsin.example.org"
                    b'/incidents/INC-2026-0042\\nTLP:AMBER","format":"org.matrix.custom.html","formatted_bo'
                    b'dy":"<h4>P1 critical: Reentrancy drains the bank</h4><p>1,200 ETH left in 3 transact'
                    b"ions.<br>The pause is ready.</p><p>Chain: Ethereum<br>Block: 21,000,000</p><p><a hre"
                    b'f=\\"https://tocsin.example.org/ack/dG9rZW4\\">Acknowledge</a> <a href=\\"https://tocsi'
                    b'n.example.org/incidents/INC-2026-0042\\">Open</a></p><p>TLP:AMBER</p>","m.mentions":{'
                    b'},"m.relates_to":{"rel_type":"m.thread","event_id":"$first","is_falling_back":true,"'
                    b'm.in_reply_to":{"event_id":"$first"}}}'
                ),
            ),
        ),
        Judges(
            says="in the room",
            answer=HttpAnswer(status=200, body=b'{"event_id":"$x:example.org"}'),
            gives=Receipt(provider_id="$x:example.org", thread="$x:example.org"),
        ),
        Judges(
            says="too many messages",
            answer=HttpAnswer(status=429, body=b'{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2000}'),
            gives=ChannelBusy,
            retry_after_seconds=2.0,
        ),
        Judges(says="an account that is not in the room", answer=HttpAnswer(status=403), gives=ChannelRefused),
    ),
)
