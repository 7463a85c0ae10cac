"""Playing a scenario, its twin or ordinary traffic on the arena, and recording what the chains say of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from tocsin.app.exercise.arena import Arena
from tocsin.app.exercise.completed import completed, made_with
from tocsin.app.exercise.recorder import record
from tocsin.app.known import from_files
from tocsin.app.questions import Questions
from tocsin.chain.recording import Recording
from tocsin.detect.detector import Detector
from tocsin.edge.local_chain import LocalChain
from tocsin.exercise.activity import Activity
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Scenario
from tocsin.exercise.traffic import Traffic, brief, everyday
from tocsin.exercise.truth import Truth, Twin

T = TypeVar("T")
BEFORE, AFTER = 12, 4
"""Ordinary transactions before and after what is played."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What the chains say of a play, in the order of time."""

    recordings: tuple[Recording, ...]
    known: Mapping[str, bytes]
    """By file name: what the organisation knew, and had announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedAttack(Played):
    """And the truth about it."""

    truth: Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedTwin(Played):
    """And what belongs to the twin."""

    truth: Twin


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """Plays on one arena, one thing after the other, each on the scene as it was."""

    arena: Arena
    detectors: Mapping[str, Detector]
    """Their questions about the state are answered in what is recorded."""
    activities: Mapping[str, Activity]
    rates: Mapping[str, float] = field(default_factory=dict)
    """Of ordinary traffic; empty for the everyday ones."""

    @property
    def _rates(self) -> Mapping[str, float]:
        return self.rates or everyday(self.activities)

    def attack(self, scenario: Scenario) -> PlayedAttack:
        """The attack. Raises `CallReverted` and `ScenarioBroken` when it does not play as meant."""
        with self.arena.undone() as play:
            targets = scenario.prepare(play)
            recordings, truth = self._recorded(play, lambda: scenario.attack(play, targets))
            told = completed(self.arena, truth, recordings)
            return PlayedAttack(recordings=recordings, known=play.knowledge.files(), truth=told)

    def twin(self, scenario: Scenario) -> PlayedTwin:
        """The honest twin. Raises as `attack`."""
        with self.arena.undone() as play:
            targets = scenario.prepare(play)
            recordings, hashes = self._recorded(play, lambda: self._hashes(lambda: scenario.twin(play, targets)))
            truth = Twin(scenario=scenario.id, transactions=hashes, seed=self.arena.seed, made_with=made_with())
            return PlayedTwin(recordings=recordings, known=play.knowledge.files(), truth=truth)

    def contained(self, scenario: Scenario) -> str | None:
        """Why the attack fails once it is contained; None where the scenario does not show that."""
        if scenario.contain is None:
            return None
        with self.arena.undone() as play:
            return scenario.contain(play, scenario.prepare(play))

    def ordinary(self, transactions: int) -> Played:
        """Ordinary traffic alone."""
        with self.arena.undone() as play:
            heights = [chain.height() for chain in self.arena.chains]
            self._traffic(play, transactions, self._rates)
            return Played(recordings=self._since(play, heights), known=play.knowledge.files())

    def _recorded(self, play: Play, act: Callable[[], T]) -> tuple[tuple[Recording, ...], T]:
        """Act amid ordinary traffic, and record both."""
        heights = [chain.height() for chain in self.arena.chains]
        rates = brief(self._rates, self.activities)
        self._traffic(play, BEFORE, rates)
        result = act()
        self._traffic(play, AFTER, rates)
        return self._since(play, heights), result

    def _traffic(self, play: Play, transactions: int, rates: Mapping[str, float]) -> None:
        for _ in Traffic(play, self.activities, rates).blocks(transactions):
            pass

    def _hashes(self, act: Callable[[], None]) -> tuple[str, ...]:
        """The transactions of an act, on both chains."""
        heights = [chain.height() for chain in self.arena.chains]
        act()
        return tuple(
            hash_
            for chain, height in zip(self.arena.chains, heights, strict=True)
            for number in range(height + 1, chain.height() + 1)
            for hash_ in chain.hashes(number)
        )

    def _since(self, play: Play, heights: list[int]) -> tuple[Recording, ...]:
        """The blocks of both chains above these heights; of two at the same time the home chain's is first."""
        questions = Questions(self.detectors, names=True, known=from_files(play.knowledge.files()))
        found: list[tuple[int, int, LocalChain, int]] = []
        for order, (chain, height) in enumerate(zip(self.arena.chains, heights, strict=True)):
            numbers = range(height + 1, chain.height() + 1)
            found.extend((chain.timestamp(number), order, chain, number) for number in numbers)
        found.sort(key=lambda each: each[:2])
        return tuple(record(chain.node, number, questions) for _, _, chain, number in found)
