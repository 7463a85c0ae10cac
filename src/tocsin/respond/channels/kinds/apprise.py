"""
Whatever else there is, by apprise: Mattermost, Rocket.Chat, ntfy, Signal gateways, and a hundred more.

## What it needs

`url` of a service in apprise's form. `{address}` in it is replaced by the address. `allow_private = true`, because
apprise connects by itself: tocsin cannot see whereto.

## What it shows

The heading as the title, then text, facts and links as plain text; apprise escapes it for the service.

## Receipts

Told, or not.

## Blind spots

Apprise does not say why it failed, follows redirects, and may have told it before it failed. Use a kind of its own
where there is one.

Source: github.com/caronc/apprise, the wiki's list of URL forms.
"""

from dataclasses import dataclass

from tocsin.model.priority import Priority
from tocsin.model.setting import Secret, setting
from tocsin.respond.channels.channel import AddressForm, Channel, Judges, Place, Receipt, Renders
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.channels.sending import Fanout, Handed
from tocsin.respond.channels.wording import heading, percent, plain
from tocsin.respond.message import Message, MessageKind

_URGENCIES = {Priority.P1: "failure", Priority.P2: "failure", Priority.P3: "warning", Priority.P4: "info"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A service."""

    url: Secret = setting("The service in apprise's form, such as mmost://host/token.")  # noqa: RUF009 - frozen


def render(message: Message, settings: Settings, place: Place) -> Fanout:
    """Title and text."""
    is_over = message.kind is MessageKind.RESOLVED
    return Fanout(
        url=settings.url.reveal.replace("{address}", percent(place.address)),
        title=heading(message),
        text=plain(message),
        urgency="success" if is_over else _URGENCIES[message.priority],
    )


def judge(_answer: Handed) -> Receipt:
    """Apprise says that it told it."""
    return Receipt()


CHANNEL = Channel(
    id="apprise",
    settings=Settings,
    address=AddressForm(says="what stands for {address} in the URL", pattern=r"[^\x00-\x1f\x7f]{1,200}"),
    render=render,
    judge=judge,
    examples=(
        Renders(
            says="a page to Mattermost",
            message=PAGE,
            settings=Settings(url=Secret("mmosts://chat.example.org/hook?channel={address}")),
            place=Place(address="war room", now=NOW),
            sends=Fanout(
                url="mmosts://chat.example.org/hook?channel=war%20room",
                title="P1 critical: Reentrancy drains the bank",
                text=(
                    "1,200 ETH left in 3 transactions.\n"
                    "The pause is ready.\n"
                    "\n"
                    "Chain: Ethereum\n"
                    "Block: 21,000,000\n"
                    "\n"
                    "Acknowledge: https://tocsin.example.org/ack/dG9rZW4\n"
                    "Open: https://tocsin.example.org/incidents/INC-2026-0042\n"
                    "TLP:AMBER"
                ),
                urgency="failure",
            ),
        ),
        Judges(says="told", answer=Handed(), gives=Receipt()),
    ),
)
