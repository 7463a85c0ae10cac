"""
Slack, by a bot that posts where you say, or by an incoming webhook that posts into one channel.

## What it needs

Either `token`, of a bot with the scope `chat:write` that was invited to the channels (chat.postMessage); addresses are
then ids of channels or people. Or `webhook`, the URL of an incoming webhook, which has its channel in it; the address
is then a name of your choice.

## What it shows

The heading, the text, facts, links to acknowledge and to open. Text from elsewhere is plain text in Slack's
sense: it formats nothing, mentions nobody, links nowhere. With a bot the messages of one subject are one thread; a
page in it is shown in the channel too.

## Receipts

Posted, with Slack's time stamp of the message. A webhook says only `ok`. Whether anybody read it Slack does not say.

## Blind spots

Slack drops no repeats. Nobody is woken where people mute the channel.

Sources: docs.slack.dev: chat.postMessage (errors, `thread_ts`, `reply_broadcast`); Block Kit (section: 3,000
characters, header: 150); formatting message text (& < > are escaped); incoming webhooks; rate limits (429 with
Retry-After).
"""

from dataclasses import dataclass
from typing import Any

from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.model.setting import NO_SECRET, Secret, setting
from tocsin.respond.channels.answers import check, compact, fields, retry_after, text_field
from tocsin.respond.channels.channel import AddressForm, Channel, Judges, Limit, Place, Receipt, Renders
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.channels.sending import HttpAnswer, HttpRequest
from tocsin.respond.channels.wording import fit, heading, links, notes, short
from tocsin.respond.message import Message, MessageKind

LONGEST_SECTION = 3_000
LONGEST_HEADER = 150
_PASSING = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
"""Errors that Slack gives with status 200 and that go by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A bot, or a webhook."""

    token: Secret = setting("The bot's token, xoxb-...", NO_SECRET)  # noqa: RUF009 - frozen
    webhook: Secret = setting("Or the URL of an incoming webhook.", NO_SECRET)  # noqa: RUF009 - frozen
    api: str = setting("Where Slack's API is.", "https://slack.com/api")


def escaped(text: str) -> str:
    """Text in which nothing acts: these three are all that Slack wants escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _blocks(message: Message) -> list[dict[str, Any]]:
    facts = "\n".join(f"{name}: {value}" for name, value in message.facts)
    opens = "   ".join(f"<{escaped(address)}|{name}>" for name, address in links(message))
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(short(heading(message), LONGEST_HEADER))}]
    blocks += [{"type": "section", "text": _plain(text)} for text in (message.text, facts) if text]
    blocks += [{"type": "section", "text": {"type": "mrkdwn", "text": opens, "verbatim": True}}] * bool(opens)
    return [*blocks, {"type": "context", "elements": [_plain(note) for note in notes(message)]}]


def _longest(blocks: list[dict[str, Any]]) -> int:
    return max(len(block["text"]["text"]) for block in blocks if "text" in block)


def render(message: Message, settings: Settings, place: Place) -> HttpRequest:
    """A post to the channel or the person, or to the webhook's channel."""
    blocks = fit(message, _blocks, _longest, LONGEST_SECTION)
    post: dict[str, Any] = {"text": escaped(heading(message)), "blocks": blocks, "unfurl_links": False}
    if settings.webhook.reveal:
        return _request(settings.webhook.reveal, (), post)
    thread = {"thread_ts": place.thread, "reply_broadcast": message.kind is MessageKind.PAGE} if place.thread else {}
    bearer = (("Authorization", f"Bearer {settings.token.reveal}"),)
    return _request(f"{settings.api}/chat.postMessage", bearer, {"channel": place.address, **post, **thread})


def _request(url: str, headers: tuple[tuple[str, str], ...], post: dict[str, Any]) -> HttpRequest:
    json = ("Content-Type", "application/json; charset=utf-8")
    return HttpRequest(method="POST", url=url, headers=(json, *headers), body=compact(post))


