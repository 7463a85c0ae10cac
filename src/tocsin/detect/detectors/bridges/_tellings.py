"""How an arrival over a bridge that is wrong, or cannot be told to be right, is put into words."""

from dataclasses import dataclass, field, replace
from typing import Self

from tocsin.detect.detectors.bridges._families import FAMILY
from tocsin.detect.detectors.bridges._sight import Row
from tocsin.model.finding import Entity, Place, Severity, Sighting, Value, hexadecimal

COVERAGE = "coverage:source-unseen"
"""The label of what could not be judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is said of an arrival."""

    kind: str
    severity: Severity
    confidence: float
    title: str
    says: str = ""
    why: str = ""
    """Tells apart two of one kind about one arrival; empty: there is one."""
    labels: tuple[str, ...] = ()
    values: dict[str, Value] = field(default_factory=dict)

    def told(self, says: str, why: str = "", **values: Value) -> Self:
        """With what is so about this one."""
        return replace(self, says=says, why=why, values=values)

    def alone(self, says: str) -> Self:
        """The same where the other end is not watched: less sure."""
        return replace(self, says=says, severity=Severity.MEDIUM, confidence=0.5)


UNKNOWN_BRIDGE = "bridge:unknown"
"""The label of what a contract says that nobody knows as a bridge."""


def of_unknown(told: Telling) -> Telling:
    """The same of a contract that anybody may have made to say it: it wakes nobody."""
    severity, labels = min(told.severity, Severity.MEDIUM), (*told.labels, UNKNOWN_BRIDGE)
    return replace(told, severity=severity, confidence=told.confidence / 2, labels=labels)


REPEATED = Telling(
    kind="repeated", severity=Severity.CRITICAL, confidence=0.9, title="A bridge accepted the same message twice"
)
FORGED = Telling(
    kind="forged",
    severity=Severity.CRITICAL,
    confidence=0.95,
    title="A bridge delivered what was never sent on the other chain",
)
ABSENT = replace(FORGED, confidence=0.8)
"""The same, where no number tells and only the time that was looked through does."""
OUT_OF_LINE = Telling(
    kind="out-of-line",
    severity=Severity.HIGH,
    confidence=0.85,
    title="A bridge delivered a message whose number is far beyond the last one",
)
UNSEEN = Telling(
    kind="unseen",
    severity=Severity.LOW,
    confidence=0.3,
    title="What a bridge delivered could not be found on the other chain yet",
    labels=(COVERAGE,),
)


def sighting(release: Row, told: Telling) -> Sighting:
    """The finding about an arrival."""
    amount, beneficiary = release["value_binary"], release["beneficiary"]
    paid = "" if amount is None else f" of {int.from_bytes(amount, 'big')} base units"
    whom = "" if beneficiary is None else f" for 0x{beneficiary.hex()}"
    whence = "another chain" if release["source"] is None else f"chain {release['source']}"
    named = "" if release["number"] is None else f", number {release['number']},"
    return Sighting(
        place=Place.of(release),
        severity=told.severity,
        confidence=told.confidence,
        title=told.title,
        summary=f"At the bridge {hexadecimal(release['contract'])} ({release['channel']}) a message{named} from "
        f"{whence} arrived{paid}{whom}. {told.says}",
        entities=(
            Entity("bridge", str(hexadecimal(release["contract"]))),
            *([] if beneficiary is None else [Entity("beneficiary", str(hexadecimal(beneficiary)))]),
        ),
        values={
            "channel": release["channel"],
            "message_id": str(hexadecimal(release["id"])),
            **({} if release["source"] is None else {"source_chain_id": release["source"]}),
            **({} if release["number"] is None else {"number": release["number"]}),
            **({} if amount is None else {"amount": int.from_bytes(amount, "big")}),
            **told.values,
        },
        labels=told.labels if COVERAGE in told.labels else (FAMILY, *told.labels),
        key=":".join(filter(None, (told.kind, told.why, release["channel"], str(release["log_index"])))),
    )
