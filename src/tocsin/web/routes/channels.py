"""
Channels: how people are told, and the groups of stakeholders that updates go to.

They are set up in the file that `[estate] channels` names, and read from it at every request. Nothing of a channel that
may be a secret is ever shown; where a group's members are reached is told to those alone who may write to them.
"""

import asyncio
import os
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from tocsin.app.desk import Desk
from tocsin.app.telling.check import trial_message
from tocsin.app.telling.file import ChannelFile, Configured, read_channel_file
from tocsin.app.telling.teller import teller_of
from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.respond.channels.tlp import Reach
from tocsin.respond.updates.group import Group as Known
from tocsin.web.asking import DESK, Caller, Listing, needs
from tocsin.web.resource import Resource

router = APIRouter()

READ, WRITE = "channel:read", "channel:write"


class Channel(BaseModel):
    """A channel that is set up."""

    name: str
    kind: str
    address: Annotated[str, Field(description="What an address looks like on it.")]
    allow_private: Annotated[bool, Field(description="Whether it may connect to private networks.")]
    most_confidential: Annotated[str, Field(description="The most confidential TLP 2.0 label that may go over it.")]
    seconds: Annotated[float, Field(description="How long a message may take.")]


class Recipient(BaseModel):
    """One address of a group."""

    channel: str
    address: Annotated[str, Field(description="Empty for those who may not write to it.")]


class Group(BaseModel):
    """Stakeholders who are told the same."""

    name: str
    says: str
    reach: Reach
    to: list[Recipient]


class Trial(BaseModel):
    """Whom to send a test to."""

    model_config = ConfigDict(extra="forbid")

    address: Annotated[str, Field(min_length=1, max_length=200)]


class Result(BaseModel):
    """What the service answered to a test."""

    is_taken: bool
    is_delivered: bool
    provider_id: str
    says: Annotated[str, Field(description="Why it was not taken; empty where it was.")]
    is_to_be_tried_again: bool


@router.get("/channels")
def find(desk: Annotated[Desk, DESK], _caller: Annotated[Caller, needs(READ)]) -> Listing[Channel]:
    """The channels that are set up."""
    return Listing(items=[_channel(each) for each in file_of(desk).channels.values()])


@router.get("/groups")
def groups(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(READ)]) -> Listing[Group]:
    """The groups of stakeholders."""
    may_write = caller.may(WRITE)
    return Listing(items=[_group(each, may_write) for each in file_of(desk).groups.values()])


@router.post("/channels/{channel}/tests", status_code=201)
def try_out(desk: Annotated[Desk, DESK], _caller: Annotated[Caller, needs(WRITE)], channel: str, body: Trial) -> Result:
    """Send a message that says it is a test, and wait for what the service answers."""
    teller = teller_of(desk.settings, os.environ)
    teller.known(channel)
    try:
        receipt = asyncio.run(teller.tell(channel, body.address, trial_message(desk.new_id())))
    except (ChannelBusy, ChannelRefused) as error:
        again = isinstance(error, ChannelBusy)
        return Result(is_taken=False, is_delivered=False, provider_id="", says=str(error), is_to_be_tried_again=again)
    return Result(
        is_taken=True,
        is_delivered=receipt.is_delivered,
        provider_id=receipt.provider_id,
        says="",
        is_to_be_tried_again=False,
    )


def file_of(desk: Desk) -> ChannelFile:
    """What the file of channels says now. Raises `EstateError`."""
    return read_channel_file(desk.settings.estate.channels, os.environ)


def _channel(configured: Configured) -> Channel:
    shared = configured.shared
    return Channel(
        name=configured.name,
        kind=configured.channel.id,
        address=configured.channel.address.says,
        allow_private=shared.allow_private,
        most_confidential=shared.most_confidential,
        seconds=shared.seconds,
    )


def _group(group: Known, may_write: bool) -> Group:
    to = [Recipient(channel=each.channel, address=each.address if may_write else "") for each in group.to]
    return Group(name=group.name, says=group.says, reach=group.reach, to=to)


resource = Resource(id="channels", router=router)
