"""Messages of one subject stay in one thread of a chat, over a restart too."""

import asyncio
import json
from dataclasses import replace

import sqlalchemy as sa

from channel_servers import HttpServer, answer
from tocsin.app.telling.file import parse_channels
from tocsin.app.telling.teller import Stored, Teller
from tocsin.edge.sending.sender import Sender
from tocsin.edge.store.opening import Store
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.message import Message


def tell(store: Store, http: HttpServer, message: Message, channel: str = "C1") -> dict[str, object]:
    text = f'[channel.chat]\nkind = "slack"\nallow_private = true\ntoken = "xoxb"\napi = "{http.url}"\n'
    teller = Teller(parse_channels(text, "channels.toml", {}), Sender().send, lambda: NOW, Stored(store, lambda: NOW))
    asyncio.run(teller.tell("chat", channel, message))
    post: dict[str, object] = json.loads(http.requests[-1].body)
    return post


def test_what_comes_later_goes_into_the_first_ones_thread(store: Store, http: HttpServer) -> None:
    stamps = ("1.1", "1.2", "2.1", "3.1")
    http.tricks = [answer(200, json.dumps({"ok": True, "ts": stamp}).encode()) for stamp in stamps]
    other = replace(PAGE, subject="incident:INC-2026-0043")

    posts = [tell(store, http, PAGE), tell(store, http, PAGE), tell(store, http, other), tell(store, http, PAGE, "C2")]
    assert [post.get("thread_ts") for post in posts] == [None, "1.1", None, None]


def test_a_store_that_is_away_holds_no_message_back(store: Store, http: HttpServer) -> None:
    http.always = answer(200, b'{"ok":true,"ts":"1.1"}')
    away = replace(store, engine=sa.create_engine("sqlite:////nowhere/at/all.db"))
    assert "thread_ts" not in tell(away, http, PAGE)
