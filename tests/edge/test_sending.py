"""What channels want sent is sent to real servers: over TLS, to the address that was looked at, and nowhere else."""

import asyncio
import gc
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from certificates import Authority, authority
from channel_servers import HttpServer, answer, datagrams, http_server, mail_server, streams, unused_port
from tocsin.edge.sending.addresses import is_public
from tocsin.edge.sending.probe import probe
from tocsin.edge.sending.sender import Sender
from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.model.setting import Secret
from tocsin.respond.channels.catalogue import kinds
from tocsin.respond.channels.channel import Place, Receipt, Renders
from tocsin.respond.channels.kinds import (
    apprise,
    console,
    discord,
    email,
    matrix,
    opsgenie,
    pagerduty,
    slack,
    sms,
    syslog,
    teams,
    telegram,
    voice,
)
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.channels.sending import HttpAnswer, HttpRequest, Sending

SECONDS = 30.0
APPRISE = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
"""One of the services that apprise looks through imports an old module."""


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return authority(tmp_path)


@pytest.fixture
def http() -> Iterator[HttpServer]:
    with http_server() as server:
        yield server


def send(sending: Sending, sender: Sender | None = None, *, private: bool = True, seconds: float = SECONDS) -> Any:
    return asyncio.run((sender or Sender()).send(sending, seconds=seconds, allow_private=private))


def tell(kind: str, settings: Any, address: str, sender: Sender | None = None, thread: str = "") -> Receipt:
    channel = kinds()[kind]
    assert not channel.wrong(settings)
    return channel.judge(send(channel.sending(PAGE, settings, Place(address=address, now=NOW, thread=thread)), sender))


def secret(text: str) -> Secret:
    return Secret(text)


SERVICES = {
    "slack": (
        lambda url: slack.Settings(token=secret("xoxb"), api=url),
        "C1",
        b'{"ok":true,"ts":"1.2"}',
        "1.2",
        "/chat.postMessage",
    ),
    "teams": (lambda url: teams.Settings(webhook=secret(url + "/flow")), "room", b"", "", "/flow"),
    "telegram": (
        lambda url: telegram.Settings(token=secret("1:A"), api=url),
        "-100/7",
        b'{"ok":true,"result":{"message_id":5}}',
        "5",
        "/bot1:A/sendMessage",
    ),
    "discord": (
        lambda url: discord.Settings(webhook=secret(url + "/w")),
        "77",
        b'{"id":"9"}',
        "9",
        "/w?wait=true&thread_id=77",
    ),
    "pagerduty": (
        lambda url: pagerduty.Settings(routing_key=secret("r"), url=url + "/v2/enqueue"),
        "bank",
        b'{"dedup_key":"k"}',
        "k",
        "/v2/enqueue",
    ),
    "opsgenie": (
        lambda url: opsgenie.Settings(key=secret("k"), url=url + "/v2/alerts"),
        "team:ops",
        b'{"requestId":"r"}',
        "r",
        "/v2/alerts",
    ),
    "matrix": (
        lambda url: matrix.Settings(home_server=url, token=secret("t")),
        "!a:b.example",
        b'{"event_id":"$e"}',
        "$e",
        "/_matrix/client/v3/rooms/%21a%3Ab.example/send/m.room.message/f6b5f3c207e3ce9697a1da842b63cbb8",
    ),
    "sms": (
        lambda url: sms.Settings(account="AC1", token=secret("t"), sender="MG1", api=url),
        "+41791234567",
        b'{"sid":"SM1"}',
        "SM1",
        "/2010-04-01/Accounts/AC1/Messages.json",
    ),
    "voice": (
        lambda url: voice.Settings(account="AC1", token=secret("t"), sender="+4144000000", api=url),
        "+41791234567",
        b'{"sid":"CA1"}',
        "CA1",
        "/2010-04-01/Accounts/AC1/Calls.json",
    ),
}


@pytest.mark.parametrize("kind", SERVICES)
def test_a_service_is_called_as_it_wants_to_be(http: HttpServer, kind: str) -> None:
    settings, address, body, expected, path = SERVICES[kind]
    http.tricks = [answer(202 if kind == "teams" else 200, body)]

    assert tell(kind, settings(http.url), address).provider_id == expected
    (request,) = http.requests
    assert request.method == ("PUT" if kind == "matrix" else "POST")
    assert request.path == path
    assert request.headers["Host"] == http.url.removeprefix("http://")
    assert b"Reentrancy" in request.body


