"""
Opsgenie and what speaks as it does, such as Jira Service Management operations.

## What it needs

`key` of an API integration, and `url` of the alerts: `https://api.opsgenie.com/v2/alerts`, in the EU
`https://api.eu.opsgenie.com/v2/alerts`, for Jira Service Management
`https://api.atlassian.com/jsm/ops/integration/v2/alerts`. The address is who responds: `team:NAME`, `user:MAILBOX`,
`schedule:NAME`, `escalation:NAME`, or `default` for what the integration is set to.

## What it shows

The heading as the message, the whole as the description, facts as details. What is about one subject is one alert
there: a page creates it, an acknowledgement acknowledges it, a resolution closes it, an update is a note on it.

## Receipts

Taken for processing (202), with the id of the request.

## Blind spots

What is processed later and then fails is not seen. Atlassian ends Opsgenie on 5 April 2027.

Sources: docs.opsgenie.com: Alert API (message 130 characters, alias 512, description 15,000, note 25,000; `alias` makes
repeats one alert); jira.atlassian.com JSDCLOUD-14179 (`identifierType=alias` works with Jira Service Management too).
"""

from dataclasses import dataclass
from typing import Any

from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.model.setting import Secret, setting
from tocsin.respond.channels.answers import check, compact, fields, text_field
from tocsin.respond.channels.channel import AddressForm, Channel, Judges, Limit, Place, Receipt, Renders
from tocsin.respond.channels.samples import NOW, PAGE, RESOLVED
from tocsin.respond.channels.sending import HttpAnswer, HttpRequest
from tocsin.respond.channels.wording import fit, heading, label, percent, plain, short
from tocsin.respond.message import Message, MessageKind

LONGEST_MESSAGE = 130
LONGEST_ALIAS = 512
LONGEST_DESCRIPTION = 15_000
_ON_ALERT = {MessageKind.ACKNOWLEDGED: "acknowledge", MessageKind.RESOLVED: "close", MessageKind.UPDATE: "notes"}
"""What each kind of message does with the alert of its subject; the others make one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """An API integration."""

    key: Secret = setting("The key of the API integration.")  # noqa: RUF009 - frozen
    url: str = setting("Where its alerts are.", "https://api.opsgenie.com/v2/alerts")
    source: str = setting("What this tocsin is called there.", "tocsin")


def _responders(address: str) -> list[dict[str, str]]:
    kind, separator, name = address.partition(":")
    if not separator:
        return []
    return [{"type": kind, "username" if kind == "user" else "name": name}]


def _alert(message: Message, settings: Settings, place: Place) -> dict[str, Any]:
    return {
        "message": short(heading(message), LONGEST_MESSAGE),
        "alias": _alias(message),
        "description": fit(message, plain, len, LONGEST_DESCRIPTION),
        "responders": _responders(place.address),
        "details": {**dict(message.facts), "tlp": label(message), "key": message.key},
        "priority": message.priority.value,
        "source": settings.source,
    }


def _alias(message: Message) -> str:
    subject = f"test:{message.subject}" if message.kind is MessageKind.TEST else message.subject
    return short(subject, LONGEST_ALIAS)


def render(message: Message, settings: Settings, place: Place) -> HttpRequest:
    """A new alert, or what happens to the one of the subject."""
    url, body = settings.url, _alert(message, settings, place)
    if action := _ON_ALERT.get(message.kind):
        url = f"{settings.url}/{percent(_alias(message))}/{action}?identifierType=alias"
        body = {"note": fit(message, lambda m: f"{heading(m)}\n\n{plain(m)}", len, LONGEST_DESCRIPTION)}
        body["source"] = settings.source
    headers = (("Content-Type", "application/json"), ("Authorization", f"GenieKey {settings.key.reveal}"))
    return HttpRequest(method="POST", url=url, headers=headers, body=compact(body))


def _longest(value: Any) -> int:
    return max(len(value.get("message", "")) - LONGEST_MESSAGE, len(value.get("description", "")) - LONGEST_DESCRIPTION)


def judge(answer: HttpAnswer) -> Receipt:
    """The status counts."""
    check(answer)
    return Receipt(provider_id=text_field(answer, "requestId"))


CHANNEL = Channel(
    id="opsgenie",
    settings=Settings,
    address=AddressForm(
        says="team:NAME, user:MAILBOX, schedule:NAME, escalation:NAME, or default",
        pattern=r"default|(team|user|schedule|escalation):[\w .@+&-]{1,150}",
    ),
    render=render,
    judge=judge,
    follows_up=True,
    limit=Limit(
        says="130 characters of message, 15,000 of description",
        most=0,
        measure=lambda sent: _longest(fields(HttpAnswer(status=200, body=sent.body))),
    ),
    examples=(
        Renders(
            says="a page makes an alert",
            message=PAGE,
            settings=Settings(key=Secret("k-1")),
            place=Place(address="team:Chain operations", now=NOW),
            sends=HttpRequest(
                method="POST",
                url="https://api.opsgenie.com/v2/alerts",
                headers=(("Content-Type", "application/json"), ("Authorization", "GenieKey k-1")),
                body=(
                    b'{"message":"P1 critical: Reentrancy drains the bank","alias":"incident:INC-2026-0042'
                    b'","description":"1,200 ETH left in 3 transactions.\\nThe pause is ready.\\n\\nChain: Et'
                    b"hereum\\nBlock: 21,000,000\\n\\nAcknowledge: https://tocsin.example.org/ack/dG9rZW4\\nOp"
                    b'en: https://tocsin.example.org/incidents/INC-2026-0042\\nTLP:AMBER","responders":[{"t'
                    b'ype":"team","name":"Chain operations"}],"details":{"Chain":"Ethereum","Block":"21,00'
                    b'0,000","tlp":"TLP:AMBER","key":"page-7"},"priority":"P1","source":"tocsin"}'
                ),
            ),
        ),
        Renders(
            says="what takes it back closes the alert",
            message=RESOLVED,
            settings=Settings(key=Secret("k-1")),
            place=Place(address="default", now=NOW),
            sends=HttpRequest(
                method="POST",
                url="https://api.opsgenie.com/v2/alerts/incident%3AINC-2026-0042/close?identifierType=alias",
                headers=(("Content-Type", "application/json"), ("Authorization", "GenieKey k-1")),
                body=(
                    b'{"note":"[RESOLVED] P1 critical: The bank is paused\\n\\nNothing more to do.\\n\\nTLP:AM'
                    b'BER","source":"tocsin"}'
                ),
            ),
        ),
        Judges(
            says="taken for processing",
            answer=HttpAnswer(status=202, body=b'{"result":"Request will be processed","requestId":"43a2"}'),
            gives=Receipt(provider_id="43a2"),
        ),
        Judges(says="what it does not take", answer=HttpAnswer(status=422), gives=ChannelRefused),
        Judges(
            says="too many",
            answer=HttpAnswer(status=429, headers={"retry-after": "2"}),
            gives=ChannelBusy,
            retry_after_seconds=2.0,
        ),
    ),
)
