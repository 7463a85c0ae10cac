"""
PagerDuty, by its Events API v2: pages, acknowledgements and resolutions.

## What it needs

`routing_key`: the integration key of a service, of type Events API v2. Whom PagerDuty then calls is its own affair; the
address is a name of your choice, shown as the component.

## What it shows

The heading as the summary, text and facts as details, links. What is about one subject is one incident there: a page
triggers it, an acknowledgement acknowledges it, and a resolution resolves it.

## Receipts

Taken for processing (202). Who was reached PagerDuty says in its own pages.

## Blind spots

An event pages people: updates are refused. Acknowledgements made in PagerDuty do not come back by themselves.

Sources: developer.pagerduty.com: Events API v2, Send an event (summary 1,024 characters, `dedup_key` 255, 512 KB in
all, severities critical, error, warning, info; 202, 400, 429).
"""

from dataclasses import dataclass
from typing import Any

from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.model.priority import Priority
from tocsin.model.setting import Secret, setting
from tocsin.respond.channels.answers import check, compact, fields, text_field
from tocsin.respond.channels.channel import AddressForm, Channel, Judges, Limit, Place, Receipt, Renders
from tocsin.respond.channels.samples import NOW, PAGE, RESOLVED
from tocsin.respond.channels.sending import HttpAnswer, HttpRequest
from tocsin.respond.channels.wording import heading, label, links, short
from tocsin.respond.message import Message, MessageKind

LONGEST_SUMMARY = 1_024
LONGEST_KEY = 255
_ACTIONS = {
    MessageKind.PAGE: "trigger",
    MessageKind.TEST: "trigger",
    MessageKind.ACKNOWLEDGED: "acknowledge",
    MessageKind.RESOLVED: "resolve",
}
_SEVERITIES = {Priority.P1: "critical", Priority.P2: "error", Priority.P3: "warning", Priority.P4: "info"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A service of PagerDuty."""

    routing_key: Secret = setting("The integration key of the service.")  # noqa: RUF009 - frozen
    url: str = setting("Where events go; accounts in the EU have another.", "https://events.pagerduty.com/v2/enqueue")
    source: str = setting("What this tocsin is called there.", "tocsin")


def _payload(message: Message, settings: Settings, place: Place) -> dict[str, Any]:
    is_test = message.kind is MessageKind.TEST
    details = {"text": message.text, **dict(message.facts), "tlp": label(message), "key": message.key}
    return {
        "summary": short(heading(message), LONGEST_SUMMARY),
        "source": settings.source,
        "severity": "info" if is_test else _SEVERITIES[message.priority],
        "component": place.address,
        "group": message.subject,
        "custom_details": details,
    }


def render(message: Message, settings: Settings, place: Place) -> HttpRequest:
    """One event. Raises `ChannelRefused` for an update."""
    if message.kind not in _ACTIONS:
        raise ChannelRefused("PagerDuty pages people with every event: send updates on another channel")
    subject = f"test:{message.subject}" if message.kind is MessageKind.TEST else message.subject
    event: dict[str, Any] = {
        "routing_key": settings.routing_key.reveal,
        "event_action": _ACTIONS[message.kind],
        "dedup_key": short(subject, LONGEST_KEY),
        "client": settings.source,
    }
    if event["event_action"] == "trigger":
        event["payload"] = _payload(message, settings, place)
        event["links"] = [{"href": address, "text": name} for name, address in links(message)]
    return HttpRequest(
        method="POST", url=settings.url, headers=(("Content-Type", "application/json"),), body=compact(event)
    )


def _excess(event: Any) -> int:
    """By how much the worst part of an event is too long; not above 0 where it fits."""
    summary = event.get("payload", {}).get("summary", "")
    return max(len(summary) - LONGEST_SUMMARY, len(event["dedup_key"]) - LONGEST_KEY)


def judge(answer: HttpAnswer) -> Receipt:
    """The status counts; the key says which incident it is."""
    check(answer)
    return Receipt(provider_id=text_field(answer, "dedup_key"))


CHANNEL = Channel(
    id="pagerduty",
    settings=Settings,
    address=AddressForm(says="any name, such as that of the service", pattern=r"[\w .@#-]{1,80}"),
    render=render,
    judge=judge,
    follows_up=True,
    limit=Limit(
        says="1,024 characters of summary, 255 of key",
        most=0,
        measure=lambda sent: _excess(fields(HttpAnswer(status=200, body=sent.body))),
    ),
    examples=(
        Renders(
            says="a page triggers",
            message=PAGE,
            settings=Settings(routing_key=Secret("R0UT1NG")),
            place=Place(address="bank", now=NOW),
            sends=HttpRequest(
                method="POST",
                url="https://events.pagerduty.com/v2/enqueue",
                headers=(("Content-Type", "application/json"),),
                body=(
                    b'{"routing_key":"R0UT1NG","event_action":"trigger","dedup_key":"incident:INC-2026-004'
                    b'2","client":"tocsin","payload":{"summary":"P1 critical: Reentrancy drains the bank",'
                    b'"source":"tocsin","severity":"critical","component":"bank","group":"incident:INC-202'
                    b'6-0042","custom_details":{"text":"1,200 ETH left in 3 transactions.\\nThe pause is re'
                    b'ady.","Chain":"Ethereum","Block":"21,000,000","tlp":"TLP:AMBER","key":"page-7"}},"li'
                    b'nks":[{"href":"https://tocsin.example.org/ack/dG9rZW4","text":"Acknowledge"},{"href"'
                    b':"https://tocsin.example.org/incidents/INC-2026-0042","text":"Open"}]}'
                ),
            ),
        ),
        Renders(
            says="what takes it back resolves the same incident",
            message=RESOLVED,
            settings=Settings(routing_key=Secret("R0UT1NG")),
            place=Place(address="bank", now=NOW),
            sends=HttpRequest(
                method="POST",
                url="https://events.pagerduty.com/v2/enqueue",
                headers=(("Content-Type", "application/json"),),
                body=(
                    b'{"routing_key":"R0UT1NG","event_action":"resolve","dedup_key":"incident:INC-2026-004'
                    b'2","client":"tocsin"}'
                ),
            ),
        ),
        Judges(
            says="taken for processing",
            answer=HttpAnswer(status=202, body=b'{"status":"success","dedup_key":"incident:1"}'),
            gives=Receipt(provider_id="incident:1"),
        ),
        Judges(
            says="a key that is none",
            answer=HttpAnswer(status=400, body=b'{"status":"invalid event","errors":["Invalid routing key"]}'),
            gives=ChannelRefused,
        ),
        Judges(says="too many events", answer=HttpAnswer(status=429), gives=ChannelBusy),
    ),
)
