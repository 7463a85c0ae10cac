"""
E-mail by SMTP, to any mailbox, with nothing else installed.

## What it needs

A mail server that takes messages from this machine: host, port, and how it is secured. `starttls` (port 587) and
`tls` (port 465) check its certificate. `plain` is only for a server on your own network; with a password, only for
one on this machine.

## What it shows

Subject: marks, priority, title. The text twice, plain and as HTML, with buttons to acknowledge and to open. Messages
about one subject are one thread. A repeat has the same Message-ID, so that mail stores drop it.

## Receipts

Accepted by the mail server (250). What it cannot deliver later comes back to `sender`, which tocsin does not read.

## Blind spots

A mailbox is not looked at in the night: give people a second way. E-mail is readable to every server on its way.
Mailboxes with characters outside ASCII are refused.

Sources: RFC 5321 (SMTP; 4.2 for replies), RFC 5322 (3.6.4 Message-ID and threads), RFC 3834 (Auto-Submitted),
RFC 2156 (Priority, Importance); X-Priority is a custom of mail programs.
"""

import email.policy
import email.utils
import hashlib
import html
from dataclasses import dataclass
from email.message import EmailMessage

from tocsin.model.errors import ChannelBusy, ChannelRefused
from tocsin.model.priority import Priority
from tocsin.model.setting import NO_SECRET, Secret, setting
from tocsin.respond.channels.channel import AddressForm, Channel, Judges, Place, Receipt, Renders
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.channels.sending import Mail, MailReply
from tocsin.respond.channels.wording import heading, label, line, links, notes, plain, short
from tocsin.respond.message import Message

LONGEST_SUBJECT = 200
SECURITIES = ("starttls", "tls", "plain")
MAILBOX = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
"""What RFC 5321 (4.1.2) calls a mailbox, without quoted names and address literals."""
_URGENCY = {
    Priority.P1: ("1", "urgent", "high"),
    Priority.P2: ("2", "urgent", "high"),
    Priority.P3: ("3", "normal", "normal"),
    Priority.P4: ("5", "non-urgent", "low"),
}
"""X-Priority, Priority, Importance."""
_POLICY = email.policy.SMTP.clone(cte_type="7bit")
_BUTTON = "display:inline-block;padding:8px 16px;margin:0 8px 8px 0;background:#1a1a1a;color:#fff;text-decoration:none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A mail server."""

    host: str = setting("The mail server.")
    port: int = setting(
        "587 for starttls, 465 for tls, 25 for plain, unless your server says otherwise.", 587, least=1, most=65_535
    )
    security: str = setting("starttls, tls, or plain on your own network.", "starttls")
    user: str = setting("The name to log in with; empty for none.", "")
    password: Secret = setting("The password to log in with.", NO_SECRET)  # noqa: RUF009 - frozen
    sender: str = setting("The mailbox messages come from, such as tocsin@example.org.")


def render(message: Message, settings: Settings, place: Place) -> Mail:
    """The e-mail, for one mailbox."""
    return Mail(
        host=settings.host,
        port=settings.port,
        security=settings.security,
        user=settings.user,
        password=settings.password.reveal,
        sender=settings.sender,
        recipient=place.address,
        content=_content(message, settings.sender, place).as_bytes(policy=_POLICY),
    )


def _content(message: Message, sender: str, place: Place) -> EmailMessage:
    made = EmailMessage(policy=_POLICY)
    domain = sender.rpartition("@")[2]
    subject_id = f"<{_digest(message.subject)}@{domain}>"
    number, priority, importance = _URGENCY[message.priority]
    headers = {
        "From": sender,
        "To": place.address,
        "Subject": short(heading(message), LONGEST_SUBJECT),
        "Date": email.utils.formatdate(place.now),
        "Message-ID": f"<{_digest(message.key)}@{domain}>",
        "In-Reply-To": subject_id,
        "References": subject_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Priority": number,
        "Priority": priority,
        "Importance": importance,
        "X-TLP": label(message),
    }
    for name, value in headers.items():
        made[name] = value
    made.set_content(f"{heading(message)}\n\n{plain(message)}\n", cte="quoted-printable")
    made.add_alternative(_page(message), subtype="html", cte="quoted-printable")
    made.set_boundary(f"tocsin-{_digest(message.key)}")
    return made


