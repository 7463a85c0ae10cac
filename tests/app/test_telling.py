"""A message is told on a real channel, and what the other side does is told apart."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from channel_servers import (
    DROP,
    HANG,
    HttpServer,
    MailServer,
    answer,
    drop,
    drop_half_way,
    hang,
    http_server,
    huge,
    mail_server,
    unused_port,
)
from tocsin.app.telling.file import parse_channels
from tocsin.app.telling.teller import Remembered, Teller
from tocsin.edge.sending.sender import Sender
from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.respond.channels.channel import Receipt
from tocsin.respond.channels.kinds.webhook import signature
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.message import Message

KEY = "a key that nobody can guess"
SHORT_SECONDS = 0.3


def teller(text: str) -> Teller:
    return Teller(parse_channels(text, "channels.toml", {"KEY": KEY}), Sender().send, lambda: NOW, Remembered())


def tell(text: str, channel: str, address: str, message: Message = PAGE) -> Receipt:
    return asyncio.run(teller(text).tell(channel, address, message))


def hook(url: str, seconds: float = 30, allow_private: bool = True) -> str:
    private = str(allow_private).lower()
    shared = f'[channel.hook]\nkind = "webhook"\nallow_private = {private}\nseconds = {seconds}\n'
    return f'{shared}url = "{url}"\nkey = "${{KEY}}"'


def post(port: int, seconds: float = 30, more: str = 'security = "plain"') -> str:
    shared = f'[channel.post]\nkind = "email"\nallow_private = true\nseconds = {seconds}\n'
    return f'{shared}host = "127.0.0.1"\nport = {port}\nsender = "tocsin@example.org"\n{more}'


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def http() -> Iterator[HttpServer]:
    with http_server() as server:
        yield server


def test_an_e_mail_arrives_whole(mail: MailServer) -> None:
    receipt = tell(post(mail.port), "post", "ada@example.org")

    assert receipt == Receipt(provider_id="2.0.0 queued")
    (got,) = mail.received
    assert (got.sender, got.recipients) == ("tocsin@example.org", ["ada@example.org"])
    assert got.message["Subject"] == "P1 critical: Reentrancy drains the bank"
    assert PAGE.acknowledge_link in got.text
    assert f'href="{PAGE.acknowledge_link}"' in got.page


def test_a_repeat_has_the_same_message_id(mail: MailServer) -> None:
    for message in (PAGE, replace(PAGE, may_be_repeat=True), replace(PAGE, key="page-8")):
        tell(post(mail.port), "post", "ada@example.org", message)

    first, again, other = [got.message for got in mail.received]
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert first["References"] == other["References"]
    assert "May be a repeat" in mail.received[1].text


def test_a_mail_server_that_greylists_is_asked_again(mail: MailServer) -> None:
    mail.replies = ["451 4.7.1 come back in a minute"]
    with pytest.raises(ChannelBusy, match=r"channel post: the mail server says 451.*come back") as busy:
        tell(post(mail.port), "post", "ada@example.org")
    assert not busy.value.may_have_taken


def test_a_mailbox_that_is_not_there_is_refused(mail: MailServer) -> None:
    mail.refused = {"nobody@example.org"}
    with pytest.raises(ChannelRefused, match=r"550.*no such mailbox"):
        tell(post(mail.port), "post", "nobody@example.org")


def test_a_mail_server_that_goes_silent_after_the_e_mail_may_have_taken_it(mail: MailServer) -> None:
    mail.replies = [DROP, HANG]
    with pytest.raises(ChannelBusy, match="no reply after the e-mail") as dropped:
        tell(post(mail.port), "post", "ada@example.org")
    with pytest.raises(ChannelBusy, match="no answer in") as hung:
        tell(post(mail.port, SHORT_SECONDS), "post", "ada@example.org")
    assert dropped.value.may_have_taken
    assert hung.value.may_have_taken


def test_what_nobody_listens_to_has_taken_nothing() -> None:
    port = unused_port()
    for text, channel, address in (
        (post(port), "post", "ada@example.org"),
        (hook(f"http://127.0.0.1:{port}"), "hook", "ada"),
    ):
        with pytest.raises(ChannelBusy, match="no connection") as busy:
            tell(text, channel, address)
        assert not busy.value.may_have_taken


def test_a_webhook_is_signed_over_the_time_and_the_body(http: HttpServer) -> None:
    http.tricks = [answer(202, X_Request_Id="r-9")]
    receipt = tell(hook(http.url + "/in"), "hook", "ada")

    assert receipt == Receipt(provider_id="r-9", is_delivered=True)
    (request,) = http.requests
    assert (request.method, request.path) == ("POST", "/in")
    assert request.headers["Tocsin-Signature"] == signature((KEY.encode(),), int(NOW), request.body)
    assert request.headers["Idempotency-Key"] == PAGE.key
    assert json.loads(request.body)["data"]["title"] == PAGE.title


@pytest.mark.parametrize(
    ("trick", "seconds", "wait", "may_have_taken"),
    [
        (answer(429, Retry_After="7"), 30, 7.0, False),
        (answer(503, Retry_After="Mon, 21 Sep 2026 14:13:30 GMT"), 30, None, False),
        (answer(500), 30, 0.0, True),
        (hang, SHORT_SECONDS, 0.0, True),
        (drop, 30, 0.0, True),
        (drop_half_way, 30, 0.0, True),
    ],
    ids=["429", "503", "500", "hangs", "drops", "drops half way"],
)
def test_a_server_that_fails_is_to_be_asked_again(
    http: HttpServer, trick: object, seconds: float, wait: float | None, may_have_taken: bool
) -> None:
    http.tricks = [trick]  # type: ignore[list-item]
    with pytest.raises(ChannelBusy) as busy:
        tell(hook(http.url, seconds), "hook", "ada")
    assert busy.value.may_have_taken is may_have_taken
    assert wait is None or busy.value.retry_after_seconds == wait


def test_a_server_that_says_no_is_not_asked_again(http: HttpServer) -> None:
    http.tricks = [answer(401, b"bad key " + KEY.encode()), answer(400), answer(302, Location=http.url + "/other")]
    for words in ("401: the key or token is wrong: bad key [*]{3}$", "400", "redirects are not followed"):
        with pytest.raises(ChannelRefused, match=words) as refused:
            tell(hook(http.url), "hook", "ada")
        assert KEY not in str(refused.value)
    assert len(http.requests) == 3


def test_an_endless_answer_is_read_up_to_a_bound(http: HttpServer) -> None:
    http.tricks = [huge]
    assert tell(hook(http.url), "hook", "ada").is_delivered


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433"])
def test_a_private_address_is_not_connected_to_unless_it_is_meant(http: HttpServer, host: str) -> None:
    url = http.url.replace("127.0.0.1", host)
    with pytest.raises(ChannelRefused, match=r"not a public address.*allow_private = true"):
        tell(hook(url, allow_private=False), "hook", "ada")
    assert not http.requests


def test_a_password_never_goes_over_a_plain_connection_to_another_machine(mail: MailServer) -> None:
    with pytest.raises(ChannelRefused, match="SMTP AUTH extension is not supported"):
        tell(post(mail.port, more='security = "plain"\nuser = "a"\npassword = "b"'), "post", "ada@example.org")
    with pytest.raises(ChannelRefused, match="STARTTLS"):
        tell(post(mail.port, more='security = "starttls"'), "post", "ada@example.org")
    assert not mail.received


def test_without_channels_it_says_so() -> None:
    with pytest.raises(ChannelRefused, match="no channel is set up"):
        tell("", "post", "ada@example.org")


def test_the_nearest_channel_is_named() -> None:
    with pytest.raises(ChannelRefused, match="did you mean 'hook'"):
        tell(hook("https://example.org"), "hok", "ada")


def test_what_is_too_confidential_for_a_channel_is_not_sent(http: HttpServer) -> None:
    with pytest.raises(ChannelRefused, match="TLP:RED is more confidential than TLP:AMBER"):
        tell(hook(http.url), "hook", "ada", replace(PAGE, tlp="red"))
    assert not http.requests
