"""
Telephone calls, by Twilio or a provider whose API is the same: what wakes people.

## What it needs

As for `sms`: `account` and `token`, and `sender`, which must be a number. The address is a telephone number with its
country, such as +41791234567.

## What it shows

It says who calls, the priority and the title, three times, and where to answer: the call itself cannot be answered with
a key, so that nobody acknowledges in his sleep.

## Receipts

Queued, with the SID of the call. Whether anybody picked up the provider knows later; tocsin does not ask it.

## Blind spots

A mailbox picks up too. A telephone on silent rings only for numbers its owner lets through: have people allow `sender`.

Sources: twilio.com/docs: Calls resource (To, From, Twiml of up to 4,000 characters; 201 with `sid`), TwiML Say.
"""

import html
from dataclasses import dataclass

from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.model.setting import Secret, setting
from tocsin.respond.channels.answers import check, text_field
from tocsin.respond.channels.channel import AddressForm, Channel, Judges, Limit, Place, Receipt, Renders
from tocsin.respond.channels.kinds.sms import NUMBER
from tocsin.respond.channels.kinds.sms import request as posted
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.channels.sending import HttpAnswer, HttpRequest
from tocsin.respond.channels.wording import marks, percent, short, urgency
from tocsin.respond.message import Message

LONGEST_TITLE = 200
TIMES_SAID = 3
LARGEST_BYTES = 12_000
"""4,000 characters of TwiML as a form has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """An account with the provider."""

    account: str = setting("The SID of the account, AC...")
    user: str = setting("The SID of an API key, SK...; empty to log in as the account.", "")
    token: Secret = setting("The token of the account, or the secret of the API key.")  # noqa: RUF009 - frozen
    sender: str = setting("The number it calls from.")
    language: str = setting("The language it is read in.", "en-GB")
    api: str = setting("Where the provider's API is.", "https://api.twilio.com")


def _spoken(message: Message) -> str:
    """What is said, without what only eyes can use."""
    said = ". ".join((*marks(message), f"Priority {urgency(message)}", short(message.title, LONGEST_TITLE)))
    return f"This is tocsin. {said}. Answer in the message that was sent to you, or in tocsin."


def render(message: Message, settings: Settings, place: Place) -> HttpRequest:
    """One call."""
    said = html.escape(_spoken(message), quote=False)
    language = html.escape(settings.language)
    twiml = f'<Response><Say language="{language}" loop="{TIMES_SAID}">{said}</Say></Response>'
    url = f"{settings.api}/2010-04-01/Accounts/{percent(settings.account)}/Calls.json"
    pairs = (("To", place.address), ("From", settings.sender), ("Twiml", twiml))
    return posted(url, settings.user or settings.account, settings.token.reveal, pairs)


def judge(answer: HttpAnswer) -> Receipt:
    """The status counts."""
    check(answer)
    return Receipt(provider_id=text_field(answer, "sid"))


CHANNEL = Channel(
    id="voice",
    settings=Settings,
    address=AddressForm(says="a telephone number with its country, such as +41791234567", pattern=NUMBER),
    render=render,
    judge=judge,
    limit=Limit(says="4,000 characters of TwiML", most=LARGEST_BYTES, measure=lambda sent: len(sent.body)),
    harms=(b"%3CHangup", b"%3CPlay", b"%3CRedirect", b"%3CDial"),
    examples=(
        Renders(
            says="a page",
            message=PAGE,
            settings=Settings(account="AC1", token=Secret("t-1"), sender="+41440000000"),
            place=Place(address="+41791234567", now=NOW),
            sends=HttpRequest(
                method="POST",
                url="https://api.twilio.com/2010-04-01/Accounts/AC1/Calls.json",
                headers=(
                    ("Content-Type", "application/x-www-form-urlencoded"),
                    ("Authorization", "Basic QUMxOnQtMQ=="),
                ),
                body=(
                    b"To=%2B41791234567&From=%2B41440000000&Twiml=%3CResponse%3E%3CSay%20language%3D%22en-"
                    b"GB%22%20loop%3D%223%22%3EThis%20is%20tocsin.%20Priority%20P1%20critical.%20Reentranc"
                    b"y%20drains%20the%20bank.%20Answer%20in%20the%20message%20that%20was%20sent%20to%20yo"
                    b"u%2C%20or%20in%20tocsin.%3C%2FSay%3E%3C%2FResponse%3E"
                ),
            ),
        ),
        Judges(
            says="queued",
            answer=HttpAnswer(status=201, body=b'{"sid":"CA1","status":"queued"}'),
            gives=Receipt(provider_id="CA1"),
        ),
        Judges(
            says="a number that is none", answer=HttpAnswer(status=400, body=b'{"code":21211}'), gives=ChannelRefused
        ),
        Judges(says="trouble there", answer=HttpAnswer(status=503), gives=ChannelBusy),
    ),
)
