"""
Which findings are about the same thing.

Two belong together when they are about one transaction, when an actor of one is an actor of the other, or when both say
of one contract that it is a victim. Accounts that many use (routers, exchanges, bridges, searchers and so on, as far as
they are known, and well-known tokens) connect nothing: two strangers that trade on one exchange are still strangers.
Neither does who is only suspected to have lost, nor who lost in more than a hundred transactions: a pool everybody
trades in would make one alert of a day.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from tocsin.chain.routers import ROUTERS
from tocsin.chain.tokens import TOKENS
from tocsin.detect.labels import Labels
from tocsin.intel.kinds import BENIGN
from tocsin.model.finding import ACTOR_ROLES, Entity, Finding, Severity
from tocsin.tables.columns import ZERO

SHARED = frozenset((*BENIGN - {"own"}, "mixer"))
"""Kinds of accounts that many use."""
VICTIM = "victim"
MOST_TRANSACTIONS = 100
"""A victim that findings about more transactions name is one that many use: design."""
_ROLES = {**dict.fromkeys(ACTOR_ROLES, "actor"), VICTIM: VICTIM}

Link: TypeAlias = tuple[object, ...]


def clusters(findings: Sequence[Finding], known: Labels) -> list[list[Finding]]:
    """The findings by what they are about, in the order in which they came."""
    links = [tuple(links_of(finding, known)) for finding in findings]
    busy = _busy(findings, links)
    groups = _Groups(len(findings))
    first: dict[Link, int] = {}
    for number, those in enumerate(links):
        for link in those:
            if link not in busy:
                groups.join(number, first.setdefault(link, number))
    found: dict[int, list[Finding]] = {}
    for number, finding in enumerate(findings):
        found.setdefault(groups.of(number), []).append(finding)
    return list(found.values())


def _busy(findings: Sequence[Finding], links: Sequence[Sequence[Link]]) -> frozenset[Link]:
    """The victims of more transactions than one attack has."""
    hit: dict[Link, set[Link]] = {}
    for finding, those in zip(findings, links, strict=True):
        for link in those:
            if VICTIM in link:
                hit.setdefault(link, set()).add(transaction_of(finding))
    return frozenset(link for link, transactions in hit.items() if len(transactions) > MOST_TRANSACTIONS)


def transaction_of(finding: Finding) -> Link:
    """The transaction it is about; itself, where it is about none."""
    place = finding.place
    return (place.chain_id, place.block_hash, place.transaction_hash or finding.id)


def links_of(finding: Finding, known: Labels) -> Iterator[Link]:
    """What joins it to others: its transaction, then actors and victims that are not shared by many."""
    chain_id = finding.place.chain_id
    yield transaction_of(finding)
    if finding.severity > Severity.INFO:
        for entity in finding.entities:
            role = _ROLES.get(entity.role)
            if role and not _is_shared(chain_id, entity, known):
                yield (chain_id, role, entity.address)


def _is_shared(chain_id: int, entity: Entity, known: Labels) -> bool:
    account = bytes.fromhex(entity.address.removeprefix("0x"))
    is_public = account == ZERO or (chain_id, account) in ROUTERS or (chain_id, account) in TOKENS
    return is_public or bool(known.kinds(chain_id, account) & SHARED)


class _Groups:
    """Which of the numbers belong together, as they are joined."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def of(self, number: int) -> int:
        """The number that stands for its group."""
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def join(self, one: int, other: int) -> None:
        """Put two groups together; the lower number stands for them."""
        low, high = sorted((self.of(one), self.of(other)))
        self._parent[high] = low


def accounts(findings: Iterable[Finding], roles: frozenset[str]) -> tuple[str, ...]:
    """The accounts in these roles, each once, the worst finding's first."""
    ranked = sorted(findings, key=lambda finding: finding.rank, reverse=True)
    named = (entity.address for finding in ranked for entity in finding.entities if entity.role in roles)
    return tuple(dict.fromkeys(named))
