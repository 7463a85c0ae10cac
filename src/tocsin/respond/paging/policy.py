"""
Escalation policies: who is told when, until somebody answers; and which policy is for which incident.

A policy is a list of steps. Each begins so long after the escalation, tells its targets, and is done when enough of
them have answered (reference: incident response, 5.1 and 5.2). The matrix of priority, assets and time of the week is a
list of rules: the first that fits names the policy. Where none fits everybody who can be reached is told.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from tocsin.model.priority import HOUR_SECONDS, MINUTE_SECONDS, Priority
from tocsin.respond.estate.estate import Asset, AssetKind, Criticality
from tocsin.respond.oncall.schedule import Schedule
from tocsin.respond.oncall.windows import Window

ROUNDS = 5
"""How often a policy is gone through before tocsin says that nobody answers."""
AGAIN_SECONDS = 5 * MINUTE_SECONDS
"""How long after the last step the next round begins, and how long until who must answer himself is told again."""
REMIND_SECONDS = 30 * MINUTE_SECONDS
"""An acknowledged P1 without progress for so long is told again: its update cadence (reference, 4.2)."""


class TargetKind(StrEnum):
    """What a step tells."""

    PERSON = "person"
    SCHEDULE = "schedule"
    """Whoever is on call then."""
    TEAM = "team"
    ROLE = "role"
    """Whoever has a role of the incident then."""
    SIGNERS = "signers"
    """Those who sign for a Safe of the estate."""
    EVERYONE = "everyone"
    """All people of the estate who can be reached."""


@dataclass(frozen=True, slots=True)
class Target:
    """One entry of a step's list."""

    kind: TargetKind
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else str(self.kind)


class Mode(StrEnum):
    """Whose answer ends a step."""

    SINGLE = "single"
    """That of the first person who acknowledges the incident."""
    MULTI_ACK = "multi_ack"
    """Everybody's: each is told again until he answers himself."""
    QUORUM = "quorum"
    """That of so many different people of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Whom to tell, and when."""

    after_seconds: int
    """After the begin of the escalation."""
    targets: tuple[Target, ...]
    mode: Mode = Mode.SINGLE
    needed: int = 1
    """For a quorum: how many must answer."""
    again_seconds: int = AGAIN_SECONDS
    """For multi_ack and quorum: how long until those who have not answered are told again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Steps, in order of time, and how often to go through them."""

    id: str
    steps: tuple[Step, ...]
    rounds: int = ROUNDS
    pause_seconds: int = AGAIN_SECONDS
    """From the last step to the next round."""

    @property
    def round_seconds(self) -> int:
        """From the begin of one round to that of the next."""
        return self.steps[-1].after_seconds + self.pause_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of the matrix. What is empty fits everything."""

    policy: str
    priorities: frozenset[Priority] = frozenset()
    assets: frozenset[str] = frozenset()
    criticalities: frozenset[Criticality] = frozenset()
    kinds: frozenset[AssetKind] = frozenset()
    teams: frozenset[str] = frozenset()
    """Owners of assets."""
    windows: tuple[Window, ...] = ()
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def fits(self, priority: Priority, assets: Collection[Asset], at: float) -> bool:
        """Whether it is for such an incident at that time: one asset must fit all that is said of assets."""
        if self.priorities and priority not in self.priorities:
            return False
        if self.windows and not any(window.is_open(at, self.zone) for window in self.windows):
            return False
        return not self._names_assets or any(map(self._fits_asset, assets))

    @property
    def _names_assets(self) -> bool:
        return bool(self.assets or self.criticalities or self.kinds or self.teams)

    def _fits_asset(self, asset: Asset) -> bool:
        said = (
            (self.assets, asset.id),
            (self.criticalities, asset.criticality),
            (self.kinds, asset.kind),
            (self.teams, asset.owner),
        )
        return all(not wanted or value in wanted for wanted, value in said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that oncall.toml says."""

    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    remind_seconds: int = REMIND_SECONDS

    def policy_for(self, priority: Priority, assets: Collection[Asset], at: float) -> Policy:
        """The policy of the first rule that fits; else everybody's (`everyone`), whose id begins with `default-`."""
        for rule in self.rules:
            if rule.fits(priority, assets, at):
                return self.policies[rule.policy]
        return everyone(priority)


NO_PLAN = Plan()
"""Where nobody has said who is on call."""
DEFAULT = "default-"
"""How the ids of the policies begin that are used where none is written."""

_P1_MINUTES = (0, 2, 5, 10)
"""When a P1 is told (reference: incident response, 4.5, test 1)."""
_EVERYONE_AT: Mapping[Priority, tuple[int, ...]] = {
    Priority.P1: tuple(minutes * MINUTE_SECONDS for minutes in _P1_MINUTES),
    Priority.P2: (0, 15 * MINUTE_SECONDS, 30 * MINUTE_SECONDS),
    Priority.P3: (0, 2 * HOUR_SECONDS),
    Priority.P4: (0, 12 * HOUR_SECONDS),
}


def everyone(priority: Priority) -> Policy:
    """The policy where none is written: all who can be reached, again and again within the time there is to respond."""
    targets = (Target(TargetKind.EVERYONE),)
    steps = tuple(Step(after_seconds=after, targets=targets) for after in _EVERYONE_AT[priority])
    rounds = ROUNDS if priority in (Priority.P1, Priority.P2) else 1
    return Policy(id=f"{DEFAULT}{priority.lower()}", steps=steps, rounds=rounds)


def standard(first: Target, second: Target, *last: Target) -> Policy:
    """The usual policy of a P1: the first level at once and after 2 minutes, the second at 5, the last at 10."""
    at = [minutes * MINUTE_SECONDS for minutes in _P1_MINUTES]
    told = ((first,), (first,), (second,), last)
    steps = tuple(Step(after_seconds=after, targets=targets) for after, targets in zip(at, told, strict=True))
    return Policy(id="standard", steps=steps)
