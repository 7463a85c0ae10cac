"""
Fusion: what is known about a transaction and its accounts changes how a finding about it is read, and is told.

* A label that another detector puts on the transaction (MEV arbitrage, sandwich, liquidation, ...) lowers the other
  findings about it by at most two levels; an `mev:` label, which costs a thief next to nothing, lowers none below high
  that was as bad, unless its own profit accounts for what was gained (see `explained`).
* A change that the organisation announced lowers a finding about it as much; one that names just this change makes it
  information. A change that was announced, but to something else, is marked and keeps its severity.
* Actors that are all known to be searchers, relayers, routers, services or the organisation's own lower by one level:
  one of them among strangers explains nothing. One that is known to be hostile raises by one, to high at the most: a
  list is no proof.

* What an administrator does to a contract that is not the organisation's own goes one level down: news for those who
  depend on it, and too common a sight to wake everybody.

Nothing is hidden, and neither labels nor known accounts lower a finding that says a watched account lost (reference:
detection, section 4.0, silencing rule).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeAlias

from tocsin.detect.announced import Announced
from tocsin.detect.detector import Detector
from tocsin.detect.engine import Outcome
from tocsin.detect.explained import accounts_for
from tocsin.detect.labels import Labels
from tocsin.intel.kinds import EXPLAINING, HOSTILE, OURS
from tocsin.model.finding import ACTOR_ROLES, LOSS, Finding, Severity, Value
from tocsin.tables.dataset import Tables

LEVELS_DOWN = 2
"""How far a label or an announcement may lower a finding."""
MEV = "mev:"
"""How the labels of trades begin."""
NEVER_LOWERED = LOSS
"""The label of a finding that neither labels nor known accounts lower."""
LOWERED, RAISED = "lowered-from:", "raised-from:"
ANNOUNCED, OTHERWISE = "announced:", "announced-otherwise:"
KNOWN = "known:"
NOT_WATCHED = "not-watched"


Said: TypeAlias = Mapping[str, Sequence[Finding]]
"""By label: the findings that put it on a transaction."""


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
            _of_labels(finding, said.get(_where(finding), {})),
            _of_accounts(finding, known),
            _of_strangers(finding, detectors[finding.detector].concerns, known),
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


def _of_labels(finding: Finding, said: Said) -> Effect | None:
    """What is labelled mev alone still wakes somebody, unless that accounts for the gain."""
    if not said or NEVER_LOWERED in finding.labels:
        return None
    is_cheap = all(label.startswith(MEV) for label in said)
    lowest = _down(finding, LEVELS_DOWN)
    if is_cheap and lowest < Severity.HIGH <= finding.severity and not accounts_for(chain(*said.values()), finding):
        lowest = Severity.HIGH
    return Effect(lowest, tuple(said))


def _of_accounts(finding: Finding, known: Labels) -> Effect | None:
    """What the finding's actors are known to be; hostile outweighs benign."""
    actors = [known.kinds(finding.place.chain_id, account) for account in _actors(finding)]
    kinds = frozenset(kind for each in actors for kind in each)
    if hostile := sorted(kinds & HOSTILE):
        raised = max(finding.severity, min(Severity.HIGH, Severity(min(finding.severity + 1, Severity.CRITICAL))))
        return Effect(raised, tuple(f"{KNOWN}{kind}" for kind in hostile))
    benign = sorted(kinds & EXPLAINING)
    if not actors or not all(each & EXPLAINING for each in actors) or NEVER_LOWERED in finding.labels:
        return None
    return Effect(_down(finding, 1), tuple(f"{KNOWN}{kind}" for kind in benign))


def _actors(finding: Finding) -> Iterator[bytes]:
    for entity in finding.entities:
        if entity.role in ACTOR_ROLES:
            yield bytes.fromhex(entity.address.removeprefix("0x"))


def _of_strangers(finding: Finding, concerns: Sequence[str], known: Labels) -> Effect | None:
    """That none of those whose administration this is are the organisation's."""
    those = [entity.address for entity in finding.entities if entity.role in concerns]
    raw = (bytes.fromhex(address.removeprefix("0x")) for address in those)
    if not those or any(known.kinds(finding.place.chain_id, account) & OURS for account in raw):
        return None
    return Effect(_down(finding, 1), (NOT_WATCHED,))


def _down(finding: Finding, levels: int) -> Severity:
    return Severity(max(Severity.INFO, finding.severity - levels))


def _said(findings: Iterable[Finding], detectors: Mapping[str, Detector]) -> dict[object, Said]:
    """By transaction: the labels that detectors put on it, each with the findings that say so."""
    found: dict[object, dict[str, list[Finding]]] = {}
    for finding in findings:
        if label := detectors[finding.detector].label:
            for where in _about(finding):
                found.setdefault(where, {}).setdefault(label, []).append(finding)
    return dict(found)


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
