"""Scores of hand-made plays: seen in time or too late, twins and bystanders that alarm, what could still be saved."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from tocsin.exercise.catalogue import scenarios
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scoring import Looked, Score, Total, savable, score
from tocsin.exercise.truth import Loss, Step, Truth
from tocsin.model.finding import Finding, Place, Severity

HOME, FAR = 1, 2
USD, EUR = "0x" + "0a" * 20, "0x" + "0b" * 20
MALLORY, ALICE = "0x" + "66" * 20, "0x" + "a1" * 20
BLOCK_SECONDS = 12
PREPARES, STRIKES, SELLS = "0x" + "01" * 32, "0x" + "02" * 32, "0x" + "03" * 32
BYSTANDER, TWIN = "0x" + "bb" * 32, "0x" + "cc" * 32


def lost(amount: int, token: str = USD, chain_id: int = HOME) -> Loss:
    return Loss(chain_id=chain_id, token=token, victim=ALICE, amount=str(amount))


def step(
    transaction: str, number: int, taken: Sequence[Loss] = (), gone: Sequence[Loss] = (), chain_id: int = HOME
) -> Step:
    return Step(
        says="does it",
        chain_id=chain_id,
        transaction=transaction,
        block_number=number,
        lost=tuple(taken),
        gone=tuple(gone),
    )


def truth_of(*steps: Step, knowable: str = PREPARES) -> Truth:
    return Truth(scenario="drill", attackers=(MALLORY,), victims=(ALICE,), steps=steps, knowable=knowable)


ATTACK = truth_of(
    step(PREPARES, 1), step(STRIKES, 2, taken=[lost(100)], gone=[lost(10)]), step(SELLS, 3, gone=[lost(60)])
)
"""90 of 100 can be saved after the second block, 30 after the third."""


def finding(
    transaction: str | None,
    detector: str = "alarm-bell",
    severity: Severity = Severity.HIGH,
    chain_id: int = HOME,
) -> Finding:
    return Finding(
        place=Place(
            chain_id=chain_id, block_number=0, block_hash=None, transaction_hash=transaction, transaction_index=None
        ),
        severity=severity,
        confidence=0.9,
        title="something",
        summary="something",
        detector=detector,
    )


def blocks(*findings: Sequence[Finding], chain_id: int = HOME) -> list[Looked]:
    """Blocks 1, 2, 3 with the attack's transactions and a bystander's each, and what is found in each."""
    named = (PREPARES, STRIKES, SELLS, *(f"0x{n:064x}" for n in range(100, 200)))
    return [
        Looked(
            chain_id=chain_id,
            number=n,
            timestamp=BLOCK_SECONDS * n,
            transactions=(named[n - 1], BYSTANDER),
            findings=found,
        )
        for n, found in enumerate(findings, 1)
    ]


def twin(*findings: Finding) -> list[Looked]:
    return [Looked(chain_id=HOME, number=1, timestamp=12, transactions=(TWIN, BYSTANDER), findings=findings)]


@pytest.fixture(scope="module")
def drill() -> Scenario:
    """Any scenario: of it only what it expects is looked at, and that is set by each test."""
    return next(iter(scenarios().values()))


@dataclass(frozen=True, kw_only=True)
class Case:
    """What was found in the attack's three blocks and in its twin, and what the score is to say."""

    attack: tuple[Sequence[Finding], Sequence[Finding], Sequence[Finding]] = ((), (), ())
    twin: Sequence[Finding] = ()
    expects: Expected = field(default_factory=lambda: Expected(detectors=("alarm-bell",)))
    seconds: int | None = None
    """To detection; None where missed."""
    saves: int | None = None
    twin_quiet: bool = True
    false_alarms: int = 0


