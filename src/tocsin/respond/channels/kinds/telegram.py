"""
Telegram, by a bot.

## What it needs

`token` of a bot from @BotFather. A person must have started the bot once, a group must have it as a member. The
address is the number of the chat (negative for groups), with `/TOPIC` for a topic of a forum, or the @name of a
channel.

## What it shows

Heading, text, facts, links. Text from elsewhere stands in a block in which Telegram makes no links and mentions nobody.
Messages of one subject answer the first of them. Only pages, and P1 and P2, make a sound.

## Receipts

Posted, with the number of the message.

## Blind spots

Telegram drops no repeats. Bots' chats are not encrypted from end to end: keep confidential text out of it.

Sources: core.telegram.org/bots/api: sendMessage (4,096 characters after entities, counted in UTF-16), HTML style,
ResponseParameters (`retry_after`, `migrate_to_chat_id`).
"""

import html
from dataclasses import dataclass
from typing import Any

from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.model.priority import Priority
from tocsin.model.setting import Secret, setting
from tocsin.respond.channels.answers import bounded, check, compact, fields, retry_after, said
from tocsin.respond.channels.channel import AddressForm, Channel, Judges, Limit, Place, Receipt, Renders
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.channels.sending import HttpAnswer, HttpRequest
from tocsin.respond.channels.wording import fit, heading, links, notes
from tocsin.respond.message import Message, MessageKind

LONGEST_UTF16 = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A bot."""

    token: Secret = setting("The bot's token, such as 123456:ABC...")  # noqa: RUF009 - frozen
    api: str = setting("Where the bot API is; you may run one of your own.", "https://api.telegram.org")


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _text(message: Message) -> str:
    facts = "\n".join(f"{name}: {value}" for name, value in message.facts)
    blocks = [f"<pre>{html.escape(block)}</pre>" for block in (message.text, facts) if block]
    opens = "   ".join(f'<a href="{html.escape(address)}">{name}</a>' for name, address in links(message))
    # The heading stands in `code` for the same reason: no links, no mentions.
    first = f"<b><code>{html.escape(heading(message))}</code></b>"
    return "\n".join(filter(None, (first, *blocks, opens, *map(html.escape, notes(message)))))


def render(message: Message, settings: Settings, place: Place) -> HttpRequest:
    """A post to the chat."""
    chat, _, topic = place.address.partition("/")
    is_loud = message.kind is MessageKind.PAGE or message.priority in {Priority.P1, Priority.P2}
    post: dict[str, Any] = {
        "chat_id": chat,
        "text": fit(message, _text, _utf16, LONGEST_UTF16),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "disable_notification": not is_loud,
    }
    if topic:
        post["message_thread_id"] = int(topic)
    if place.thread:
        post["reply_parameters"] = {"message_id": int(place.thread), "allow_sending_without_reply": True}
    url = f"{settings.api}/bot{settings.token.reveal}/sendMessage"
    return HttpRequest(method="POST", url=url, headers=(("Content-Type", "application/json"),), body=compact(post))


def judge(answer: HttpAnswer) -> Receipt:
    """Errors say in the body how long to wait, or where the chat went."""
    found = fields(answer)
    told = found.get("parameters")
    parameters = told if isinstance(told, dict) else {}
    wait, moved = parameters.get("retry_after"), parameters.get("migrate_to_chat_id")
    if answer.status == 429:
        seconds = bounded(float(wait)) if isinstance(wait, int) else retry_after(answer)
        raise ChannelBusy(f"Telegram wants a pause: {said(answer)}", retry_after_seconds=seconds)
    if isinstance(moved, int):
        raise ChannelRefused(f"the group became a supergroup: its address is {moved} now")
    check(answer)
    result = found.get("result")
    number = result.get("message_id") if isinstance(result, dict) else None
    if found.get("ok") is not True or not isinstance(number, int):
        raise ChannelRefused(f"Telegram says: {said(answer)}")
    return Receipt(provider_id=str(number), thread=str(number))


CHANNEL = Channel(
    id="telegram",
    settings=Settings,
    address=AddressForm(
        says="the number of a chat, with /TOPIC for a topic, or the @name of a channel",
        pattern=r"-?[0-9]{1,20}(/[0-9]{1,10})?|@[A-Za-z][A-Za-z0-9_]{3,31}",
    ),
    render=render,
    judge=judge,
    follows_up=True,
    has_threads=True,
    limit=Limit(
        says="4,096 characters, counted in UTF-16",
        most=LONGEST_UTF16,
        measure=lambda sent: _utf16(fields(HttpAnswer(status=200, body=sent.body))["text"]),
    ),
    harms=(b"<script", b"<img", b'href=\\"javascript'),
    examples=(
        Renders(
            says="a page into a topic of a group",
            message=PAGE,
            settings=Settings(token=Secret("123456:ABC")),
            place=Place(address="-1001234567890/7", now=NOW),
            sends=HttpRequest(
                method="POST",
                url="https://api.telegram.org/bot123456:ABC/sendMessage",
                headers=(("Content-Type", "application/json"),),
                body=(
                    b'{"chat_id":"-1001234567890","text":"<b><code>P1 critical: Reentrancy drains the bank'
                    b"</code></b>\\n<pre>1,200 ETH left in 3 transactions.\\nThe pause is ready.</pre>\\n<pre"
                    b'>Chain: Ethereum\\nBlock: 21,000,000</pre>\\n<a href=\\"https://tocsin.example.org/ack/'
                    b'dG9rZW4\\">Acknowledge</a>   <a href=\\"https://tocsin.example.org/incidents/INC-2026-'
                    b'0042\\">Open</a>\\nTLP:AMBER","parse_mode":"HTML","link_preview_options":{"is_disabled'
                    b'":true},"disable_notification":false,"message_thread_id":7}'
                ),
            ),
        ),
        Judges(
            says="posted",
            answer=HttpAnswer(status=200, body=b'{"ok":true,"result":{"message_id":11}}'),
            gives=Receipt(provider_id="11", thread="11"),
        ),
        Judges(
            says="too many messages",
            answer=HttpAnswer(status=429, body=b'{"ok":false,"error_code":429,"parameters":{"retry_after":7}}'),
            gives=ChannelBusy,
            retry_after_seconds=7.0,
        ),
        Judges(
            says="a group that became another",
            answer=HttpAnswer(status=400, body=b'{"ok":false,"parameters":{"migrate_to_chat_id":-1009}}'),
            gives=ChannelRefused,
        ),
        Judges(
            says="a person who blocked the bot",
            answer=HttpAnswer(status=403, body=b'{"ok":false,"description":"bot was blocked"}'),
            gives=ChannelRefused,
        ),
    ),
)
