"""
Fusion: what is known about a transaction and its accounts changes how a finding about it is read, and is told.

* A label that another detector puts on the transaction (MEV arbitrage, sandwich, liquidation, ...) lowers the other
  findings about it by at most two levels.
* A change that the organisation announced lowers a finding about it as much; one that names just this change makes it
  information. A change that was announced, but to something else, is marked and keeps its severity.
* An actor that is known to be a searcher, a relayer, a router, a service or the organisation's own lowers by one level;
  one that is known to be hostile raises by one, to high at the most: a list is no proof.

Nothing is hidden, and neither labels nor known accounts lower a finding that says a watched account lost (reference:
detection, section 4.0, silencing rule).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tocsin.detect.announced import Announced
from tocsin.detect.detector import Detector
from tocsin.detect.engine import Outcome
from tocsin.detect.labels import Labels
from tocsin.intel.kinds import BENIGN, HOSTILE
from tocsin.model.finding import ACTOR_ROLES, Finding, Severity, Value
from tocsin.tables.dataset import Tables

LEVELS_DOWN = 2
"""How far a label or an announcement may lower a finding."""
NEVER_LOWERED = "watched-loss"
"""The label of a finding that neither labels nor known accounts lower."""
LOWERED, RAISED = "lowered-from:", "raised-from:"
ANNOUNCED, OTHERWISE = "announced:", "announced-otherwise:"
KNOWN = "known:"


@dataclass(frozen=True, slots=True)
class Effect:
    """What one thing that is known does to a finding."""

    severity: Severity
    labels: tuple[str, ...]


def fuse(outcome: Outcome, detectors: Mapping[str, Detector], tables: Tables) -> Outcome:
    """The outcome with everything that is known applied to its findings. Reads labels, announced_changes and blocks."""
    said, announced, known = _said(outcome.findings, detectors), Announced(tables), Labels.of(tables)

    def read(finding: Finding) -> Finding:
        if detectors[finding.detector].label:
            return finding
        effects = (
            _of_announcement(finding, announced),
            _of_labels(finding, said.get(_where(finding), ())),
            _of_accounts(finding, known),
        )
        return _read(finding, [effect for effect in effects if effect])

    return replace(outcome, findings=tuple(map(read, outcome.findings)))


def _read(finding: Finding, effects: Sequence[Effect]) -> Finding:
    """The finding with the effects that lower most, or else raise; and all their labels."""
    if not effects:
        return finding
    least = min(effect.severity for effect in effects)
    severity = least if least < finding.severity else max(effect.severity for effect in effects)
    way = LOWERED if severity < finding.severity else RAISED
    changed = () if severity == finding.severity else (f"{way}{finding.severity.word}",)
    told = dict.fromkeys(label for effect in effects for label in effect.labels)
    return replace(finding, severity=severity, labels=(*finding.labels, *told, *changed))


def _of_announcement(finding: Finding, announced: Announced) -> Effect | None:
    match = announced.match(finding)
    if match is None:
        return None
    if match.differs:
        return Effect(finding.severity, (f"{OTHERWISE}{match.reference}",))
    return Effect(Severity.INFO if match.is_named else _down(finding, LEVELS_DOWN), (f"{ANNOUNCED}{match.reference}",))


def _of_labels(finding: Finding, said: tuple[str, ...]) -> Effect | None:
    if not said or NEVER_LOWERED in finding.labels:
        return None
    return Effect(_down(finding, LEVELS_DOWN), said)


def _of_accounts(finding: Finding, known: Labels) -> Effect | None:
    """What the finding's actors are known to be; hostile outweighs benign."""
    kinds = frozenset(kind for account in _actors(finding) for kind in known.kinds(finding.place.chain_id, account))
    if hostile := sorted(kinds & HOSTILE):
        raised = max(finding.severity, min(Severity.HIGH, Severity(min(finding.severity + 1, Severity.CRITICAL))))
        return Effect(raised, tuple(f"{KNOWN}{kind}" for kind in hostile))
    benign = sorted(kinds & BENIGN)
    if not benign or NEVER_LOWERED in finding.labels:
        return None
    return Effect(_down(finding, 1), tuple(f"{KNOWN}{kind}" for kind in benign))


def _actors(finding: Finding) -> Iterator[bytes]:
    for entity in finding.entities:
        if entity.role in ACTOR_ROLES:
            yield bytes.fromhex(entity.address.removeprefix("0x"))


def _down(finding: Finding, levels: int) -> Severity:
    return Severity(max(Severity.INFO, finding.severity - levels))


def _said(findings: Iterable[Finding], detectors: Mapping[str, Detector]) -> dict[object, tuple[str, ...]]:
    """By transaction: the labels that detectors put on it."""
    found: dict[object, dict[str, None]] = {}
    for finding in findings:
        if label := detectors[finding.detector].label:
            for where in _about(finding):
                found.setdefault(where, {})[label] = None
    return {where: tuple(labels) for where, labels in found.items()}


def _about(finding: Finding) -> list[object]:
    """Every transaction a labelling finding speaks of: its own and those its `*_transaction(s)` values name."""
    place = finding.place
    named = [each for name, value in finding.values.items() if name.endswith(_NAMING) for each in _texts(value)]
    return [(place.chain_id, place.block_hash, tx) for tx in dict.fromkeys((place.transaction_hash, *named))]


_NAMING = ("_transaction", "_transactions")


def _texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, Sequence) else ()


def _where(finding: Finding) -> object:
    place = finding.place
    return (place.chain_id, place.block_hash, place.transaction_hash)