def test_a_redirect_is_not_followed_to_wherever_it_points(http: HttpServer) -> None:
    with http_server() as inside:
        http.tricks = [answer(307, Location=inside.url)]
        with pytest.raises(ChannelRefused, match="redirects are not followed"):
            tell("teams", teams.Settings(webhook=secret(http.url)), "room")
        assert not inside.requests


def test_a_certificate_is_held_against_the_name_and_not_the_address(ca: Authority) -> None:
    with http_server(ca.server) as server:
        settings = teams.Settings(webhook=secret(server.url + "/flow"))
        assert server.url.startswith("https://localhost:")
        tell("teams", settings, "room", Sender(tls=ca.client))
        with pytest.raises(ChannelBusy, match="certificate verify failed"):
            tell("teams", settings, "room", Sender())
        assert len(server.requests) == 1


def test_a_certificate_of_another_name_is_not_good(tmp_path: Path) -> None:
    other = authority(tmp_path, (x509.DNSName("mail.example.org"),))
    with http_server(other.server) as server, pytest.raises(ChannelBusy, match="certificate verify failed"):
        tell("teams", teams.Settings(webhook=secret(server.url)), "room", Sender(tls=other.client))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the loop ends amid a TLS farewell
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_e_mail_goes_over_tls(ca: Authority, security: str) -> None:
    context = {security: ca.server}
    with mail_server(**context) as server:
        login = {"user": "bank", "password": secret("right")} if security == "starttls" else {}
        settings = email.Settings(
            host="localhost", port=server.port, security=security, sender="tocsin@example.org", **login
        )
        tell("email", settings, "ada@example.org", Sender(tls=ca.client))
        with pytest.raises((ChannelBusy, ChannelRefused), match=r"(?i)certificate|connect"):
            tell("email", settings, "ada@example.org", Sender())
        gc.collect()
    assert [got.recipients for got in server.received] == [["ada@example.org"]]
    assert server.logins == ([("bank", "right")] if login else [])


def test_a_wrong_password_is_refused_and_not_tried_again(ca: Authority) -> None:
    with mail_server(starttls=ca.server) as server:
        settings = email.Settings(
            host="localhost", port=server.port, sender="tocsin@example.org", user="bank", password=secret("wrong")
        )
        with pytest.raises(ChannelRefused, match="535"):
            tell("email", settings, "ada@example.org", Sender(tls=ca.client))


def test_a_line_of_syslog_arrives_over_udp() -> None:
    with datagrams() as listener:
        tell("syslog", syslog.Settings(host="127.0.0.1", port=listener.port, transport="udp"), "soc")
        assert listener.wait().startswith(b"<129>1 2026-09-21T14:13:20.000Z tocsin tocsin - page [tocsin@32473 key=")


@pytest.mark.parametrize("is_tls", [False, True])
def test_lines_of_syslog_arrive_counted_over_tcp(ca: Authority, is_tls: bool) -> None:
    with streams(ca.server if is_tls else None) as listener:
        settings = syslog.Settings(host="localhost", port=listener.port, transport="tls" if is_tls else "tcp")
        tell("syslog", settings, "soc", Sender(tls=ca.client))
        count, _, line = listener.wait().partition(b" ")
        assert int(count) == len(line)
        assert b"Reentrancy drains the bank" in line


def test_a_collector_that_is_away_is_asked_again() -> None:
    settings = syslog.Settings(host="127.0.0.1", port=unused_port(), transport="tcp")
    with pytest.raises(ChannelBusy, match="no connection"):
        tell("syslog", settings, "soc")


def test_the_console_is_written_to() -> None:
    stream = io.StringIO()
    assert tell("console", console.Settings(), "ada", Sender(stream)).is_delivered
    assert stream.getvalue().startswith("to ada: P1 critical: Reentrancy drains the bank\n")


