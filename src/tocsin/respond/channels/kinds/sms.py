"""
Text messages to telephones, by Twilio or a provider whose API is the same.

## What it needs

`account` and `token` (or the SID and secret of an API key as `user` and `token`), and `sender`: a number, or the SID
of a messaging service (MG...). The address is a telephone number with its country, such as +41791234567.

## What it shows

The heading, the link to acknowledge, and as much of the text as fits into `characters`.

## Receipts

Queued, with the SID of the message. Whether the telephone got it the provider knows later; tocsin does not ask it.

## Blind spots

Text messages are readable to every carrier on the way, so only up to TLP:AMBER unless you say otherwise, and may take
minutes. Providers drop no repeats.

Sources: twilio.com/docs: Messages resource (To, From, MessagingServiceSid, Body of up to 1,600 characters; 201 with
`sid`), API responses (`code`, `message`), 429 and error 20429, error 21610 (the person sent STOP).
"""

import base64
from dataclasses import dataclass, replace

from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.model.setting import Secret, setting
from tocsin.respond.channels.answers import check, text_field
from tocsin.respond.channels.channel import AddressForm, Channel, Judges, Limit, Place, Receipt, Renders
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.channels.sending import HttpAnswer, HttpRequest
from tocsin.respond.channels.wording import fit, heading, links, notes, percent
from tocsin.respond.message import Message

LONGEST_BODY = 1_600
NUMBER = r"\+[1-9][0-9]{6,14}"
"""E.164."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """An account with the provider."""

    account: str = setting("The SID of the account, AC...")
    user: str = setting("The SID of an API key, SK...; empty to log in as the account.", "")
    token: Secret = setting("The token of the account, or the secret of the API key.")  # noqa: RUF009 - frozen
    sender: str = setting("The number it comes from, or the SID of a messaging service.")
    characters: int = setting(
        "How long it may be: each 153, or 67 outside Latin, cost once.", 459, least=160, most=LONGEST_BODY
    )
    api: str = setting("Where the provider's API is.", "https://api.twilio.com")


def form(pairs: tuple[tuple[str, str], ...]) -> bytes:
    """Names and values as a form is sent (application/x-www-form-urlencoded)."""
    return "&".join(f"{percent(name)}={percent(value)}" for name, value in pairs).encode()


def request(url: str, user: str, token: str, pairs: tuple[tuple[str, str], ...]) -> HttpRequest:
    """A form posted with a name and a password (RFC 7617)."""
    basic = base64.b64encode(f"{user}:{token}".encode()).decode()
    headers = (("Content-Type", "application/x-www-form-urlencoded"), ("Authorization", f"Basic {basic}"))
    return HttpRequest(method="POST", url=url, headers=headers, body=form(pairs))


def _text(message: Message) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in message.facts)
    opens = links(message)[:1]
    return "\n".join(
        (heading(message), *(f"{n}: {a}" for n, a in opens), *notes(message), *filter(None, (message.text, facts)))
    )


def _fitting(message: Message, characters: int) -> str:
    """Without links where they alone are too long: who is woken finds the rest in his other messages."""
    try:
        return fit(message, _text, len, characters)
    except ChannelRefused:
        return fit(replace(message, link="", acknowledge_link=""), _text, len, characters)


def render(message: Message, settings: Settings, place: Place) -> HttpRequest:
    """One text message."""
    who = "MessagingServiceSid" if settings.sender.startswith("MG") else "From"
    text = _fitting(message, settings.characters)
    url = f"{settings.api}/2010-04-01/Accounts/{percent(settings.account)}/Messages.json"
    pairs = (("To", place.address), (who, settings.sender), ("Body", text))
    return request(url, settings.user or settings.account, settings.token.reveal, pairs)


def judge(answer: HttpAnswer) -> Receipt:
    """The status counts; the provider's own words say why."""
    check(answer)
    return Receipt(provider_id=text_field(answer, "sid"))


CHANNEL = Channel(
    id="sms",
    settings=Settings,
    address=AddressForm(says="a telephone number with its country, such as +41791234567", pattern=NUMBER),
    render=render,
    judge=judge,
    limit=Limit(
        says="1,600 characters, each of up to 12 bytes in the form",
        most=12 * LONGEST_BODY,
        measure=lambda s: len(s.body),
    ),
    examples=(
        Renders(
            says="a page",
            message=PAGE,
            settings=Settings(account="AC1", token=Secret("t-1"), sender="+41440000000"),
            place=Place(address="+41791234567", now=NOW),
            sends=HttpRequest(
                method="POST",
                url="https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json",
                headers=(
                    ("Content-Type", "application/x-www-form-urlencoded"),
                    ("Authorization", "Basic QUMxOnQtMQ=="),
                ),
                body=(
                    b"To=%2B41791234567&From=%2B41440000000&Body=P1%20critical%3A%20Reentrancy%20drains%20"
                    b"the%20bank%0AAcknowledge%3A%20https%3A%2F%2Ftocsin.example.org%2Fack%2FdG9rZW4%0ATLP"
                    b"%3AAMBER%0A1%2C200%20ETH%20left%20in%203%20transactions.%0AThe%20pause%20is%20ready."
                    b"%0AChain%20Ethereum%2C%20Block%2021%2C000%2C000"
                ),
            ),
        ),
        Judges(
            says="queued",
            answer=HttpAnswer(status=201, body=b'{"sid":"SM1","status":"queued"}'),
            gives=Receipt(provider_id="SM1"),
        ),
        Judges(
            says="a person who sent STOP",
            answer=HttpAnswer(status=400, body=b'{"code":21610,"message":"unsubscribed recipient"}'),
            gives=ChannelRefused,
        ),
        Judges(says="too many", answer=HttpAnswer(status=429, body=b'{"code":20429}'), gives=ChannelBusy),
    ),
)
