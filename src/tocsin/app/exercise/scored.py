"""Scoring what was played: the pipeline over the recordings, and what it saw held against the truth."""

from collections.abc import Mapping

from tocsin.app.exercise.playing import Played, PlayedAttack, PlayedTwin
from tocsin.app.exercise.seen import see
from tocsin.app.known import from_files
from tocsin.detect.detector import Detector
from tocsin.exercise.scenario import Scenario
from tocsin.exercise.scoring import Looked, Score, score
from tocsin.model.errors import ScenarioBroken


def scored(scenario: Scenario, attack: PlayedAttack, twin: PlayedTwin, detectors: Mapping[str, Detector]) -> Score:
    """The score of one scenario. Raises `ScenarioBroken` when the recordings do not hold what the truth names."""
    looked = look(attack, detectors)
    there = {hash_ for block in looked for hash_ in block.transactions}
    if missing := attack.truth.hashes - there:
        raise ScenarioBroken(f"{scenario.id}: the truth names {min(missing)}, which is in none of the recorded blocks")
    return score(scenario, attack.truth, looked, look(twin, detectors), frozenset(twin.truth.transactions))


def look(played: Played, detectors: Mapping[str, Detector]) -> list[Looked]:
    """What the detectors see of it. Raises `ScenarioBroken` where one of them fails."""
    found = []
    for block in see(played.recordings, detectors, from_files(played.known)):
        for failure in block.failures:
            raise ScenarioBroken(f"detector {failure.detector} failed on block {block.number}") from failure.error
        found.append(
            Looked(
                chain_id=block.chain_id,
                number=block.number,
                timestamp=block.timestamp,
                transactions=block.transactions,
                findings=block.findings,
            )
        )
    return found
