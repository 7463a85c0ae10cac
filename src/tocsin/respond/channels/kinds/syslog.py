"""
Syslog: a line for the machines that collect lines.

## What it needs

`host` and `port` of a collector, and `transport`: `tls` (RFC 5425, port 6514), `tcp` or `udp` (port 514). The address
is a name of your choice, in the line as `to`.

## What it shows

One line of RFC 5424: severity by priority, the fields as structured data, the heading and the text as the message, in
UTF-8. Over TCP and TLS each line begins with its length (RFC 6587, 3.4.1), so that no text in it can end it.

## Receipts

None: syslog has no answers. Over UDP nobody knows whether it arrived.

## Blind spots

No person is told. The structured data is under the enterprise number 32473, which RFC 5612 keeps for examples, until
you set one of your own.

Sources: RFC 5424 (6: format, 6.2.1: priority, 6.3.3: escapes, 6.1: receivers should take 2,048 octets), RFC 5425, RFC
5426, RFC 6587.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from tocsin.model.priority import Priority
from tocsin.model.setting import setting
from tocsin.respond.channels.channel import AddressForm, Channel, Judges, Limit, Place, Receipt, Renders
from tocsin.respond.channels.samples import NOW, PAGE
from tocsin.respond.channels.sending import Datagram, Handed, Stream
from tocsin.respond.channels.wording import fit, heading, label, links
from tocsin.respond.message import Message, MessageKind

LARGEST_BYTES = 2_048
FACILITIES_TIMES = 8
_SEVERITIES = {Priority.P1: 1, Priority.P2: 2, Priority.P3: 3, Priority.P4: 4}
"""Alert, critical, error, warning."""
_INFORMATIONAL = 6
_LOUD = frozenset({MessageKind.PAGE})
TRANSPORTS = ("tls", "tcp", "udp")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A collector."""

    host: str = setting("The collector.")
    port: int = setting("Its port.", 6_514, least=1, most=65_535)
    transport: str = setting("tls, tcp or udp.", "tls")
    facility: int = setting("The facility: 4 security, 13 audit, 16 to 23 local.", 16, least=0, most=23)
    machine: str = setting("What this machine is called in the line.", "tocsin")
    enterprise: int = setting("Your private enterprise number (IANA).", 32_473, least=1, most=2**32 - 1)


def _value(text: str) -> str:
    """A parameter's value (RFC 5424, 6.3.3)."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _line(message: Message, settings: Settings, place: Place) -> bytes:
    severity = _SEVERITIES[message.priority] if message.kind in _LOUD else _INFORMATIONAL
    moment = datetime.fromtimestamp(place.now, UTC)
    told = {
        "key": message.key,
        "subject": message.subject,
        "priority": message.priority.value,
        "tlp": label(message),
        "to": place.address,
        "exercise": str(message.is_exercise).lower(),
        "repeat": str(message.may_be_repeat).lower(),
        **{name.lower(): address for name, address in links(message)},
    }
    data = "".join(f' {name}="{_value(value)}"' for name, value in told.items())
    facts = "; ".join(f"{name}: {value}" for name, value in message.facts)
    text = " | ".join(filter(None, (heading(message), message.text.replace("\n", " "), facts)))
    head = (
        f"<{settings.facility * FACILITIES_TIMES + severity}>1 "
        f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1_000:03}Z {_name(settings.machine)} tocsin - "
        f"{message.kind} [tocsin@{settings.enterprise}{data}] "
    )
    return head.encode() + _BYTE_ORDER_MARK + text.encode()


def _name(text: str) -> str:
    """A host name as the header takes it: printable ASCII without spaces, at most 255."""
    return "".join(each for each in text if "!" <= each <= "~")[:255] or "-"


def render(message: Message, settings: Settings, place: Place) -> Datagram | Stream:
    """One line, as a datagram, or counted in a stream."""
    line = fit(message, lambda shorter: _line(shorter, settings, place), len, LARGEST_BYTES)
    if settings.transport == "udp":
        return Datagram(host=settings.host, port=settings.port, data=line)
    framed = f"{len(line)} ".encode() + line
    return Stream(host=settings.host, port=settings.port, data=framed, is_tls=settings.transport == "tls")


def judge(_answer: Handed) -> Receipt:
    """It left: more is not known."""
    return Receipt()


def wrong(settings: Settings) -> str:
    """The transports there are."""
    known = settings.transport in TRANSPORTS
    return "" if known else f"transport is {settings.transport!r}; write one of {', '.join(TRANSPORTS)}"


CHANNEL = Channel(
    id="syslog",
    settings=Settings,
    address=AddressForm(says="any name, such as that of the collector", pattern=r"[\w .@+-]{1,80}"),
    render=render,
    judge=judge,
    wrong=wrong,
    limit=Limit(
        says="2,048 octets a line, and its count",
        most=LARGEST_BYTES + len(f"{LARGEST_BYTES} "),
        measure=lambda sent: len(sent.data),
    ),
    harms=(b"\n", b"\r", b"\x1b"),
    examples=(
        Renders(
            says="a page over UDP",
            message=PAGE,
            settings=Settings(host="logs.example.org", port=514, transport="udp"),
            place=Place(address="soc", now=NOW),
            sends=Datagram(
                host="logs.example.org",
                port=514,
                data=(
                    b'<129>1 2026-09-21T14:13:20.000Z tocsin tocsin - page [tocsin@32473 key="page-7" subj'
                    b'ect="incident:INC-2026-0042" priority="P1" tlp="TLP:AMBER" to="soc" exercise="false"'
                    b' repeat="false" acknowledge="https://tocsin.example.org/ack/dG9rZW4" open="https://t'
                    b'ocsin.example.org/incidents/INC-2026-0042"] \xef\xbb\xbfP1 critical: Reentrancy drains the ba'
                    b"nk | 1,200 ETH left in 3 transactions. The pause is ready. | Chain: Ethereum; Block:"
                    b" 21,000,000"
                ),
            ),
        ),
        Renders(
            says="the same over TLS, counted",
            message=PAGE,
            settings=Settings(host="logs.example.org"),
            place=Place(address="soc", now=NOW),
            sends=Stream(
                host="logs.example.org",
                port=6_514,
                data=(
                    b'431 <129>1 2026-09-21T14:13:20.000Z tocsin tocsin - page [tocsin@32473 key="page-7" '
                    b'subject="incident:INC-2026-0042" priority="P1" tlp="TLP:AMBER" to="soc" exercise="fa'
                    b'lse" repeat="false" acknowledge="https://tocsin.example.org/ack/dG9rZW4" open="https'
                    b'://tocsin.example.org/incidents/INC-2026-0042"] \xef\xbb\xbfP1 critical: Reentrancy drains th'
                    b"e bank | 1,200 ETH left in 3 transactions. The pause is ready. | Chain: Ethereum; Bl"
                    b"ock: 21,000,000"
                ),
                is_tls=True,
            ),
        ),
        Judges(says="it left", answer=Handed(), gives=Receipt()),
    ),
)
