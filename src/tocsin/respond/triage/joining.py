"""
Which alert a finding joins, one finding after another: what `detect/alerts/clusters.py` does for all at once.

Each link (a transaction, an actor, a victim) leads to one open alert. A finding joins the alert its links lead to,
opens one where they lead to none, and merges those they lead to where they are several. A victim that more
transactions name than one attack has joins nothing from there on; what it joined before stays together, because people
are looking at it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.respond.triage.machine import State

VICTIM = "victim"
MERGED_FIRST = (State.ESCALATED, State.IN_TRIAGE, State.ACKNOWLEDGED, State.NEW, State.SUPPRESSED)
"""Of alerts that turn out to be one, that which people have got furthest with goes on; of equals, the oldest."""


@dataclass(slots=True)
class Link:
    """What leads to an open alert."""

    alert: str
    origin: str
    transactions: set[str] = field(default_factory=set)
    """Of a victim: the transactions that name it, digested."""


@dataclass(slots=True)
class Joined:
    """Where a finding goes."""

    alert: str
    is_new: bool
    merged: tuple[str, ...] = ()
    """Alerts that go on in `alert`."""
    related: tuple[str, ...] = ()
    """Alerts of other incidents that it also leads to: these are not merged by a program."""


@dataclass(slots=True, kw_only=True)
class Joiner:
    """The links that matter for some findings, and how they change. Alerts are named by ids that sort by age."""

    links: dict[str, Link]
    states: dict[str, State]
    most_transactions: int
    touched: set[str] = field(default_factory=set)
    """Links that are new or changed."""
    _into: dict[str, str] = field(default_factory=dict)

    def join(self, links: Sequence[tuple[object, ...]], new_id: str) -> Joined:
        """Where a finding with these links goes, the first of which is its transaction."""
        transaction = _digest(text(links[0]))
        useful = [text(link) for link in links if not self._is_busy(link, transaction)]
        found = {self.of(self.links[name].alert) for name in useful if name in self.links}
        joined = self._one_of(sorted(found), new_id)
        for link in links:
            self._note(text(link), joined.alert, transaction if VICTIM in link else "")
        return joined

    def of(self, alert: str) -> str:
        """The alert in which this one goes on."""
        while alert in self._into:
            alert = self._into[alert]
        return alert

    def _one_of(self, found: list[str], new_id: str) -> Joined:
        if not found:
            self.states[new_id] = State.NEW
            return Joined(new_id, is_new=True)
        first, *others = sorted(found, key=lambda each: MERGED_FIRST.index(self.states[each]))
        merged = tuple(each for each in others if self.states[each] is not State.ESCALATED)
        self._into.update(dict.fromkeys(merged, first))
        related = tuple(each for each in others if each not in merged)
        return Joined(first, is_new=False, merged=merged, related=related)

    def _is_busy(self, link: tuple[object, ...], transaction: str) -> bool:
        held = self.links.get(text(link)) if VICTIM in link else None
        return held is not None and len(held.transactions | {transaction}) > self.most_transactions

    def _note(self, name: str, alert: str, transaction: str) -> None:
        if (held := self.links.get(name)) is None:
            self.links[name] = Link(alert, alert, {transaction} if transaction else set())
            self.touched.add(name)
        elif transaction and transaction not in held.transactions and len(held.transactions) <= self.most_transactions:
            held.transactions.add(transaction)
            self.touched.add(name)


def text(link: tuple[object, ...]) -> str:
    """A link as it stands in a row."""
    return ":".join(map(str, link))


def texts(links: Iterable[Iterable[tuple[object, ...]]]) -> set[str]:
    """All of them."""
    return {text(link) for some in links for link in some}


def joiner(held: Mapping[str, Link], states: Mapping[str, State], most_transactions: int) -> Joiner:
    """A joiner that starts from what a store holds."""
    return Joiner(links=dict(held), states=dict(states), most_transactions=most_transactions)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
