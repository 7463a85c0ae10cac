"""On real nodes: what holds for every scenario there is. Whether detection finds it is for the score to say."""

from collections import Counter
from collections.abc import Iterator

import polars as pl
import pytest

from package_code import PackageCode, package_code_of
from tocsin.app.exercise.arena import Arena
from tocsin.app.exercise.playing import PlayedTwin, Player
from tocsin.app.exercise.scored import look
from tocsin.app.look import decode
from tocsin.chain.recording import Recording
from tocsin.detect.catalogue import detectors
from tocsin.exercise.catalogue import scenarios
from tocsin.exercise.scenario import Scenario
from tocsin.exercise.truth import Step, Truth, total
from tocsin.model.finding import hexadecimal
from tocsin.model.priority import Priority
from tocsin.tables import amounts

pytestmark = pytest.mark.anvil

REVERTS = "revert"
"""A step whose transaction fails says so with this word."""
TWINS_THAT_REVERT: frozenset[str] = frozenset()
"""Scenarios in whose twin a transaction is meant to fail."""
Flows = Counter[tuple[str, str, str]]
"""Base units that left, less those that came, by transaction, token and account."""


@pytest.fixture(scope="session")
def package_code(arena: Arena) -> PackageCode:
    return package_code_of(arena)


@pytest.mark.parametrize("scenario", scenarios().values(), ids=scenarios())
def test_a_scenario_plays_the_same_way_twice_and_what_is_said_of_it_holds(
    scenario: Scenario, player: Player, package_code: PackageCode
) -> None:
    attack = player.attack(scenario)
    assert player.attack(scenario) == attack
    twin = player.twin(scenario)

    assert complaints(scenario, attack.truth) == []
    assert unfounded(attack.truth, attack.recordings) == []
    assert bool(failed(twin)) == (scenario.id in TWINS_THAT_REVERT), failed(twin)
    for played in (attack, twin):
        assert package_code.found_in(played.recordings) == []
        assert look(played, detectors())


@pytest.mark.parametrize(
    "scenario", [pytest.param(each, id=id_) for id_, each in scenarios().items() if each.contain is not None]
)
def test_once_contained_the_attack_fails_and_says_why(scenario: Scenario, player: Player) -> None:
    assert player.contained(scenario)


@pytest.mark.parametrize("scenario", scenarios().values(), ids=scenarios())
def test_only_detectors_that_exist_are_expected_to_see_it(scenario: Scenario) -> None:
    assert set(scenario.expects.detectors) <= set(detectors())
    assert scenario.expects.within_seconds >= 0
    assert scenario.tags


def test_a_play_leaves_the_chains_as_they_were(arena: Arena) -> None:
    before = [(chain.height(), chain.state_root(), chain.now()) for chain in arena.chains]

    scenario = next(iter(scenarios().values()))
    with arena.undone() as play:
        scenario.attack(play, scenario.prepare(play))

    assert [(chain.height(), chain.state_root(), chain.now()) for chain in arena.chains] == before


def test_a_recording_that_holds_a_packages_code_is_recognised(arena: Arena, package_code: PackageCode) -> None:
    vault = arena.play.scene.balancer.vault
    code = arena.home.node.request("eth_getCode", vault.address, "latest")
    answers = {"eth_getBlockByNumber": f'{{"input": "0x6000{code[1000:1600]}"}}'.encode()}

    found = package_code.found_in([Recording(chain_id=1, name="a block", answers=answers)])

    assert found == ["a block: eth_getBlockByNumber"]


def failed(twin: PlayedTwin) -> list[str]:
    """Transactions of the twin that reverted."""
    assert twin.truth.transactions
    done = outcomes(twin.recordings)
    return [hash_ for hash_ in twin.truth.transactions if not done[hash_][1]]


def complaints(scenario: Scenario, truth: Truth) -> list[str]:
    """What is wrong with a truth by itself."""
    gone = total(loss for step in truth.steps for loss in step.gone)
    named = {loss.victim for step in truth.steps for loss in step.lost}
    wrong = {
        "an attacker is a victim": not set(truth.attackers).isdisjoint(truth.victims),
        "nothing is lost": not truth.lost and scenario.priority is not Priority.P4,
        "a loss is no loss": any(int(loss.amount) <= 0 for step in truth.steps for loss in (*step.lost, *step.gone)),
        "more is gone than was lost": any(amount > truth.lost.get(key, 0) for key, amount in gone.items()),
        "it could be known from something that is no step": truth.knowable not in truth.hashes,
        "an attacker loses": not named.isdisjoint(truth.attackers),
        "a token that is lost has no symbol": {token for _, token in truth.lost} != set(truth.symbols),
    }
    return [complaint for complaint, holds in wrong.items() if holds]


def unfounded(truth: Truth, recordings: tuple[Recording, ...]) -> list[str]:
    """Steps that the recorded blocks do not bear out."""
    done, flows = outcomes(recordings), net_flows(recordings)
    return [complaint for step in truth.steps for complaint in (*_misplaced(step, done), *_misstated(step, flows))]


def _misplaced(step: Step, done: dict[str, tuple[int, bool]]) -> Iterator[str]:
    if step.transaction not in done:
        yield f"{step.says}: {step.transaction} was not recorded"
        return
    height, is_done = done[step.transaction]
    if height != step.block_number:
        yield f"{step.says}: in block {height}, not in {step.block_number}"
    if is_done == (REVERTS in step.says):
        yield f"{step.says}: {'succeeds' if is_done else 'reverts'}"


def _misstated(step: Step, flows: Flows) -> Iterator[str]:
    """A victim that parts with a token in a step lost no more of it: what it holds instead may be worth something."""
    lost: Counter[tuple[str, str]] = Counter()
    for loss in step.lost:
        lost[loss.token, loss.victim] += int(loss.amount)
    for (token, victim), amount in lost.items():
        parted = flows[step.transaction, token, victim]
        if 0 < parted < amount:
            yield f"{step.says}: {victim} parted with {parted} of {token}, and is said to have lost {amount}"


def outcomes(recordings: tuple[Recording, ...]) -> dict[str, tuple[int, bool]]:
    """Height and success of every recorded transaction, by hash."""
    table = pl.concat([decode([each])["transactions"] for each in recordings])
    columns = table.select("transaction_hash", "block_number", "success").iter_rows()
    return {str(hexadecimal(hash_)): (height, success) for hash_, height, success in columns}


def net_flows(recordings: tuple[Recording, ...]) -> Flows:
    flows: Flows = Counter()
    for recording in recordings:
        moves = decode([recording])["transfers"]
        places = moves.select("transaction_hash", "token_address", "from_address", "to_address").iter_rows()
        for place, value in zip(places, amounts.to_integers(moves["value_binary"]), strict=True):
            hash_, token, giver, taker = (str(hexadecimal(each)) for each in place)
            flows[hash_, token, giver] += value or 0
            flows[hash_, token, taker] -= value or 0
    return flows
