"""
Intake: notices of findings, in order, become alerts. A batch is one transaction with a bounded number of statements.

What a finding joins is decided by `respond/triage/joining.py` on the links of `detect/alerts/clusters.py`; how bad an
alert is by `detect/alerts`, on the findings that its score rests on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.app.triage.batch import Batch, Knowledge
from tocsin.app.triage.hiding import Hiding, facets_of
from tocsin.detect.alerts import score
from tocsin.detect.alerts.alerts import alert_of, only_labels
from tocsin.detect.alerts.clusters import MOST_TRANSACTIONS, links_of
from tocsin.detect.detector import Detector
from tocsin.detect.labels import Labels
from tocsin.edge.store import triage_intake as rows
from tocsin.edge.store.findings import Stored
from tocsin.edge.store.triage_intake import Member, Waiting, kept
from tocsin.model.actor import TOCSIN, Actor, ActorKind
from tocsin.model.finding import ACTOR_ROLES, VICTIM_ROLES, Entity, Severity
from tocsin.respond.incident.events import FindingRetracted
from tocsin.respond.triage.alert import DETECTORS, Kept, TriagedAlert, keep, named
from tocsin.respond.triage.events import AlertFindingRetracted, AlertRaised
from tocsin.respond.triage.facts import types_of
from tocsin.respond.triage.joining import Joined, Joiner, Link, joiner, text, texts
from tocsin.respond.triage.machine import Act, State
from tocsin.respond.triage.suppression import Action

LINKS_LEAD_SECONDS = 10 * 86_400
"""An alert that nothing joined for so long is joined no more (as a new account's funding: detection, section 8.4)."""


@dataclass(slots=True, kw_only=True)
class Intake:
    """The notices of a batch, on their way into alerts."""

    batch: Batch
    knowledge: Knowledge
    joiner: Joiner
    members: dict[str, Member]
    hiding: Hiding
    links: dict[str, tuple[tuple[object, ...], ...]]
    """Of each finding, by its id."""
    there: frozenset[str] = frozenset()
    """Links that have a row."""
    bodies: dict[str, Stored] = field(default_factory=dict)
    new_members: dict[str, None] = field(default_factory=dict)
    changed_members: dict[str, None] = field(default_factory=dict)
    to_score: dict[str, None] = field(default_factory=dict)
    to_read_anew: dict[str, None] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    related: list[tuple[str, str]] = field(default_factory=list)
    """Alerts of two incidents that something joins."""
    gone: list[tuple[str, Stored]] = field(default_factory=list)
    """Findings that were taken back, with the alert of each that is about an incident."""
    touched: dict[str, None] = field(default_factory=dict)

    def take(self, notice: Waiting) -> None:
        """One notice."""
        finding = notice.finding
        member = self.members.get(finding.id)
        if notice.is_retraction:
            self._retract(notice, member)
        elif member is None or self._alert(member.alert).state is State.CLOSED:
            self._join(notice, member)
        elif member.retracted_at is not None:
            self._restore(notice, member)

    def _alert(self, name: str) -> TriagedAlert:
        return self.batch.of(self.joiner.of(name))

    def _join(self, notice: Waiting, before: Member | None) -> None:
        finding, found = notice.finding, self.hiding.matching(facets_of(notice.finding))
        joined = self.joiner.join([*self.links[finding.id], *self.hiding.links(found)], self.batch.new_id())
        alert = self._open(notice, joined) if joined.is_new else self._go_on(notice, joined)
        self.hiding.joins(alert, found, is_new=joined.is_new)
        self._count_out(before)
        self.members[finding.id] = member = _member(notice, alert.id, self.batch.now)
        (self.changed_members if before else self.new_members)[finding.id] = None
        self.bodies[finding.id] = finding
        alert.findings += 1
        self._tell(alert, notice)
        if _matters(entry := kept(member, finding), alert.story.kept):
            self.batch.retell(alert, kept=keep([*alert.story.kept, entry]))
            self.to_score[alert.id] = None
        self.touched[alert.id] = None

    def _count_out(self, before: Member | None) -> None:
        """A finding that came back after its alert was closed belongs to the new one only."""
        if before is not None:
            old = self._alert(before.alert)
            old.findings -= 1
            old.retracted -= before.retracted_at is not None

    def _open(self, notice: Waiting, joined: Joined) -> TriagedAlert:
        finding = notice.finding
        return self.batch.open(
            TriagedAlert(
                id=joined.alert,
                key=text(self.links[finding.id][0]),
                state=State.NEW,
                source=DETECTORS,
                severity=finding.severity,
                title=finding.title,
                chain_id=finding.place.chain_id,
                opened_at=self.batch.now,
                occurred_at=notice.seen_at if notice.block_time is None else notice.block_time,
                last_seen=notice.seen_at,
            ),
            TOCSIN,
        )

    def _go_on(self, notice: Waiting, joined: Joined) -> TriagedAlert:
        alert = self._alert(joined.alert)
        for name in joined.merged:
            self._merge(name, alert)
        self.related += [(alert.id, other) for other in joined.related]
        alert.times += 1
        alert.last_seen = max(alert.last_seen, notice.seen_at)
        return alert

    def _merge(self, name: str, into: TriagedAlert) -> None:
        other = self.batch.of(name)
        absorb(self.batch, other, into, TOCSIN, "something was found that belongs to both")
        self.hiding.merges(name, into.id)
        self.merged[name] = into.id
        self.to_read_anew[into.id] = None

    def _tell(self, alert: TriagedAlert, notice: Waiting) -> None:
        """What the finding names, and what of the estate it hits."""
        finding, story = notice.finding, alert.story
        place = finding.place
        hit = self.knowledge.estate.hit((place.chain_id, entity.address) for entity in finding.entities)
        self.batch.retell(
            alert,
            detectors=named(story.detectors, (finding.detector,)),
            actors=named(story.actors, _in(finding.entities, ACTOR_ROLES)),
            victims=named(story.victims, _in(finding.entities, VICTIM_ROLES)),
            transactions=named(story.transactions, [place.transaction_hash] if place.transaction_hash else ()),
            directly=named(story.directly, (asset.id for asset in hit.directly)),
            assets=named(story.assets, (asset.id for asset in hit.assets)),
        )

    def _restore(self, notice: Waiting, member: Member) -> None:
        """The block of a finding stands again."""
        alert = self._alert(member.alert)
        member.retracted_at = None
        alert.retracted -= 1
        alert.times += 1
        alert.last_seen = max(alert.last_seen, notice.seen_at)
        self.batch.retell(alert, told="")
        self._changed(member, alert)

    def _retract(self, notice: Waiting, member: Member | None) -> None:
        if member is None or member.retracted_at is not None:
            return
        alert = self._alert(member.alert)
        member.retracted_at = self.batch.now
        alert.retracted += 1
        standing = alert.findings - alert.retracted
        event = AlertFindingRetracted(finding=member.finding, standing=standing, replaced_by=notice.replaced_by)
        self.batch.enter(alert.id, event, Actor(ActorKind.CHAIN, str(notice.finding.place.chain_id)))
        if alert.incident is not None:
            told = FindingRetracted(alert=alert.id, finding=member.finding, replaced_by=notice.replaced_by)
            self.batch.tell(alert.incident, told)
            self.gone.append((alert.id, notice.finding))
        self._changed(member, alert)

    def _changed(self, member: Member, alert: TriagedAlert) -> None:
        if member.finding not in self.new_members:
            self.changed_members[member.finding] = None
        self.to_read_anew[alert.id] = None
        self.touched[alert.id] = None

    def settle(self) -> list[TriagedAlert]:
        """Write who belongs where, and score; returns the alerts that something joined or left."""
        for member in (self.members[each] for each in (*self.new_members, *self.changed_members)):
            member.alert = self.joiner.of(member.alert)
        connection = self.batch.connection
        new, changed = ([self.members[each] for each in some] for some in (self.new_members, self.changed_members))
        rows.write_members(connection, new, changed)
        rows.write_links(connection, self._links(), self.there)
        for name in self.merged:
            rows.move(connection, name, self.joiner.of(name))
        for name in self.to_read_anew:
            read_anew(self.batch, self._alert(name), self.bodies)
        score_alerts(
            self.batch,
            {self.joiner.of(name) for name in (*self.to_score, *self.to_read_anew)},
            self.bodies,
            self.knowledge.groups,
        )
        self.hiding.settle(self.batch)
        return [self.batch.alerts[each] for each in dict.fromkeys(map(self.joiner.of, self.touched))]

    def _links(self) -> Iterator[tuple[str, Link]]:
        for name in self.joiner.touched:
            link = self.joiner.links[name]
            yield name, Link(self.joiner.of(link.alert), link.origin, link.transactions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What it takes to tell which findings belong together."""

    detectors: Mapping[str, Detector]
    known: Labels


def take_in(batch: Batch, knowledge: Knowledge, sight: Sight, limit: int) -> tuple[int, Intake | None]:
    """Take in what waits longest, up to so many notices; how many there were, and what became of them."""
    notices = rows.waiting(batch.connection, limit)
    telling = [each for each in notices if not only_labels(each.finding, sight.detectors)]
    intake = None
    if telling:
        links = {each.finding.id: tuple(links_of(each.finding, sight.known)) for each in telling}
        intake = _prepared(batch, knowledge, links)
        for notice in telling:
            intake.take(notice)
    rows.done(batch.connection, [each.sequence for each in notices])
    return len(notices), intake


def _prepared(batch: Batch, knowledge: Knowledge, links: dict[str, tuple[tuple[object, ...], ...]]) -> Intake:
    hiding = Hiding.of(batch)
    shared = [rule.link for rule, _ in hiding.rules if rule.action is Action.DEDUPE]
    names, keys = texts([*links.values(), shared]), {text(some[0]) for some in links.values()}
    since = batch.now - LINKS_LEAD_SECONDS
    held, states, there = rows.links_of(batch.connection, names, keys, since=since)
    members = rows.members_of(batch.connection, links)
    batch.load({*states, *(member.alert for member in members.values())})
    join = joiner(held, states, MOST_TRANSACTIONS)
    return Intake(
        batch=batch, knowledge=knowledge, joiner=join, members=members, hiding=hiding, links=links, there=there
    )


def absorb(batch: Batch, alert: TriagedAlert, into: TriagedAlert, actor: Actor, reason: str) -> None:
    """One alert goes on in another. What it tells stays with it too."""
    if alert.state is State.SUPPRESSED:
        batch.move(alert, Act.RETURN, actor, reason=reason)
    batch.move(alert, Act.MERGE, actor, reason=reason, other=into.id)
    alert.merged_into = into.id
    into.times += alert.times
    into.findings += alert.findings
    into.retracted += alert.retracted
    into.occurred_at = min(into.occurred_at, alert.occurred_at)
    into.last_seen = max(into.last_seen, alert.last_seen)
    mine, its = into.story, alert.story
    batch.retell(
        into,
        **{
            name: named(getattr(mine, name), getattr(its, name))
            for name in ("detectors", "labels", "actors", "victims", "transactions", "directly", "assets")
        },
    )


def read_anew(batch: Batch, alert: TriagedAlert, bodies: dict[str, Stored]) -> None:
    """What the score of an alert rests on, after findings went or came in numbers."""
    standing = rows.standing_members(batch.connection, alert.id)
    batch.retell(alert, kept=keep(kept(member, finding) for member, finding in standing))
    bodies.update({finding.id: finding for _, finding in standing})


def score_alerts(batch: Batch, names: Iterable[str], bodies: dict[str, Stored], groups: Mapping[str, str]) -> None:
    """How bad these alerts are, from the findings that their scores rest on."""
    wanted = [batch.of(name) for name in sorted(names)]
    needed = {one.finding for alert in wanted for one in alert.story.kept}
    bodies.update(rows.bodies(batch.connection, needed - set(bodies)))
    for alert in wanted:
        if told := [bodies[one.finding] for one in alert.story.kept]:
            _score(batch, alert, told, groups)


def _types(told: Sequence[Stored], groups: Mapping[str, str]) -> set[str]:
    """What it may be, by the findings that are more than a hint; by all, where there are only hints."""
    telling = [finding for finding in told if finding.severity >= Severity.MEDIUM] or told
    return {each for finding in telling for each in types_of(finding.labels, groups.get(finding.detector, ""))}


def _score(batch: Batch, alert: TriagedAlert, told: Sequence[Stored], groups: Mapping[str, str]) -> None:
    scored = alert_of(told)
    if scored.severity > alert.severity and alert.id not in batch.fresh:
        raised = AlertRaised(before=alert.severity.word, after=scored.severity.word, why=scored.why)
        batch.enter(alert.id, raised, TOCSIN)
    alert.severity, alert.title, alert.chain_id = scored.severity, scored.title, scored.chain_id
    worst = max(told, key=lambda finding: finding.rank)
    batch.retell(
        alert,
        summary=scored.summary,
        why=scored.why,
        probability=scored.probability,
        weight=scored.weight,
        stages=tuple(stage.value for stage in scored.stages),
        labels=named((), (label for finding in told for label in finding.labels)),
        types=tuple(sorted(_types(told, groups))),
        block_number=worst.place.block_number,
        block_hash=worst.place.block_hash,
    )


def _member(notice: Waiting, alert: str, now: float) -> Member:
    finding = notice.finding
    (reason,) = score.reasons([finding])
    return Member(
        finding=finding.id,
        alert=alert,
        origin=alert,
        detector=finding.detector,
        stage=reason.stage.value,
        weight=reason.weight,
        severity=int(finding.severity),
        joined_at=now,
    )


def _matters(entry: Kept, before: tuple[Kept, ...]) -> bool:
    """Whether it is one of those that the score rests on."""
    return entry in keep([*before, entry])


def _in(entities: Iterable[Entity], roles: frozenset[str]) -> list[str]:
    return [entity.address for entity in entities if entity.role in roles]
