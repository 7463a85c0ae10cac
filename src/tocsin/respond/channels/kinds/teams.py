"""
Microsoft Teams, by the webhook of a workflow that posts a card into a chat or channel.

## What it needs

`webhook`: the URL of a workflow made from the template "Post to a channel when a webhook request is received" (the
older connectors have been switched off). It has its channel in it; the address is a name of your choice.

## What it shows

An adaptive card: heading, text, facts, buttons to acknowledge and to open. Text from elsewhere stands in text runs,
which format nothing, mention nobody and link nowhere.

## Receipts

The workflow was started (202), nothing more.

## Blind spots

A workflow that fails afterwards, because its owner left or the channel is gone, tells nobody here: test it each week.
Teams drops no repeats and has no threads for webhooks.

Sources: learn.microsoft.com: Create incoming webhooks with Workflows; Teams connector limits (28 KB a message, four
requests a second); adaptivecards.io: RichTextBlock and TextRun (no Markdown), schema 1.4.
"""

from dataclasses import dataclass
from typing import Any

from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.model.setting import Secret, setting
from tocsin.respond.channels.answers import check, compact
from tocsin.respond.channels.channel import AddressForm, Channel, Judges, Limit, Place, Receipt, Renders
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.channels.sending import HttpAnswer, HttpRequest
from tocsin.respond.channels.wording import fit, heading, links, notes
from tocsin.respond.message import Message

LARGEST_BYTES = 28_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A workflow's webhook."""

    webhook: Secret = setting("The URL of the workflow's webhook.")  # noqa: RUF009 - frozen


def _runs(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", **run} for run in runs]}


def _body(message: Message) -> bytes:
    facts = [_runs({"text": f"{name}: ", "weight": "Bolder"}, {"text": value}) for name, value in message.facts]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [
            _runs({"text": heading(message), "weight": "Bolder", "size": "Large"}),
            *(_runs({"text": paragraph}) for paragraph in message.text.splitlines() if paragraph),
            *facts,
            *(_runs({"text": note, "isSubtle": True}) for note in notes(message)),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": name, "url": address} for name, address in links(message)],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return compact({"type": "message", "attachments": [attachment]})


def render(message: Message, settings: Settings, place: Place) -> HttpRequest:
    """The card for the workflow."""
    del place
    body = fit(message, _body, len, LARGEST_BYTES)
    headers = (("Content-Type", "application/json; charset=utf-8"),)
    return HttpRequest(method="POST", url=settings.webhook.reveal, headers=headers, body=body)


def judge(answer: HttpAnswer) -> Receipt:
    """The status counts."""
    check(answer)
    return Receipt(provider_id=answer.headers.get("x-ms-workflow-run-id", "")[:80])


CHANNEL = Channel(
    id="teams",
    settings=Settings,
    address=AddressForm(says="any name for the channel the webhook posts to", pattern=r"[\w .#-]{1,80}"),
    render=render,
    judge=judge,
    follows_up=True,
    limit=Limit(says="28 KB a message", most=LARGEST_BYTES, measure=lambda sent: len(sent.body)),
    harms=(b'"TextBlock"', b'"entities"'),
    examples=(
        Renders(
            says="a page",
            message=PAGE,
            settings=Settings(webhook=Secret("https://prod.example.org/workflows/1")),
            place=Place(address="war-room", now=NOW),
            sends=HttpRequest(
                method="POST",
                url="https://prod.example.org/workflows/1",
                headers=(("Content-Type", "application/json; charset=utf-8"),),
                body=(
                    b'{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adap'
                    b'tive","contentUrl":null,"content":{"$schema":"http://adaptivecards.io/schemas/adapti'
                    b've-card.json","type":"AdaptiveCard","version":"1.4","msteams":{"width":"Full"},"body'
                    b'":[{"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"P1 critical: Reentra'
                    b'ncy drains the bank","weight":"Bolder","size":"Large"}]},{"type":"RichTextBlock","in'
                    b'lines":[{"type":"TextRun","text":"1,200 ETH left in 3 transactions."}]},{"type":"Ric'
                    b'hTextBlock","inlines":[{"type":"TextRun","text":"The pause is ready."}]},{"type":"Ri'
                    b'chTextBlock","inlines":[{"type":"TextRun","text":"Chain: ","weight":"Bolder"},{"type'
                    b'":"TextRun","text":"Ethereum"}]},{"type":"RichTextBlock","inlines":[{"type":"TextRun'
                    b'","text":"Block: ","weight":"Bolder"},{"type":"TextRun","text":"21,000,000"}]},{"typ'
                    b'e":"RichTextBlock","inlines":[{"type":"TextRun","text":"TLP:AMBER","isSubtle":true}]'
                    b'}],"actions":[{"type":"Action.OpenUrl","title":"Acknowledge","url":"https://tocsin.e'
                    b'xample.org/ack/dG9rZW4"},{"type":"Action.OpenUrl","title":"Open","url":"https://tocs'
                    b'in.example.org/incidents/INC-2026-0042"}]}}]}'
                ),
            ),
        ),
        Judges(
            says="the workflow runs",
            answer=HttpAnswer(status=202, headers={"x-ms-workflow-run-id": "0858"}),
            gives=Receipt(provider_id="0858"),
        ),
        Judges(says="too large", answer=HttpAnswer(status=413), gives=ChannelRefused),
        Judges(says="too many", answer=HttpAnswer(status=429), gives=ChannelBusy),
    ),
)
