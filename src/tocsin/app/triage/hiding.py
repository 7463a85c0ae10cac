"""What suppressions do in a batch: which alerts they hide, which they would have hidden, and which come back."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tocsin.app.triage.batch import Batch
from tocsin.edge.store import triage_intake as intake_rows
from tocsin.model.actor import Actor, ActorKind
from tocsin.model.finding import Finding, Severity
from tocsin.respond.triage.alert import DETECTORS, TriagedAlert
from tocsin.respond.triage.machine import Act, State
from tocsin.respond.triage.suppression import Action, Facets, Suppression, Term, acts, matches, parse


@dataclass(slots=True, kw_only=True)
class Hiding:
    """The suppressions that hold, and what they did to the alerts of a batch."""

    rules: Sequence[tuple[Suppression, tuple[Term, ...]]]
    acting: frozenset[str]
    """Those that do what they say: the others only record it."""
    matched: dict[str, int] = field(default_factory=dict)
    would: dict[tuple[str, str], bool] = field(default_factory=dict)
    by_alert: dict[str, str | None] = field(default_factory=dict)
    """By alert that something joined: the suppression that hides all of it, None where something is not hidden."""

    @classmethod
    def of(cls, batch: Batch) -> "Hiding":
        """Those that hold now."""
        rules = [(rule, parse(rule.expression)) for rule in intake_rows.rules(batch.connection, batch.now)]
        return cls(rules=rules, acting=frozenset(rule.id for rule, terms in rules if acts(rule, terms)))

    def matching(self, facets: Facets) -> list[Suppression]:
        """The suppressions that match, counted."""
        found = [rule for rule, terms in self.rules if matches(terms, facets)]
        for rule in found:
            self.matched[rule.id] = self.matched.get(rule.id, 0) + 1
        return found

    def links(self, found: Sequence[Suppression]) -> list[tuple[object, ...]]:
        """What joins all that these match, where they are to make one alert of it."""
        return [rule.link for rule in found if rule.action is Action.DEDUPE and rule.id in self.acting]

    def joins(self, alert: TriagedAlert, found: Sequence[Suppression], *, is_new: bool) -> None:
        """Something with these suppressions joined an alert."""
        for rule in found:
            if rule.id not in self.acting:
                self.would[rule.id, alert.id] = False
        hides = next((rule.id for rule in found if rule.id in self.acting and rule.action is Action.SNOOZE), None)
        before = hides if is_new else self.by_alert.get(alert.id, alert.suppressed_by)
        self.by_alert[alert.id] = before if hides and before else None

    def merges(self, alert: str, into: str) -> None:
        """An alert goes on in another: hidden only where both were."""
        if into in self.by_alert and self.by_alert.get(alert, "") is None:
            self.by_alert[into] = None

    def settle(self, batch: Batch) -> None:
        """Hide what is new and hidden wholly, return what is not any more, and write what matched."""
        for name, rule in self.by_alert.items():
            alert = batch.alerts[name]
            hides = rule if rule is not None and self._may_hide(rule, alert.severity) else None
            if alert.state is State.SUPPRESSED and hides is None:
                batch.move(
                    alert, Act.RETURN, _actor(alert.suppressed_by), reason="something joined it that is not hidden"
                )
            elif alert.state is State.NEW and hides is not None and name in batch.fresh:
                batch.move(alert, Act.SUPPRESS, _actor(hides), other=hides)
                alert.suppressed_by = hides
                self.would[hides, name] = True
        intake_rows.note_matches(batch.connection, self.matched, batch.now)
        intake_rows.note_hidden(batch.connection, self.would, batch.now)

    def _may_hide(self, rule: str, severity: Severity) -> bool:
        """Whether an alert as bad as this may be hidden: several findings together may be worse than each."""
        terms = next((terms for each, terms in self.rules if each.id == rule), ())
        asked = [term for term in terms if term.field == "severity"]
        return matches(asked, Facets(source="", severity=severity))


def facets_of(finding: Finding) -> Facets:
    """What can be asked of a finding."""
    return Facets(
        source=DETECTORS,
        severity=finding.severity,
        detector=finding.detector,
        chain=finding.place.chain_id,
        addresses=frozenset(entity.address for entity in finding.entities),
        labels=frozenset(finding.labels),
    )


def come_back(batch: Batch, limit: int) -> list[TriagedAlert]:
    """Alerts whose suppression has ended are new."""
    ids = intake_rows.returning(batch.connection, batch.now, limit)
    batch.load(ids)
    back = [batch.of(each) for each in ids]
    for alert in back:
        batch.move(alert, Act.RETURN, _actor(alert.suppressed_by), reason="the suppression has ended")
    return back


def _actor(rule: str | None) -> Actor:
    return Actor(ActorKind.RULE, f"suppression-{rule}")
