"""Findings that come one after another join as they would all at once, however they are cut into batches."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from findings_made import finding
from tocsin.app.known import load
from tocsin.detect.alerts.clusters import MOST_TRANSACTIONS, clusters, links_of
from tocsin.detect.labels import Labels
from tocsin.model.finding import Finding, Severity
from tocsin.respond.triage.joining import Joiner, Link, joiner, text, texts
from tocsin.respond.triage.machine import State

KNOWN = Labels.of(load([]))
NAMES = st.sampled_from(["", "mallory", "trudy", "eve", "oscar"])
FINDINGS = st.builds(
    finding,
    st.integers(1, 3),
    transaction=st.sampled_from(["0x0a", "0x0b", "0x0c", "0x0d", "0x0e"]),
    attacker=NAMES,
    victim=NAMES,
    severity=st.sampled_from([Severity.INFO, Severity.HIGH]),
    chain_id=st.sampled_from([1, 10]),
    key=st.text("abc", max_size=3),
)


class Shelf:
    """What a store keeps between batches."""

    def __init__(self) -> None:
        self.links: dict[str, Link] = {}
        self.members: dict[str, str] = {}
        self.made = 0

    def take(self, batch: Sequence[Finding], most: int = MOST_TRANSACTIONS) -> None:
        links = {each.id: list(links_of(each, KNOWN)) for each in batch}
        held = {name: link for name, link in self.links.items() if name in texts(links.values())}
        join = joiner(held, {link.alert: State.NEW for link in held.values()}, most)
        for each in batch:
            if each.id not in self.members:
                self.made += 1
                self.members[each.id] = join.join(links[each.id], f"{self.made:06d}").alert
        self._put_back(join)

    def _put_back(self, join: Joiner) -> None:
        self.members = {each: join.of(alert) for each, alert in self.members.items()}
        self.links = {**self.links, **join.links}
        for link in self.links.values():
            link.alert = join.of(link.alert)

    def groups(self) -> set[frozenset[str]]:
        found: dict[str, set[str]] = {}
        for each, alert in self.members.items():
            found.setdefault(alert, set()).add(each)
        return {frozenset(each) for each in found.values()}


@given(st.lists(FINDINGS, max_size=30, unique_by=lambda each: each.id), st.lists(st.integers(0, 30), max_size=6))
@settings(max_examples=300, deadline=None)
def test_any_cut_into_batches_gives_the_clusters_of_all_at_once(found: list[Finding], cuts: list[int]) -> None:
    shelf = Shelf()
    edges = sorted({0, *cuts, len(found)})
    for begin, end in pairwise(edges):
        shelf.take(found[begin:end])

    assert shelf.groups() == {frozenset(each.id for each in some) for some in clusters(found, KNOWN)}


def test_a_victim_of_too_many_transactions_joins_nothing_from_there_on() -> None:
    shelf = Shelf()
    strangers = [finding(1, transaction=f"0x{n:02x}", victim="pool") for n in range(1, 6)]
    for each in strangers:
        shelf.take([each], most=3)

    together, *alone = sorted(shelf.groups(), key=len, reverse=True)
    assert together == {each.id for each in strangers[:3]}
    assert [len(each) for each in alone] == [1, 1]


def test_the_alert_that_people_have_got_furthest_with_goes_on() -> None:
    older, newer, new = "01", "02", "03"
    one, other = ("actor", "a"), ("actor", "b")
    held = {text(one): Link(older, older), text(other): Link(newer, newer)}
    join = joiner(held, {older: State.NEW, newer: State.IN_TRIAGE}, MOST_TRANSACTIONS)

    joined = join.join([("t",), one, other], new)

    assert (joined.alert, joined.merged, joined.related) == (newer, (older,), ())


def test_alerts_of_two_incidents_are_not_merged_by_a_program() -> None:
    one, other = ("actor", "a"), ("actor", "b")
    held = {text(one): Link("01", "01"), text(other): Link("02", "02")}
    join = joiner(held, {"01": State.ESCALATED, "02": State.ESCALATED}, MOST_TRANSACTIONS)

    joined = join.join([("t",), one, other], "03")

    assert (joined.alert, joined.merged, joined.related) == ("01", (), ("02",))