CASES = {
    "seen at once": Case(attack=([finding(PREPARES)], (), ()), seconds=0, saves=100),
    "seen at the strike": Case(attack=((), [finding(STRIKES)], ()), seconds=12, saves=90),
    "seen at the end": Case(attack=((), (), [finding(SELLS)]), seconds=24, saves=30),
    "just in time": Case(
        attack=((), [finding(STRIKES)], ()), expects=Expected(detectors=(), within_seconds=12), seconds=12, saves=90
    ),
    "too late": Case(attack=((), [finding(STRIKES)], ()), expects=Expected(detectors=(), within_seconds=11)),
    "not at all": Case(),
    "not bad enough": Case(attack=((), [finding(STRIKES, severity=Severity.MEDIUM)], ())),
    "by another detector": Case(attack=((), [finding(STRIKES, "smoke-detector")], ()), seconds=12, saves=90),
    "a label that is expected": Case(
        attack=((), [finding(STRIKES, severity=Severity.INFO)], ()),
        expects=Expected(detectors=("alarm-bell",), severity=Severity.INFO),
        seconds=12,
        saves=90,
    ),
    "a label by another detector": Case(
        attack=((), [finding(STRIKES, "smoke-detector", Severity.INFO)], ()),
        expects=Expected(detectors=("alarm-bell",), severity=Severity.INFO),
    ),
    "only the twin alarms": Case(twin=[finding(TWIN)], twin_quiet=False),
    "both alarm": Case(
        attack=((), [finding(STRIKES)], ()), twin=[finding(TWIN)], seconds=12, saves=90, twin_quiet=False
    ),
    "the twin is labelled": Case(twin=[finding(TWIN, severity=Severity.MEDIUM)]),
    "a bystander of the attack": Case(attack=([finding(BYSTANDER)], (), ()), false_alarms=1),
    "a bystander of the twin": Case(twin=[finding(BYSTANDER)], false_alarms=1),
    "a bystander is labelled": Case(attack=([finding(BYSTANDER, severity=Severity.MEDIUM)], (), ())),
    "a block as a whole": Case(attack=([finding(None)], (), ()), false_alarms=1),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_play_is_scored(case: Case, drill: Scenario) -> None:
    result = scored(case, drill)

    assert result.twin_quiet == case.twin_quiet
    assert len(result.false_alarms) == case.false_alarms
    assert result.ordinary == 4
    assert result.lost == {(HOME, USD): 100}
    assert result.passed == (case.seconds is not None and case.twin_quiet)
    if case.seconds is None:
        assert result.detection is None
    else:
        assert result.detection is not None
        assert (result.detection.seconds, result.detection.blocks) == (case.seconds, case.seconds // BLOCK_SECONDS)
        assert result.detection.savable == {(HOME, USD): case.saves}


def scored(case: Case, drill: Scenario) -> Score:
    from_drill = type(drill)(
        id="drill",
        priority=drill.priority,
        tags=drill.tags,
        expects=case.expects,
        prepare=drill.prepare,
        attack=drill.attack,
        twin=drill.twin,
    )
    return score(from_drill, ATTACK, blocks(*case.attack), twin(*case.twin), frozenset([TWIN]))


def test_the_first_finding_that_counts_is_the_detection_and_all_detectors_are_named(drill: Scenario) -> None:
    case = Case(attack=([finding(PREPARES, severity=Severity.LOW)], [finding(STRIKES, "one")], [finding(SELLS, "two")]))

    result = scored(case, drill)

    assert result.detection is not None
    assert (result.detection.detector, result.detection.block_number) == ("one", 2)
    assert result.detectors == ("one", "two")


def test_time_counts_from_when_it_could_be_known(drill: Scenario) -> None:
    truth = truth_of(*ATTACK.steps, knowable=STRIKES)

    result = score(drill, truth, blocks((), (), [finding(SELLS)]), twin(), frozenset([TWIN]))

    assert result.detection is not None
    assert (result.detection.seconds, result.detection.blocks) == (12, 1)


TWO_CHAINS = truth_of(
    step(PREPARES, 1),
    step(STRIKES, 2, taken=[lost(100), lost(7, EUR)], gone=[lost(40)]),
    step(SELLS, 5, taken=[lost(50, chain_id=FAR)], gone=[lost(50, chain_id=FAR), lost(60), lost(7, EUR)], chain_id=FAR),
)
TIMES = {(HOME, 1): 12, (HOME, 2): 24, (FAR, 5): 36}


@pytest.mark.parametrize(
    ("moment", "left"),
    [(12, (100, 7, 50)), (23, (100, 7, 50)), (24, (60, 7, 50)), (35, (60, 7, 50)), (36, (0, 0, 0)), (99, (0, 0, 0))],
)
def test_what_is_savable_shrinks_on_each_chain_and_for_each_token(moment: int, left: tuple[int, int, int]) -> None:
    expected = dict(zip([(HOME, USD), (HOME, EUR), (FAR, USD)], left, strict=True))

    assert savable(TWO_CHAINS, moment, TIMES) == expected


def test_blocks_to_a_detection_on_another_chain_are_counted_there(drill: Scenario) -> None:
    home = blocks((), ())
    far = [
        Looked(
            chain_id=FAR,
            number=n,
            timestamp=timestamp,
            transactions=(SELLS,) if n == 5 else (),
            findings=[finding(SELLS, chain_id=FAR)] if n == 5 else (),
        )
        for n, timestamp in ((3, 6), (4, 20), (5, 36))
    ]
    looked = sorted([*home, *far], key=lambda block: block.timestamp)

    result = score(drill, TWO_CHAINS, looked, twin(), frozenset([TWIN]))

    assert result.detection is not None
    assert (result.detection.chain_id, result.detection.blocks, result.detection.seconds) == (FAR, 2, 24)


def test_all_together_recall_precision_and_false_alerts(drill: Scenario) -> None:
    total = Total(
        scores=[
            scored(CASES["seen at the strike"], drill),
            scored(CASES["both alarm"], drill),
            scored(CASES["a bystander of the twin"], drill),
            scored(CASES["not at all"], drill),
        ]
    )
    total.add_ordinary(blocks([finding(BYSTANDER), finding(BYSTANDER, "smoke-detector")], ()))

    assert total.recall == 0.5
    assert total.ordinary_transactions == 4 * 4 + 4
    assert not total.twins_quiet
    assert not total.passed
    assert total.false_alerts_per_1000 == 1_000 / 20
    assert total.precision == 2 / (2 + 1 + 1)  # two attacks; one bystander, whoever alarms, and one twin


def test_nothing_alarms_and_nothing_is_there() -> None:
    total = Total()

    assert (total.recall, total.precision, total.false_alerts_per_1000) == (0.0, None, 0.0)
    assert total.twins_quiet


def test_whatever_passes_alone_passes_together(drill: Scenario) -> None:
    assert Total(scores=[scored(CASES["seen at once"], drill)] * 2).passed
