"""
The standard error of the process that sends: to try things out, and for a service whose output is collected.

## What it needs

Nothing. The address is a name of your choice.

## What it shows

The heading, the whole text, facts, links; nothing in it can move a terminal's cursor.

## Receipts

Written.

## Blind spots

Nobody looks at it in the night.
"""

from dataclasses import dataclass

from tocsin.respond.channels.channel import AddressForm, Channel, Judges, Place, Receipt, Renders
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.channels.sending import Handed, Lines
from tocsin.respond.channels.wording import heading, plain
from tocsin.respond.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Nothing to set."""


def render(message: Message, _settings: Settings, place: Place) -> Lines:
    """A block of lines."""
    inner = "\n".join(f"  {line}".rstrip() for line in plain(message).splitlines())
    return Lines(text=f"to {place.address}: {heading(message)}\n{inner}\n")


def judge(_answer: Handed) -> Receipt:
    """It is there."""
    return Receipt(is_delivered=True)


CHANNEL = Channel(
    id="console",
    settings=Settings,
    address=AddressForm(says="any name", pattern=r"[\w .@+-]{1,80}"),
    render=render,
    judge=judge,
    examples=(
        Renders(
            says="a page",
            message=PAGE,
            settings=Settings(),
            place=Place(address="ada", now=NOW),
            sends=Lines(
                text=(
                    "to ada: P1 critical: Reentrancy drains the bank\n"
                    "  1,200 ETH left in 3 transactions.\n"
                    "  The pause is ready.\n"
                    "\n"
                    "  Chain: Ethereum\n"
                    "  Block: 21,000,000\n"
                    "\n"
                    "  Acknowledge: https://tocsin.example.org/ack/dG9rZW4\n"
                    "  Open: https://tocsin.example.org/incidents/INC-2026-0042\n"
                    "  TLP:AMBER\n"
                )
            ),
        ),
        Judges(says="written", answer=Handed(), gives=Receipt(is_delivered=True)),
    ),
)
