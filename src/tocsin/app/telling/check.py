"""Whether the channels would work, before they are needed: what each reaches, and whether people's addresses fit."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from tocsin.app.telling.file import Configured
from tocsin.app.telling.teller import Teller
from tocsin.model.errors import ChannelError
from tocsin.model.priority import Priority
from tocsin.respond.channels.channel import Place, Renders
from tocsin.respond.channels.sending import Sending
from tocsin.respond.estate.estate import Estate
from tocsin.respond.message import Message, MessageKind


class Probe(Protocol):
    """What looks whether something could be sent."""

    def __call__(self, sending: Sending, *, seconds: float, allow_private: bool) -> Awaitable[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One thing that was looked at."""

    what: str
    """The name of a channel, or a person."""
    is_right: bool
    says: str


def trial_message(key: str) -> Message:
    """What is sent to try a channel out: marked, and nothing to be done."""
    return Message(
        key=f"test:{key}",
        subject=f"test:{key}",
        kind=MessageKind.TEST,
        title="tocsin can reach you here",
        text="This is a test. There is nothing to do.",
        priority=Priority.P4,
        tlp="clear",
    )


async def check_channels(teller: Teller, probe: Probe, *, now: float) -> tuple[Checked, ...]:
    """How far each channel gets without a message being sent."""
    found = await asyncio.gather(*(_check(each, probe, now) for each in teller.channels.values()))
    return tuple(found)


async def _check(configured: Configured, probe: Probe, now: float) -> Checked:
    channel, shared = configured.channel, configured.shared
    address = next(each.place.address for each in channel.examples if isinstance(each, Renders))
    try:
        sending = channel.sending(trial_message("check"), configured.settings, Place(address=address, now=now))
        says = await probe(sending, seconds=shared.seconds, allow_private=shared.allow_private)
    except ChannelError as error:
        return Checked(what=configured.name, is_right=False, says=configured.without_secrets(str(error)))
    return Checked(what=configured.name, is_right=True, says=says)


def check_people(teller: Teller, estate: Estate) -> tuple[Checked, ...]:
    """Contacts that name no channel, or an address that is none on it."""
    found: list[Checked] = []
    for person in estate.people.values():
        for contact in person.contacts:
            try:
                problem = teller.configured(contact.channel).channel.misaddressed(contact.address)
            except ChannelError as error:
                problem = str(error)
            if problem:
                found.append(Checked(what=person.id, is_right=False, says=problem))
    return tuple(found)
