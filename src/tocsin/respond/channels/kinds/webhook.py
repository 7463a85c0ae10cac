"""
A signed HTTP POST to a program of yours: what to build anything on that is not here.

## What it needs

A URL, and a key of 16 characters or more that the receiving program knows too. To change the key, set the new one as
`key` and the old one as `previous_key`: requests are signed with both until you take the old one away.

## What it shows

A CloudEvents 1.0 envelope in structured mode (CNCF, cloudevents/spec 1.0.2): `id` is the key of the message, `type`
is `tocsin.message.` and its kind, `subject` what it is about, `data` every field of it. The header
`Tocsin-Signature: t=SECONDS,v1=HEX` has, for each key, the HMAC-SHA-256 of SECONDS, a dot and the body. Check it
with a comparison in constant time, and refuse a SECONDS that is minutes old. `Idempotency-Key` is the key of the
message: a repeat has the same one.

## Receipts

A status from 200 to 299 means delivered: the receiver itself says that it has it. Its `X-Request-Id` is kept.

## Blind spots

The body is not encrypted beyond TLS. What the receiver does with it nobody here sees.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tocsin.model.setting import NO_SECRET, Secret, setting
from tocsin.respond.channels.answers import check, compact
from tocsin.respond.channels.channel import AddressForm, Channel, Judges, Place, Receipt, Renders
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.channels.sending import HttpAnswer, HttpRequest
from tocsin.respond.channels.wording import line
from tocsin.respond.message import Message

SHORTEST_KEY = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A signed webhook."""

    url: Secret = setting("Where to POST to; https, or http on your own network.")  # noqa: RUF009 - frozen
    key: Secret = setting("What signatures are made with: 16 or more characters.")  # noqa: RUF009 - frozen
    previous_key: Secret = setting("The key before, while the receiver may still use it.", NO_SECRET)  # noqa: RUF009 - frozen
    source: str = setting("What this tocsin is called in the envelope's `source`.", "tocsin")


def signature(keys: tuple[bytes, ...], seconds: int, body: bytes) -> str:
    """The signature header of a body at a time, for each of the keys."""
    signed = f"{seconds}.".encode() + body
    return ",".join((f"t={seconds}", *(f"v1={hmac.new(key, signed, hashlib.sha256).hexdigest()}" for key in keys)))


def event(message: Message, place: Place, source: str) -> dict[str, Any]:
    """The envelope around a message."""
    return {
        "specversion": "1.0",
        "id": message.key,
        "source": source,
        "type": f"tocsin.message.{message.kind}",
        "subject": message.subject,
        "time": datetime.fromtimestamp(int(place.now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "datacontenttype": "application/json",
        "data": {
            "address": place.address,
            "kind": message.kind.value,
            "title": message.title,
            "text": message.text,
            "priority": message.priority.value,
            "tlp": message.tlp,
            "facts": [{"name": name, "value": value} for name, value in message.facts],
            "link": message.link,
            "acknowledge_link": message.acknowledge_link,
            "may_be_repeat": message.may_be_repeat,
            "is_exercise": message.is_exercise,
        },
    }


def render(message: Message, settings: Settings, place: Place) -> HttpRequest:
    """The signed envelope."""
    body = compact(event(message, place, settings.source))
    keys = tuple(key.reveal.encode() for key in (settings.key, settings.previous_key) if key.reveal)
    headers = (
        ("Content-Type", "application/cloudevents+json; charset=UTF-8"),
        ("Idempotency-Key", message.key.encode("ascii", "replace").decode()),
        ("Tocsin-Signature", signature(keys, int(place.now), body)),
    )
    return HttpRequest(method="POST", url=settings.url.reveal, headers=headers, body=body)


def judge(answer: HttpAnswer) -> Receipt:
    """Whatever it answers, the status alone counts."""
    check(answer)
    return Receipt(provider_id=line(answer.headers.get("x-request-id", "")), is_delivered=True)


def wrong(settings: Settings) -> str:
    """A key that can be guessed signs nothing."""
    is_short = any(0 < len(key.reveal) < SHORTEST_KEY for key in (settings.key, settings.previous_key))
    return f"key is shorter than {SHORTEST_KEY} characters" if is_short or not settings.key.reveal else ""


CHANNEL = Channel(
    id="webhook",
    settings=Settings,
    address=AddressForm(
        says="any name the receiver knows the person by, up to 200 characters", pattern=r"[^\x00-\x1f\x7f]{0,200}"
    ),
    render=render,
    judge=judge,
    wrong=wrong,
    examples=(
        Renders(
            says="a page, signed with the new key and the old one",
            message=PAGE,
            settings=Settings(
                url=Secret("https://hooks.example.org/tocsin"),
                key=Secret("new-key-0123456789"),
                previous_key=Secret("old-key-0123456789"),
            ),
            place=Place(address="ada", now=NOW),
            sends=HttpRequest(
                method="POST",
                url="https://hooks.example.org/tocsin",
                headers=(
                    ("Content-Type", "application/cloudevents+json; charset=UTF-8"),
                    ("Idempotency-Key", "page-7"),
                    (
                        "Tocsin-Signature",
                        (
                            "t=1790000000,v1=2cd8ce93e0cc1b495ec3dc7588900110a514da620ed30e32aff89e"
                            "438483538d,v1=940a5690c5dfe18e975ae825ccc4bd8b2f640f70c8d07d66d1eda1f7"
                            "52ad716e"
                        ),
                    ),
                ),
                body=(
                    b'{"specversion":"1.0","id":"page-7","source":"tocsin","type":"tocsin.message.page","s'
                    b'ubject":"incident:INC-2026-0042","time":"2026-09-21T14:13:20Z","datacontenttype":"ap'
                    b'plication/json","data":{"address":"ada","kind":"page","title":"Reentrancy drains the'
                    b' bank","text":"1,200 ETH left in 3 transactions.\\nThe pause is ready.","priority":"P'
                    b'1","tlp":"amber","facts":[{"name":"Chain","value":"Ethereum"},{"name":"Block","value'
                    b'":"21,000,000"}],"link":"https://tocsin.example.org/incidents/INC-2026-0042","acknow'
                    b'ledge_link":"https://tocsin.example.org/ack/dG9rZW4","may_be_repeat":false,"is_exerc'
                    b'ise":false}}'
                ),
            ),
        ),
        Judges(
            says="any success is delivered",
            answer=HttpAnswer(status=204, headers={"x-request-id": "r-1"}),
            gives=Receipt(provider_id="r-1", is_delivered=True),
        ),
    ),
)
