"""Explaining a transaction: found by its first digits, told exactly, absent data told apart from nothing."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tocsin.app.demo import RECORDING, read_truth
from tocsin.app.explain import Explanation, explain, find
from tocsin.app.sources import Batch, Request, pieces
from tocsin.chain import codecs
from tocsin.chain.signatures import selector
from tocsin.detect.catalogue import detectors
from tocsin.edge import lake, recordings
from tocsin.model.errors import EndpointUnavailable, MalformedInput, SourceError
from tocsin.model.lookups import CALL, Answers, Lookup

TRUTH = read_truth(RECORDING / "truth.json")
ATTACK = TRUTH.losing
SYMBOL = "0x" + selector("symbol()").hex()


def explained(source: Path, beginning: str = "") -> Explanation:
    """The explanation of the transaction whose hash begins so."""
    batch, transaction = find(pieces(Request(source=str(source), together=1)), beginning)
    return explain(batch, transaction, detectors())


def test_the_attack_is_explained_to_the_last_base_unit() -> None:
    """What the victim lost by the truth of the recording is what its account lost here."""
    value = explained(RECORDING, ATTACK.transaction)
    lost = {
        row["token_address"]: -row["net"]
        for row in value.sections["profits"] or ()
        if row["account_address"] == ATTACK.lost[0].victim and row["net"] < 0
    }
    assert lost == {loss.token: int(loss.amount) for loss in ATTACK.lost}
    assert value.transaction["from_address"] in TRUTH.attackers
    assert value.findings


def test_gains_and_losses_of_each_token_cancel_out() -> None:
    """Nothing comes from nowhere: over all accounts, mints and burns included, each token's nets add up to zero."""
    totals: dict[str, int] = {}
    for row in explained(RECORDING, ATTACK.transaction).sections["profits"] or ():
        totals[row["token_address"]] = totals.get(row["token_address"], 0) + row["net"]
    assert set(totals.values()) == {0}


def test_a_hash_may_be_cut_short_or_in_capitals() -> None:
    """The first digits are enough where only one transaction has them."""
    whole = explained(RECORDING, ATTACK.transaction)
    assert explained(RECORDING, ATTACK.transaction[:12]).place == whole.place
    assert explained(RECORDING, "0x" + ATTACK.transaction[2:].upper()).place == whole.place


def test_a_hash_that_is_not_there_names_the_nearest() -> None:
    """One digit wrong: the right one is named."""
    wrong = ATTACK.transaction[:-1] + ("0" if ATTACK.transaction[-1] != "0" else "1")
    with pytest.raises(SourceError, match=f"the nearest is {ATTACK.transaction}"):
        explained(RECORDING, wrong)


def test_several_transactions_must_be_told_apart() -> None:
    """Without a hash, or with too few digits, the message says so."""
    with pytest.raises(SourceError, match="name one with --tx"):
        explained(RECORDING)
    with pytest.raises(SourceError, match="give more digits"):
        explained(RECORDING, "0x")


def test_json_keeps_amounts_exact_and_absent_data_null(tmp_path: Path) -> None:
    """Of a transaction with only a call tree, amounts are strings of all digits and its block is null."""
    call = {"type": "CALL", "from": "0x" + "aa" * 20, "to": "0x" + "bb" * 20, "input": "0x", "value": hex(10**30 + 1)}
    recording = {"chain_id": 1, "transaction_hash": "0x" + "cd" * 32, "debug_traceTransaction": call}
    (tmp_path / "one.json").write_text(json.dumps(recording))
    told = json.loads(json.dumps(explained(tmp_path / "one.json").to_json()))
    assert told["transaction_hash"] == recording["transaction_hash"]
    assert told["block_number"] is None
    assert [row["value"] for row in told["calls"]] == [str(10**30 + 1)]
    assert {row["account_address"][:4]: row["net"] for row in told["profits"]} == {
        "0xaa": str(-(10**30) - 1),
        "0xbb": str(10**30 + 1),
    }
    assert told["approvals"] == []
    assert told["swaps"] == []


def test_a_block_without_calls_says_that_they_are_absent(tmp_path: Path) -> None:
    """Sections that cannot be known are None, not empty."""
    recording = next(recordings.read(RECORDING))
    answers = {name: answer for name, answer in recording.answers.items() if name.startswith("eth_")}
    recordings.write(replace(recording, answers=answers), tmp_path / "block.json")
    (batch,) = pieces(Request(source=str(tmp_path / "block.json")))
    assert isinstance(batch, Batch)
    value = explain(batch, batch.tables["transactions"]["transaction_hash"][0], detectors())
    assert value.sections["calls"] is None
    assert value.to_json()["calls"] is None
    assert value.sections["approvals"] is not None


def test_a_transaction_of_a_lake_is_found_by_its_hash(tmp_path: Path) -> None:
    """Only the block it is in is read; a hash no file names gives nothing."""
    for recording in recordings.read(RECORDING):
        tables = codecs.tables([recording])
        (number,) = tables["blocks"]["block_number"].to_list()
        lake.write(tables, tmp_path, recording.chain_id, number, number)
    (piece,) = pieces(Request(source=str(tmp_path), mentioning=ATTACK.transaction))
    assert isinstance(piece, Batch)
    assert piece.units == 1
    assert explain(*find([piece], ATTACK.transaction), detectors()).findings
    assert list(pieces(Request(source=str(tmp_path), mentioning="0x" + "12" * 32))) == []


@pytest.mark.recorded
def test_every_recorded_exploit_can_be_explained(recorded_data: Path) -> None:
    """Real attack call trees of two chains, the first ten of them."""
    for path in sorted((recorded_data / "exploits" / "traces").iterdir())[:10]:
        value = explained(path)
        assert value.sections["calls"]
        assert not value.failures
        json.dumps(value.to_json())


def test_tokens_are_named_by_what_they_answered_when_recorded() -> None:
    """In JSON, what is claimed stands apart from what is known."""
    value = explained(RECORDING, ATTACK.transaction)
    claims = {claim.symbol: claim.decimals for claim in value.claims.values()}
    assert claims == {"USDR": 6, "THIN": 18, "aTHIN": 18, "vUSDR": 6}
    assert {token["claimed_symbol"] for token in value.to_json()["tokens"]} == set(claims)


def test_a_node_that_fails_costs_the_names_and_nothing_else() -> None:
    """Explained without them; only well-known tokens have one then."""

    def fail(lookups: Sequence[Lookup]) -> Answers:
        if any(lookup.method == CALL and lookup.parameters[1] == SYMBOL for lookup in lookups):
            raise EndpointUnavailable("gone")
        return {}

    batch, transaction = find(pieces(Request(source=str(RECORDING), together=1)), ATTACK.transaction)
    value = explain(replace(batch, ask=fail), transaction, detectors())
    assert value.findings
    assert value.claims == {}


def test_what_cannot_be_read_is_told_and_never_taken_for_nothing(tmp_path: Path) -> None:
    """The transaction may be in the recording that is damaged: why it cannot be read is the answer."""
    (tmp_path / "cut.json").write_bytes(b'{"chain_id": 1, "eth_getBlockByNumber": {"number"')
    with pytest.raises(MalformedInput, match=r"cut\.json"):
        explained(tmp_path, ATTACK.transaction)
