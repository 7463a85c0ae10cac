"""An organisation with stakeholders, on a store, a virtual clock, a mail server and an HTTP server."""

import asyncio
import io
import itertools
from dataclasses import dataclass, field
from typing import Any

from channel_servers import HttpServer, MailServer
from tocsin.app.desk import Desk
from tocsin.app.incidents.incidents import Declaration, declare
from tocsin.app.settings import parse
from tocsin.app.telling import updates
from tocsin.app.telling.file import ChannelFile, parse_channels
from tocsin.app.telling.publisher import Publisher
from tocsin.app.telling.teller import Stored, Teller
from tocsin.app.telling.updates import Told
from tocsin.edge.logs import logger
from tocsin.edge.sending.sender import Sender
from tocsin.edge.store import health
from tocsin.edge.store.opening import Store
from tocsin.model.actor import Actor, ActorKind
from tocsin.respond.incident.incident import Incident

BEGIN = 1_790_000_000.0
ADA, BO = Actor(ActorKind.USER, "ada"), Actor(ActorKind.USER, "bo")
ROBOT = Actor(ActorKind.SERVICE, "robot")


def channels(mail_port: int, hook_url: str) -> str:
    return f"""
[channel.post]
kind = "email"
allow_private = true
host = "127.0.0.1"
port = {mail_port}
security = "plain"
sender = "status@bank.example"

[channel.hook]
kind = "webhook"
allow_private = true
url = "{hook_url}"
key = "0123456789abcdef"

[group.customers]
says = "Everybody with an account."
reach = "clients"
template = "customers"
to = [
  {{ channel = "post", address = "customers@lists.bank.example" }},
  {{ channel = "hook", address = "status-page" }},
]

[group.public]
reach = "public"
template = "public"
to = [{{ channel = "hook", address = "blog" }}]

[group.executives]
reach = "organisation"
template = "executives"
to = [{{ channel = "post", address = "board@bank.example" }}]
"""


@dataclass
class Clock:
    now: float = BEGIN

    def __call__(self) -> float:
        return self.now


def _entropy() -> Any:
    numbers = itertools.count(1)
    return lambda size: next(numbers).to_bytes(size)


@dataclass
class Newsroom:
    store: Store
    mail: MailServer
    http: HttpServer
    clock: Clock
    desk: Desk
    file: ChannelFile
    publisher: Publisher
    log: io.StringIO = field(default_factory=io.StringIO)

    def incident(self, **more: Any) -> Incident:
        told = {"title": "The bank is empty", "type": "exploit", "summary": "Reentrancy in withdraw.", "loss": True}
        return declare(self.desk, ADA, Declaration(**{**told, "in_progress": True, **more}))

    def draft(self, incident: Incident, group: str = "customers", **more: Any) -> Told:
        told = {"text": "Deposits are paused.", "incident": incident.number, "group": group}
        return updates.draft(self.desk, ADA, self.file, **{**told, **more})

    def approved(self, incident: Incident, group: str = "customers", **more: Any) -> str:
        name = self.draft(incident, group, **more).update.id
        updates.submit(self.desk, ADA, name)
        updates.approve(self.desk, BO, self.file, name)
        return name

    def send(self, name: str) -> Told:
        return updates.send(self.desk, BO, self.file, name, channels_are_safe=True)

    def turn(self) -> None:
        """What the publisher does until nothing is due."""

        async def work() -> None:
            while await self.publisher.once():
                pass

        asyncio.run(work())

    def show(self, name: str) -> Told:
        return updates.show(self.desk, ADA, name)

    def alerts(self) -> list[str]:
        return [alert.detail for alert in health.open_alerts(self.store.engine) if alert.kind == "update"]


def newsroom(store: Store, mail: MailServer, http: HttpServer) -> Newsroom:
    clock, log = Clock(), io.StringIO()
    desk = Desk(settings=parse("", "tocsin.toml", {}), store=store, clock=clock, entropy=_entropy())
    file = parse_channels(channels(mail.port, http.url), "channels.toml", {})
    teller = Teller(file, Sender().send, clock, Stored(store, clock))
    publisher = Publisher(desk=desk, teller=teller, log=logger(log, ()))
    return Newsroom(store, mail, http, clock, desk, file, publisher, log)
