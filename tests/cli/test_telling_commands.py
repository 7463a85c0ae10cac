"""Channels are looked at and tried out, and stakeholders told, from the command line."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from channel_servers import HttpServer, MailServer, answer, http_server, mail_server, unused_port

CHANNELS = """
[channel.post]
kind = "email"
allow_private = true
host = "127.0.0.1"
port = {port}
security = "plain"
sender = "status@bank.example"

[channel.hook]
kind = "webhook"
allow_private = true
url = "{url}/secret-path"
key = "${{HOOK_KEY}}"

[group.customers]
says = "Everybody with an account."
reach = "clients"
template = "customers"
to = [{{ channel = "post", address = "customers@lists.bank.example" }}, {{ channel = "hook", address = "status" }}]
"""
ESTATE = """
[[person]]
id = "ada"
name = "Ada"
contacts = [{ channel = "post", address = "ada@bank.example" }]
[[person]]
id = "bo"
name = "Bo"
contacts = [{ channel = "pots", address = "bo" }, { channel = "post", address = "bo" }]
"""
KEY = "0123456789abcdef"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def http() -> Iterator[HttpServer]:
    with http_server() as server:
        yield server


@pytest.fixture
def place(workplace: Path, monkeypatch: pytest.MonkeyPatch, mail: MailServer, http: HttpServer) -> Path:
    (workplace / "channels.toml").write_text(CHANNELS.format(port=mail.port, url=http.url))
    (workplace / "tocsin.toml").write_text('[estate]\nchannels = "channels.toml"\n')
    monkeypatch.setenv("HOOK_KEY", KEY)
    return workplace


def test_channels_are_shown_without_their_secrets(place: Path, tocsin: Callable[..., Any]) -> None:
    ran = tocsin("channels", "list")
    assert ran.code == 0
    assert "post" in ran.out
    assert "customers@lists.bank.example" in ran.out
    assert "2 channels, 1 group." in ran.err
    for form in ("table", "json"):
        shown = tocsin("channels", "show", "hook", "--format", form)
        assert "***" in shown.out
        assert KEY not in shown.out + shown.err
        assert "secret-path" not in shown.out + shown.err
    assert "there is no channel 'hok'; did you mean 'hook'?" in tocsin("channels", "show", "hok").err


def test_a_check_says_what_would_not_work_and_sends_nothing(
    place: Path, tocsin: Callable[..., Any], mail: MailServer, http: HttpServer
) -> None:
    assert tocsin("channels", "check").code == 0
    text = (place / "channels.toml").read_text()
    away = CHANNELS.format(port=unused_port(), url="http://127.0.0.1:1").replace("allow_private = true\nurl", "url")
    (place / "channels.toml").write_text(away)
    (place / "estate.toml").write_text(ESTATE)
    (place / "tocsin.toml").write_text('[estate]\nchannels = "channels.toml"\nfile = "estate.toml"\n')
    ran = tocsin("channels", "check", "--format", "json")
    assert ran.code == 1
    said = [json.loads(line) for line in ran.out.splitlines()]
    assert [(each["what"], each["is_right"]) for each in said] == [
        ("post", False),
        ("hook", False),
        ("bo", False),
        ("bo", False),
    ]
    assert "no connection" in said[0]["says"]
    assert "not a public address" in said[1]["says"]
    assert "did you mean 'post'" in said[2]["says"]
    assert "'bo' is no address on a channel of kind email" in said[3]["says"]
    assert text != away
    assert not mail.received
    assert not http.requests


def test_a_test_is_marked_and_says_what_the_service_answered(
    place: Path, tocsin: Callable[..., Any], mail: MailServer, http: HttpServer
) -> None:
    ran = tocsin("channels", "test", "post", "ada@bank.example")
    assert ran.code == 0
    assert "post: taken; whether it arrived the service does not say (2.0.0 queued)." in ran.err
    assert mail.received[0].message["Subject"] == "[TEST] P4 low: tocsin can reach you here"
    http.tricks = [answer(500, b"/secret-path broke " + KEY.encode())]
    failed = tocsin("channels", "test", "hook", "ada")
    assert failed.code == 1
    assert "channel hook: HTTP status 500" in failed.err
    assert KEY not in failed.err
    assert "secret-path" not in failed.err


def test_an_update_goes_from_a_draft_to_its_stakeholders(
    place: Path, tocsin: Callable[..., Any], mail: MailServer, http: HttpServer
) -> None:
    declared = tocsin("incident", "declare", "The bank is empty", "--type", "exploit", "--as", "ada")
    assert declared.code == 0, declared.err
    number = json.loads(tocsin("incident", "list", "--format", "json", "--as", "ada").out.splitlines()[0])["number"]

    drafted = tocsin(
        "updates", "draft", number, "--group", "customers", "--text", "Deposits are paused.", "--as", "ada"
    )
    assert drafted.code == 0, drafted.err
    assert "Deposits are paused." in drafted.out
    assert f"tocsin updates review {number}/1" in drafted.err
    name = f"{number}/1"
    assert tocsin("updates", "review", name, "--as", "ada").code == 0
    assert tocsin("updates", "approve", name, "--as", "ada").code == 2
    assert tocsin("updates", "approve", name, "--as", "bo").code == 0
    assert "channels are safe" in tocsin("updates", "send", name, "--as", "bo").err

    sent = tocsin("updates", "send", name, "--channels-are-safe", "--as", "bo")
    assert sent.code == 0, sent.err
    assert "delivered" in sent.out
    assert len(mail.received) == len(http.requests) == 1
    (listed,) = (
        json.loads(line) for line in tocsin("updates", "list", "--format", "json", "--as", "bo").out.splitlines()
    )
    assert (listed["name"], listed["state"], listed["approver"]) == (name, "sent", "user:bo")
    postponed = tocsin(
        "updates", "postpone", number, "--group", "customers", "--until", "+2h", "--reason", "Quiet.", "--as", "bo"
    )
    assert postponed.code == 0, postponed.err


def test_without_channels_it_says_what_to_do(workplace: Path, tocsin: Callable[..., Any]) -> None:
    (workplace / "tocsin.toml").write_text("")
    assert "docs/channels.md" in tocsin("channels", "list").err
    assert tocsin("channels", "check").code == 2
    assert tocsin("channels", "test", "post", "x").code == 2
