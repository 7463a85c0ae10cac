"""
Discord, by a webhook of a channel.

## What it needs

`webhook`: the URL from the channel's settings, Integrations. It has its channel in it; the address is a name of your
choice, or the number of a thread in that channel.

## What it shows

An embed: heading, text, facts, links. Text from elsewhere is escaped, and no mention in it reaches anybody.

## Receipts

Posted, with the number of the message.

## Blind spots

Discord drops no repeats. A server that is open to the public shows its channels to whoever gets in.

Sources: discord.com/developers/docs: Execute Webhook (`wait`, `thread_id`, `allowed_mentions`), embed limits (title
256, description 4,096, all together 6,000 characters), rate limits (429 with `retry_after` seconds).
"""

import re
from dataclasses import dataclass
from typing import Any

from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.model.priority import Priority
from tocsin.model.setting import Secret, setting
from tocsin.respond.channels.answers import bounded, check, compact, fields, retry_after, text_field
from tocsin.respond.channels.channel import AddressForm, Channel, Judges, Limit, Place, Receipt, Renders
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.channels.sending import HttpAnswer, HttpRequest
from tocsin.respond.channels.wording import fit, heading, links, notes
from tocsin.respond.message import Message

LONGEST_TITLE = 256
LONGEST_DESCRIPTION = 4_096
LONGEST_EMBED = 6_000
_MARKS = re.compile(r"[\\`*_\[\]()<>#|~@]")
"""What formats, mentions or links in Discord's Markdown."""
_COLOURS = {Priority.P1: 0xB00020, Priority.P2: 0xD9730D, Priority.P3: 0xC29D0B, Priority.P4: 0x52606D}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A webhook."""

    webhook: Secret = setting("The URL of the webhook.")  # noqa: RUF009 - frozen


def escaped(text: str) -> str:
    """Text in which nothing acts."""
    return _MARKS.sub(r"\\\g<0>", text)


def _embed(message: Message) -> dict[str, Any]:
    facts = "\n".join(f"{escaped(name)}: {escaped(value)}" for name, value in message.facts)
    opens = "   ".join(f"[{name}]({address})" for name, address in links(message))
    return {
        "title": escaped(heading(message)),
        "description": "\n\n".join(filter(None, (opens, escaped(message.text), facts))),
        "color": _COLOURS[message.priority],
        "footer": {"text": "\n".join(notes(message))},
    }


def _excess(embed: dict[str, Any]) -> int:
    """By how much the worst part of an embed is too long; not above 0 where it fits."""
    title, description = len(embed["title"]), len(embed["description"])
    whole = title + description + len(embed["footer"]["text"])
    return max(title - LONGEST_TITLE, description - LONGEST_DESCRIPTION, whole - LONGEST_EMBED)


def render(message: Message, settings: Settings, place: Place) -> HttpRequest:
    """A post by the webhook."""
    post = {"embeds": [fit(message, _embed, _excess, 0)], "allowed_mentions": {"parse": []}}
    thread = f"&thread_id={place.address}" if place.address.isdecimal() else ""
    separator = "&" if "?" in settings.webhook.reveal else "?"
    url = f"{settings.webhook.reveal}{separator}wait=true{thread}"
    return HttpRequest(method="POST", url=url, headers=(("Content-Type", "application/json"),), body=compact(post))


def judge(answer: HttpAnswer) -> Receipt:
    """Too many posts: the body says for how long, in seconds."""
    if answer.status == 429:
        wait = fields(answer).get("retry_after")
        seconds = bounded(float(wait)) if isinstance(wait, int | float) else retry_after(answer)
        raise ChannelBusy("Discord wants a pause", retry_after_seconds=seconds)
    check(answer)
    return Receipt(provider_id=text_field(answer, "id"))


CHANNEL = Channel(
    id="discord",
    settings=Settings,
    address=AddressForm(says="any name, or the number of a thread in the webhook's channel", pattern=r"[\w.#-]{1,80}"),
    render=render,
    judge=judge,
    follows_up=True,
    limit=Limit(
        says="256 characters of title, 4,096 of description, 6,000 in all",
        most=0,
        measure=lambda sent: _excess(fields(HttpAnswer(status=200, body=sent.body))["embeds"][0]),
    ),
    harms=(b" @everyone", b" @here", b" <@", b"](javascript"),
    examples=(
        Renders(
            says="a page",
            message=PAGE,
            settings=Settings(webhook=Secret("https://discord.com/api/webhooks/1/abc")),
            place=Place(address="war-room", now=NOW),
            sends=HttpRequest(
                method="POST",
                url="https://discord.com/api/webhooks/1/abc?wait=true",
                headers=(("Content-Type", "application/json"),),
                body=(
                    b'{"embeds":[{"title":"P1 critical: Reentrancy drains the bank","description":"[Ackn'
                    b"owledge](https://tocsin.example.org/ack/dG9rZW4)   [Open](https://tocsin.example.org"
                    b"/incidents/INC-2026-0042)\\n\\n1,200 ETH left in 3 transactions.\\nThe pause is ready.\\"
                    b'n\\nChain: Ethereum\\nBlock: 21,000,000","color":11534368,"footer":{"text":"TLP:AMBER"'
                    b'}}],"allowed_mentions":{"parse":[]}}'
                ),
            ),
        ),
        Judges(says="posted", answer=HttpAnswer(status=200, body=b'{"id":"1170"}'), gives=Receipt(provider_id="1170")),
        Judges(
            says="too many posts",
            answer=HttpAnswer(status=429, body=b'{"message":"rate limited","retry_after":0.65,"global":false}'),
            gives=ChannelBusy,
            retry_after_seconds=0.65,
        ),
        Judges(says="a webhook that was taken away", answer=HttpAnswer(status=404), gives=ChannelRefused),
    ),
)
