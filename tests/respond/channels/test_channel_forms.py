"""What single kinds of channels do that the suite of all does not see."""

import email.policy
import json
import re
from dataclasses import replace
from email.parser import BytesParser
from typing import Any

import pytest
from test_every_channel import HOSTILE, LONG, sent

from tocsin.model.errors import ChannelRefused
from tocsin.model.setting import Secret
from tocsin.respond.channels.catalogue import kinds
from tocsin.respond.channels.channel import Place
from tocsin.respond.channels.kinds.slack import Settings as SlackSettings
from tocsin.respond.channels.kinds.sms import Settings as SmsSettings
from tocsin.respond.channels.kinds.syslog import Settings as SyslogSettings
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.channels.sending import Datagram, HttpRequest, Mail
from tocsin.respond.channels.wording import cleaned, fit, percent, plain
from tocsin.respond.message import MessageKind

MARKUP = re.compile(r"<(?!https://tocsin\.example\.org/)")


def posted(channel: str, message: Any) -> Any:
    request = sent(kinds()[channel], message)
    assert isinstance(request, HttpRequest)
    return json.loads(request.body)


def test_an_e_mail_has_the_headers_we_gave_and_no_other() -> None:
    mail = sent(kinds()["email"], HOSTILE)
    assert isinstance(mail, Mail)
    parsed = BytesParser(policy=email.policy.default).parsebytes(mail.content)
    assert parsed["Bcc"] is None
    assert parsed["To"] == "ada@example.org"
    assert len(parsed["Subject"]) <= 200
    assert max(map(len, mail.content.splitlines())) < 998
    assert not any("\n" in value for value in parsed.values())
    page = parsed.get_body(("html",))
    assert page is not None
    assert not re.search("<(script|img|at)", page.get_content())


def test_slack_markup_is_ours_alone() -> None:
    post = posted("slack", HOSTILE)
    formatted = [
        post["text"],
        *(b["text"]["text"] for b in post["blocks"] if b.get("text", {}).get("type") == "mrkdwn"),
    ]
    assert not any(MARKUP.search(text) for text in formatted)
    assert {b["text"]["type"] for b in post["blocks"] if "text" in b and "channel" in b["text"]["text"]} == {
        "plain_text"
    }


def test_matrix_html_is_ours_alone_and_mentions_nobody() -> None:
    post = posted("matrix", HOSTILE)
    assert "<script" not in post["formatted_body"]
    assert "<img" not in post["formatted_body"]
    assert post["m.mentions"] == {}


def test_a_matrix_event_has_one_transaction_however_often_it_is_sent() -> None:
    first, again = sent(kinds()["matrix"], PAGE), sent(kinds()["matrix"], replace(PAGE, may_be_repeat=True))
    assert isinstance(first, HttpRequest)
    assert isinstance(again, HttpRequest)
    assert first.url == again.url


def test_a_page_and_what_takes_it_back_are_one_incident_at_pagerduty() -> None:
    kinds_of_event = (MessageKind.PAGE, MessageKind.ACKNOWLEDGED, MessageKind.RESOLVED)
    events = [posted("pagerduty", replace(PAGE, kind=kind, key=f"k-{kind}")) for kind in kinds_of_event]
    assert [event["event_action"] for event in events] == ["trigger", "acknowledge", "resolve"]
    assert len({event["dedup_key"] for event in events}) == 1


def test_a_test_resolves_no_real_incident() -> None:
    real, test = posted("pagerduty", PAGE), posted("pagerduty", replace(PAGE, kind=MessageKind.TEST))
    assert real["dedup_key"] != test["dedup_key"]
    assert test["payload"]["severity"] == "info"


def test_structured_data_of_syslog_cannot_be_left() -> None:
    data = Place(address="soc", now=NOW)
    settings = SyslogSettings(host="logs", port=514, transport="udp")
    line = kinds()["syslog"].sending(replace(PAGE, key='a"] [x y="]\\'), settings, data)
    assert isinstance(line, Datagram)
    assert b'key="a\\"\\] [x y=\\"\\]\\\\"' in line.data


def test_a_text_message_whose_links_are_too_long_is_sent_without_them() -> None:
    settings = SmsSettings(account="AC1", token=Secret("t"), sender="+41440000000", characters=160)
    long = replace(PAGE, acknowledge_link="https://example.org/" + "a" * 300)
    request = kinds()["sms"].sending(long, settings, Place(address="+41791234567", now=NOW))
    assert isinstance(request, HttpRequest)
    assert b"P1%20critical" in request.body
    assert b"aaaa" not in request.body


@pytest.mark.parametrize(
    "settings", [SlackSettings(), SlackSettings(token=Secret("t"), webhook=Secret("https://example.org"))]
)
def test_slack_wants_one_way(settings: SlackSettings) -> None:
    assert kinds()["slack"].wrong(settings) == "set either token or webhook"


def test_links_that_are_none_are_left_out_and_others_cannot_be_ended() -> None:
    made = cleaned(replace(PAGE, link="javascript:alert(1)", acknowledge_link='https://a.example/"><b>(x)|y'))
    assert made.link == ""
    assert made.acknowledge_link == "https://a.example/%22%3E%3Cb%3E%28x%29%7Cy"


def test_money_and_sentences_are_not_taken_for_pages() -> None:
    text = "1,200.50 ETH left. The pool is 0.3 full, e.g. see ./x. It ends."
    assert cleaned(replace(PAGE, text=text)).text == text
    assert "claim-usdc[.]com" in cleaned(replace(PAGE, title="Visit claim-usdc.com")).title


def test_as_much_is_kept_as_fits() -> None:
    for most in (300, 1_000, 5_000):
        assert most - 2 <= len(fit(cleaned(LONG), plain, len, most)) <= most
    with pytest.raises(ChannelRefused, match="links of the message alone"):
        fit(PAGE, plain, len, 20)


def test_the_whole_of_a_value_is_quoted_in_a_url() -> None:
    assert percent("a b/\u00e9&=~") == "a%20b%2F%C3%A9%26%3D~"