@APPRISE
def test_apprise_tells_what_has_no_kind_of_its_own(http: HttpServer) -> None:
    url = http.url.replace("http://", "json://") + "/{address}"
    assert tell("apprise", apprise.Settings(url=secret(url)), "war room") == Receipt()
    (request,) = http.requests
    assert request.path.startswith("/war%20room")
    assert json.loads(request.body)["title"] == "P1 critical: Reentrancy drains the bank"
    http.tricks = [answer(500)]
    with pytest.raises(ChannelBusy, match="does not say why") as busy:
        tell("apprise", apprise.Settings(url=secret(url)), "war room")
    assert busy.value.may_have_taken
    with pytest.raises(ChannelRefused, match="knows no service"):
        tell("apprise", apprise.Settings(url=secret("nonsense://x")), "war room")


def test_apprise_is_only_used_where_any_address_is_meant() -> None:
    example = next(each for each in kinds()["apprise"].examples if isinstance(each, Renders))
    with pytest.raises(ChannelRefused, match="allow_private = true"):
        send(example.sends, private=False)


PRIVATE = (
    "127.0.0.1 127.9.9.9 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 "
    "192.0.2.1 198.18.0.1 240.0.0.1 ::1 :: fe80::1 fc00::1 ff02::1 2001:db8::1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 "
    "64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 2002:7f00:1::1 2002:a00:1::"
)
PUBLIC = "1.1.1.1 93.184.216.34 2606:4700:4700::1111 ::ffff:1.1.1.1 64:ff9b::101:101"


@pytest.mark.parametrize(
    ("address", "expected"), [*((each, False) for each in PRIVATE.split()), *((each, True) for each in PUBLIC.split())]
)
def test_an_address_of_this_network_in_any_form_is_not_public(address: str, expected: bool) -> None:
    assert is_public(address) is expected


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=4, network="127.0.0.0/8"))
def test_no_way_of_writing_a_private_address_makes_it_public(address: Any) -> None:
    number = int(address)
    for form in (str(address), f"::ffff:{address}", f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}"):
        assert not is_public(form)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "//127.0.0.1",
        "http://",
        "gopher://x",
        "http://a b/",
        "http://\u2603.\u2603",
    ],
)
def test_what_is_no_url_of_the_web_is_refused(url: str) -> None:
    with pytest.raises((ChannelRefused, ChannelBusy)) as said:
        send(HttpRequest(method="POST", url=url))
    assert "passwd" not in str(said.value)


def test_a_header_that_is_none_is_refused_and_sends_nothing(http: HttpServer) -> None:
    bad = HttpRequest(method="POST", url=http.url, headers=(("X-Key", "a\r\nX-Other: b"),))
    with pytest.raises(ChannelRefused, match="header"):
        send(bad)
    assert not http.requests


def test_an_answer_is_whole_up_to_its_bound(http: HttpServer) -> None:
    http.tricks = [answer(200, b"x" * 100_000, X_Request_Id="a")]
    got = send(HttpRequest(method="POST", url=http.url))
    assert isinstance(got, HttpAnswer)
    assert len(got.body) == 64 * 1024
    assert got.headers["x-request-id"] == "a"


def test_many_are_sent_at_once_from_one_sender(http: HttpServer) -> None:
    sender, request = Sender(), HttpRequest(method="POST", url=http.url)

    async def all_of_them() -> list[Any]:
        sends = (
            sender.send(replace(request, body=str(n).encode()), seconds=SECONDS, allow_private=True) for n in range(50)
        )
        return await asyncio.gather(*sends)

    assert {got.status for got in asyncio.run(all_of_them())} == {200}
    assert {request.body for request in http.requests} == {str(n).encode() for n in range(50)}


@APPRISE
def test_a_probe_reaches_as_far_as_there_is_without_a_message(ca: Authority, http: HttpServer) -> None:
    def look(sending: Sending, *, private: bool = True) -> str:
        return asyncio.run(probe(sending, seconds=SECONDS, allow_private=private, tls=ca.client))

    post = HttpRequest(method="POST", url=http.url)
    assert "answers at 127.0.0.1" in look(post)
    with pytest.raises(ChannelRefused, match="not a public address"):
        look(post, private=False)
    with http_server(ca.server) as server:
        assert "certificate is good" in look(HttpRequest(method="POST", url=server.url))
        assert not server.requests
    for kind in ("apprise", "console"):
        example = next(each for each in kinds()[kind].examples if isinstance(each, Renders))
        assert look(example.sends)
    assert not http.requests