def _digest(text: str) -> str:
    """What stands for a text in an id: the same for the same text."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _page(message: Message) -> str:
    """The message as HTML without scripts, pictures or anything else that is fetched."""
    text = "".join(f"<p>{html.escape(paragraph)}</p>\n" for paragraph in message.text.splitlines() if paragraph)
    rows = "".join(f"<tr><td>{html.escape(n)}</td><td>{html.escape(v)}</td></tr>\n" for n, v in message.facts)
    buttons = "".join(f'<a style="{_BUTTON}" href="{html.escape(a)}">{html.escape(n)}</a>\n' for n, a in links(message))
    foot = "<br>\n".join(map(html.escape, notes(message)))
    return (
        '<!doctype html>\n<html><body style="font-family:sans-serif;line-height:1.5">\n'
        f"<h2>{html.escape(heading(message))}</h2>\n{buttons}{text}"
        f'<table cellpadding="4">\n{rows}</table>\n<p style="color:#555">{foot}</p>\n</body></html>\n'
    )


def judge(answer: MailReply) -> Receipt:
    """Replies from 400 are for now, from 500 for ever (RFC 5321, 4.2.1)."""
    if 200 <= answer.code < 300:
        return Receipt(provider_id=line(answer.text))
    said = f"the mail server says {answer.code}: {short(line(answer.text), 200)}"
    if answer.code < 500:
        raise ChannelBusy(said)
    raise ChannelRefused(said)


def wrong(settings: Settings) -> str:
    """How it is secured, and from whom messages come."""
    if settings.security not in SECURITIES:
        return f"security is {settings.security!r}; write one of {', '.join(SECURITIES)}"
    if CHANNEL.misaddressed(settings.sender):
        return f"sender {settings.sender!r} is no mailbox"
    return "password is given without user" if settings.password.reveal and not settings.user else ""


CHANNEL = Channel(
    id="email",
    settings=Settings,
    address=AddressForm(says="a mailbox, such as ada@example.org", pattern=MAILBOX),
    render=render,
    judge=judge,
    wrong=wrong,
    examples=(
        Renders(
            says="a page, plain and as HTML",
            message=PAGE,
            settings=Settings(host="mail.example.org", sender="tocsin@example.org"),
            place=Place(address="ada@example.org", now=NOW),
            sends=Mail(
                host="mail.example.org",
                port=587,
                security="starttls",
                sender="tocsin@example.org",
                recipient="ada@example.org",
                content=(
                    b"From: tocsin@example.org\r\n"
                    b"To: ada@example.org\r\n"
                    b"Subject: P1 critical: Reentrancy drains the bank\r\n"
                    b"Date: Mon, 21 Sep 2026 14:13:20 -0000\r\n"
                    b"Message-ID: <f6b5f3c207e3ce9697a1da842b63cbb8@example.org>\r\n"
                    b"In-Reply-To: <3e222e9593fcf89a6e553b28337441f6@example.org>\r\n"
                    b"References: <3e222e9593fcf89a6e553b28337441f6@example.org>\r\n"
                    b"Auto-Submitted: auto-generated\r\n"
                    b"X-Auto-Response-Suppress: All\r\n"
                    b"X-Priority: 1\r\n"
                    b"Priority: urgent\r\n"
                    b"Importance: high\r\n"
                    b"X-TLP: TLP:AMBER\r\n"
                    b"MIME-Version: 1.0\r\n"
                    b"Content-Type: multipart/alternative;\r\n"
                    b' boundary="tocsin-f6b5f3c207e3ce9697a1da842b63cbb8"\r\n'
                    b"\r\n"
                    b"--tocsin-f6b5f3c207e3ce9697a1da842b63cbb8\r\n"
                    b'Content-Type: text/plain; charset="utf-8"\r\n'
                    b"Content-Transfer-Encoding: quoted-printable\r\n"
                    b"\r\n"
                    b"P1 critical: Reentrancy drains the bank\r\n"
                    b"\r\n"
                    b"1,200 ETH left in 3 transactions.\r\n"
                    b"The pause is ready.\r\n"
                    b"\r\n"
                    b"Chain: Ethereum\r\n"
                    b"Block: 21,000,000\r\n"
                    b"\r\n"
                    b"Acknowledge: https://tocsin.example.org/ack/dG9rZW4\r\n"
                    b"Open: https://tocsin.example.org/incidents/INC-2026-0042\r\n"
                    b"TLP:AMBER\r\n"
                    b"\r\n"
                    b"--tocsin-f6b5f3c207e3ce9697a1da842b63cbb8\r\n"
                    b'Content-Type: text/html; charset="utf-8"\r\n'
                    b"Content-Transfer-Encoding: quoted-printable\r\n"
                    b"MIME-Version: 1.0\r\n"
                    b"\r\n"
                    b"<!doctype html>\r\n"
                    b'<html><body style=3D"font-family:sans-serif;line-height:1.5">\r\n'
                    b"<h2>P1 critical: Reentrancy drains the bank</h2>\r\n"
                    b'<a style=3D"display:inline-block;padding:8px 16px;margin:0 8px 8px 0;backgrou=\r\n'
                    b'nd:#1a1a1a;color:#fff;text-decoration:none" href=3D"https://tocsin.example.or=\r\n'
                    b'g/ack/dG9rZW4">Acknowledge</a>\r\n'
                    b'<a style=3D"display:inline-block;padding:8px 16px;margin:0 8px 8px 0;backgrou=\r\n'
                    b'nd:#1a1a1a;color:#fff;text-decoration:none" href=3D"https://tocsin.example.or=\r\n'
                    b'g/incidents/INC-2026-0042">Open</a>\r\n'
                    b"<p>1,200 ETH left in 3 transactions.</p>\r\n"
                    b"<p>The pause is ready.</p>\r\n"
                    b'<table cellpadding=3D"4">\r\n'
                    b"<tr><td>Chain</td><td>Ethereum</td></tr>\r\n"
                    b"<tr><td>Block</td><td>21,000,000</td></tr>\r\n"
                    b"</table>\r\n"
                    b'<p style=3D"color:#555">TLP:AMBER</p>\r\n'
                    b"</body></html>\r\n"
                    b"\r\n"
                    b"--tocsin-f6b5f3c207e3ce9697a1da842b63cbb8--\r\n"
                ),
            ),
        ),
        Judges(
            says="accepted",
            answer=MailReply(code=250, text="2.0.0 queued as 4F"),
            gives=Receipt(provider_id="2.0.0 queued as 4F"),
        ),
        Judges(says="greylisted", answer=MailReply(code=451, text="4.7.1 try later"), gives=ChannelBusy),
        Judges(says="no such mailbox", answer=MailReply(code=550, text="5.1.1 unknown"), gives=ChannelRefused),
    ),
)
