"""What comes before an attack: how far back money is followed, and what makes code like other code."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tocsin.app.known import from_files
from tocsin.chain import codecs
from tocsin.chain.bytecode.likeness import SIGNATURE_BYTES
from tocsin.chain.catalogue import derived
from tocsin.detect.catalogue import detectors
from tocsin.detect.detectors.preparation import _funding
from tocsin.detect.detectors.preparation._origins import Origin, Origins
from tocsin.detect.engine import detect, settle
from tocsin.detect.known import KNOWN
from tocsin.edge import recordings
from tocsin.intel.feeds import code_signatures
from tocsin.intel.reference import Beside
from tocsin.model.finding import Severity
from tocsin.tables import literal
from tocsin.tables.columns import PLACE

ROOT = Path(__file__).parents[2]
RECORDINGS = ROOT / "src/tocsin/app/recordings"
PREPARING = ("suspicious-funding", "attack-contract", "similar-code", "changed-code", "evasive-code")
WINDOW = 100


def remembered(*rows: tuple[int, str, str, str]) -> pl.DataFrame:
    """Rows of (block, payer, payee, kind)."""
    columns = {**PLACE, **_funding.REMEMBERED}
    made = [
        {"block_number": block, "source": payer, "account": payee, "kind": kind} for block, payer, payee, kind in rows
    ]
    frame = literal.frame(columns, made)
    return frame.with_columns(_funding.keys(frame["account"]))


def origin(memory: pl.DataFrame, account: str, block: int, index: int = 0) -> Origin | None:
    address = literal.named(account)
    return Origins(memory, pl.Series([address]), WINDOW).of(1, address, (block, index))


def test_money_is_followed_through_two_remembered_accounts_and_no_more() -> None:
    memory = remembered((1, "pool", "a", "mixer"), (2, "a", "b", "sent"), (3, "b", "c", "sent"), (4, "c", "d", "sent"))
    found = [origin(memory, name, 10) for name in ("a", "b", "c", "d")]
    assert [each and each.hops for each in found] == [0, 1, 2, None]
    assert {each.source for each in found if each} == {literal.named("pool")}


def test_what_was_paid_later_or_too_long_ago_is_no_origin() -> None:
    memory = remembered((50, "pool", "a", "mixer"), (40, "a", "b", "sent"))
    assert origin(memory, "a", 50) is None
    assert origin(memory, "a", 50, index=1) is not None
    assert origin(memory, "a", 150) is not None
    assert origin(memory, "a", 151) is None
    assert origin(memory, "b", 60) is None  # it was paid before its payer was


def test_money_from_an_exchange_is_not_passed_on() -> None:
    memory = remembered((1, "hot", "a", "exchange"), (1, "pool", "x", "mixer"), (2, "a", "b", "sent"))
    assert origin(memory, "a", 10) is None
    assert origin(memory, "b", 10) is None


def test_accounts_that_pay_each_other_end() -> None:
    memory = remembered((1, "a", "b", "sent"), (2, "b", "a", "sent"), (3, "pool", "a", "mixer"), (4, "a", "b", "sent"))
    assert origin(memory, "b", 10) == Origin(1, "mixer", literal.named("pool"))


def test_the_nearest_source_counts() -> None:
    memory = remembered(
        (1, "pool", "far", "mixer"), (2, "far", "a", "sent"), (3, "thief", "a", "flagged"), (4, "pool", "a", "mixer")
    )
    assert origin(memory, "a", 10) == Origin(0, "flagged", literal.named("thief"))


def found_in(folder: Path, known: Any = KNOWN) -> list[Any]:
    """What the detectors of preparation find in a play, block by block."""
    chosen = {name: detectors()[name] for name in PREPARING}
    memories: dict[str, pl.DataFrame] = {}
    found: list[Any] = []
    for path in sorted(folder.glob("*.json.gz")):
        (recording,) = recordings.read(path)
        outcome = detect(Beside(derived(codecs.tables([recording])), known), chosen.values(), memories)
        settled = settle(outcome, chosen, recording.lookups)
        assert not settled.failures
        found += settled.findings
        for name, rows in outcome.remembered.items():
            memories[name] = pl.concat([memories[name], rows]) if name in memories else rows
    return found


def signatures(*arguments: str) -> bytes:
    tool = [sys.executable, str(ROOT / "tools/code_signatures.py"), *arguments]
    return subprocess.run(tool, check=True, capture_output=True).stdout


def test_an_attackers_contract_is_known_again_and_the_honest_twins_are_not() -> None:
    # given the signature of what emptied a bank, and of a harmless contract that uses one
    play = RECORDINGS / "reentrancy-bank/attack"
    made = signatures("--verdict", "attack", *map(str, sorted(play.glob("*.json.gz"))))
    harmless = signatures("--verdict", "benign", *map(str, sorted((RECORDINGS / "reentrancy-bank/twin").glob("*.gz"))))
    known = from_files({"attack.csv": made, "benign.csv": harmless})
    # when
    again = [each for each in found_in(play, known) if each.detector == "similar-code"]
    twin = [each for each in found_in(RECORDINGS / "reentrancy-bank/twin", known) if each.detector == "similar-code"]
    # then both of the attacker's contracts, the second against another bank, and nothing else
    assert [each.severity for each in again] == [Severity.HIGH, Severity.HIGH]
    assert {int(str(each.values["alike_percent"])) for each in again} == {100}
    assert twin == []


@pytest.mark.parametrize("name", ["ordinary", "oracle-aave/twin", "flash-governance/twin", "reentrancy-bank/twin"])
def test_ordinary_traffic_and_honest_twins_wake_nobody(name: str) -> None:
    assert [each for each in found_in(RECORDINGS / name) if each.severity >= Severity.MEDIUM] == []


def test_a_contract_that_names_a_watched_one_is_told_before_it_attacks() -> None:
    # given the market that the attack will be against is watched
    folder = RECORDINGS / "oracle-aave/attack"
    truth = json.loads((folder / "truth.json").read_bytes())
    rows = "".join(f",{victim},watched,market,us\n" for victim in truth["victims"])
    watched = f"chain_id,address,kind,name,source\n{rows}".encode()
    # when
    found = [each for each in found_in(folder, from_files({"labels.csv": watched})) if "names-watched" in each.labels]
    # then
    assert [each.severity for each in found] == [Severity.MEDIUM]
    first_loss = next(step for step in truth["steps"] if step["lost"])
    assert found[0].place.block_number < first_loss["block_number"]
    assert found[0].values["loan_callbacks"] == ("0xf04f2707",)


def test_the_feed_and_the_tool_agree_on_the_size_of_a_signature() -> None:
    assert code_signatures.SIGNATURE_BYTES == SIGNATURE_BYTES


@pytest.mark.recorded
def test_recorded_mainnet_blocks_are_quiet(recorded_data: Path) -> None:
    for path in sorted((recorded_data / "mev/blocks").glob("*.json.gz")):
        tables = Beside(derived(codecs.tables(list(recordings.read(path)))), KNOWN)
        chosen = {name: detectors()[name] for name in PREPARING}
        outcome = settle(detect(tables, chosen.values(), {}), chosen, {})
        assert not outcome.failures
        assert [each for each in outcome.findings if each.severity >= Severity.MEDIUM] == []