def judge(answer: HttpAnswer) -> Receipt:
    """The API says in the body whether it took it."""
    check(answer)
    if answer.body.strip() == b"ok":
        return Receipt()
    if fields(answer).get("ok") is True:
        stamp = text_field(answer, "ts")
        return Receipt(provider_id=stamp, thread=stamp)
    error = text_field(answer, "error") or "no answer of Slack's"
    if error in _PASSING:
        raise ChannelBusy(f"Slack says {error}", retry_after_seconds=retry_after(answer))
    raise ChannelRefused(f"Slack says {error}")


def wrong(settings: Settings) -> str:
    """One of the two."""
    if bool(settings.token.reveal) == bool(settings.webhook.reveal):
        return "set either token or webhook"
    return ""


CHANNEL = Channel(
    id="slack",
    settings=Settings,
    address=AddressForm(
        says="the id of a channel or person, such as C024BE91L; with a webhook any name",
        pattern=r"#?[A-Za-z0-9._-]{1,80}",
    ),
    render=render,
    judge=judge,
    follows_up=True,
    has_threads=True,
    wrong=wrong,
    limit=Limit(
        says="3,000 characters in a section",
        most=LONGEST_SECTION,
        measure=lambda sent: _longest(fields(HttpAnswer(status=200, body=sent.body))["blocks"]),
    ),
    examples=(
        Renders(
            says="a page by a bot, in the thread of its subject",
            message=PAGE,
            settings=Settings(token=Secret("xoxb-1")),
            place=Place(address="C024BE91L", now=NOW, thread="1700000000.000100"),
            sends=HttpRequest(
                method="POST",
                url="https://slack.com/api/chat.postMessage",
                headers=(("Content-Type", "application/json; charset=utf-8"), ("Authorization", "Bearer xoxb-1")),
                body=(
                    b'{"channel":"C024BE91L","text":"P1 critical: Reentrancy drains the bank","blocks":[{"'
                    b'type":"header","text":{"type":"plain_text","text":"P1 critical: Reentrancy drains th'
                    b'e bank","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"1,200 '
                    b'ETH left in 3 transactions.\\nThe pause is ready.","emoji":false}},{"type":"section",'
                    b'"text":{"type":"plain_text","text":"Chain: Ethereum\\nBlock: 21,000,000","emoji":fals'
                    b'e}},{"type":"section","text":{"type":"mrkdwn","text":"<https://tocsin.example.org/ac'
                    b'k/dG9rZW4|Acknowledge>   <https://tocsin.example.org/incidents/INC-2026-0042|Open>",'
                    b'"verbatim":true}},{"type":"context","elements":[{"type":"plain_text","text":"TLP:AMB'
                    b'ER","emoji":false}]}],"unfurl_links":false,"thread_ts":"1700000000.000100","reply_br'
                    b'oadcast":true}'
                ),
            ),
        ),
        Judges(
            says="posted",
            answer=HttpAnswer(status=200, body=b'{"ok":true,"channel":"C024BE91L","ts":"1700000000.000200"}'),
            gives=Receipt(provider_id="1700000000.000200", thread="1700000000.000200"),
        ),
        Judges(says="posted by a webhook", answer=HttpAnswer(status=200, body=b"ok"), gives=Receipt()),
        Judges(
            says="a channel that is not there",
            answer=HttpAnswer(status=200, body=b'{"ok":false,"error":"channel_not_found"}'),
            gives=ChannelRefused,
        ),
        Judges(
            says="trouble at Slack",
            answer=HttpAnswer(status=200, body=b'{"ok":false,"error":"internal_error"}'),
            gives=ChannelBusy,
        ),
        Judges(
            says="too many posts",
            answer=HttpAnswer(status=429, headers={"retry-after": "30"}),
            gives=ChannelBusy,
            retry_after_seconds=30.0,
        ),
    ),
)
