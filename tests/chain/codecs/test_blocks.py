"""Headers, transactions and receipts become columns."""

import pytest

from json_samples import ALICE, BLOCK_HASH, BOB, FIRST, SECOND, TOKEN, header, log, receipt, recording, transaction
from tocsin.chain.catalogue import datasets
from tocsin.chain.codecs import batches, tables
from tocsin.model.errors import InconsistentInput, InputError, MalformedInput
from tocsin.tables.amounts import to_integers

FULL = {"eth_getBlockByNumber": header(transaction()), "eth_getBlockReceipts": [receipt(0, log())]}


def octets(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def test_a_block_becomes_rows_of_every_dataset_its_answers_speak_of() -> None:
    found = tables([recording(**FULL)])
    assert set(found) == {"blocks", "transactions", "access_lists", "authorisations", "logs"}
    for name, frame in found.items():
        assert frame.schema == datasets()[name].schema, name
    (sent,) = found["transactions"].to_dicts()
    assert (sent["block_number"], sent["block_hash"], sent["transaction_hash"]) == (
        5,
        octets(BLOCK_HASH),
        octets(FIRST),
    )
    assert (sent["from_address"], sent["nonce"], sent["success"], sent["gas_used"]) == (octets(ALICE), 7, True, 21_000)
    (emitted,) = found["logs"].to_dicts()
    assert (emitted["address"], emitted["transaction_hash"], emitted["topic1"]) == (octets(TOKEN), octets(FIRST), None)
    assert int.from_bytes(emitted["data"]) == 42


def test_what_was_not_asked_for_is_absent_not_empty() -> None:
    assert set(tables([recording(eth_getBlockByNumber=header(FIRST))])) == {"blocks"}
    assert set(tables([recording(eth_getLogs=[log()])])) == {"logs"}
    assert tables([recording(eth_getBlockByNumber=header())])["transactions"].is_empty()


def test_the_largest_amount_is_exact_and_one_more_is_an_error() -> None:
    greatest = transaction(value=hex(2**256 - 1))
    found = tables([recording(eth_getBlockByNumber=header(greatest))])["transactions"]
    assert to_integers(found["value_binary"]) == [2**256 - 1]
    with pytest.raises(MalformedInput, match="256 bits"):
        tables([recording(eth_getBlockByNumber=header(transaction(value=hex(2**256))))])


def test_types_0_to_4_with_their_lists() -> None:
    typed = transaction(
        type="0x4",
        accessList=[{"address": TOKEN, "storageKeys": [BLOCK_HASH]}, {"address": BOB, "storageKeys": []}],
        authorizationList=[
            {"chainId": "0x1", "address": TOKEN, "nonce": "0x3", "yParity": "0x1", "r": "0x5", "s": "0x6"}
        ],
    )
    blob = transaction(1, type="0x3", maxFeePerBlobGas="0x9", blobVersionedHashes=[BLOCK_HASH])
    found = tables([recording(eth_getBlockByNumber=header(typed, blob))])
    assert found["transactions"]["transaction_type"].to_list() == [4, 3]
    assert found["transactions"]["blob_versioned_hashes"].to_list() == [None, [octets(BLOCK_HASH)]]
    assert found["access_lists"]["storage_key"].to_list() == [octets(BLOCK_HASH), None]
    (entry,) = found["authorisations"].to_dicts()
    assert (entry["delegate_address"], entry["nonce"], entry["y_parity"]) == (octets(TOKEN), 3, 1)
    assert (int.from_bytes(entry["r"]), entry["transaction_hash"]) == (5, octets(FIRST))


@pytest.mark.parametrize(
    ("answers", "error", "says"),
    [
        ({"eth_getBlockByNumber": 7}, MalformedInput, "eth_getBlockByNumber"),
        ({"eth_getBlockByNumber": header(transaction(to="0xzz"))}, MalformedInput, "to_address"),
        ({"eth_getBlockByNumber": header(transaction(input="0x123"))}, MalformedInput, "is not hexadecimal"),
        ({"eth_getBlockByNumber": header(transaction(input="1234"))}, MalformedInput, "must begin with 0x"),
        ({"eth_getBlockByNumber": header(transaction(value="0x"))}, MalformedInput, "quantity"),
        ({"eth_getBlockByNumber": header(transaction(value="0x-1"))}, MalformedInput, "quantity"),
        ({"eth_getBlockByNumber": header(transaction(nonce=hex(2**64)))}, MalformedInput, "64 bits"),
        ({"eth_getBlockByNumber": header(transaction(hash=None))}, MalformedInput, "hash"),
        ({"eth_getBlockByNumber": header(transaction(), SECOND)}, InconsistentInput, "mixes"),
        ({**FULL, "eth_getBlockReceipts": []}, InconsistentInput, "do not agree"),
        ({**FULL, "eth_getBlockReceipts": [receipt(1)]}, InconsistentInput, "hash of transaction 0"),
        ({**FULL, "eth_getBlockReceipts": [receipt(blockHash=SECOND)]}, InconsistentInput, "block hash"),
        ({**FULL, "eth_getBlockReceipts": [receipt(0, log(topics=[SECOND] * 5))]}, MalformedInput, "4 topics"),
        ({**FULL, "eth_getBlockReceipts": [receipt(status="0x2")]}, MalformedInput, "status"),
        ({**FULL, "eth_getBlockReceipts": [receipt(0, log(removed=True))]}, InconsistentInput, "reorg"),
        ({**FULL, "eth_getBlockReceipts": [receipt(0, log(blockHash=SECOND))]}, InconsistentInput, "different blocks"),
        ({"eth_getBlockByNumber": header(FIRST), "eth_getLogs": [log(removed=True)]}, InconsistentInput, "reorg"),
        ({"eth_getBlockByNumber": header(FIRST), "eth_getLogs": [log(blockHash=SECOND)]}, InconsistentInput, "differe"),
        ({"eth_getBlockByNumber": header(FIRST), "eth_getLogs": [log(transactionIndex="0x9")]}, InconsistentInput, "9"),
    ],
)
def test_bad_bytes_are_named_with_their_recording(
    answers: dict[str, object], error: type[InputError], says: str
) -> None:
    good = recording("the good one", **FULL)
    bad = recording("the bad one", **answers)
    with pytest.raises(error, match=says) as raised:
        tables([good, bad])
    assert "the bad one" in str(raised.value)
    assert "the good one" not in str(raised.value)


def test_null_answers_are_absent() -> None:
    assert set(tables([recording(eth_getBlockByNumber=header(FIRST), trace_block=None)])) == {"blocks"}


def test_recordings_of_different_content_are_not_mixed() -> None:
    full, bare = recording(**FULL), recording(eth_getBlockByNumber=header(FIRST))
    assert [len(batch) for batch in batches([full, full, bare, full])] == [2, 1, 1]
    assert [len(batch) for batch in batches([full] * 5, limit=2)] == [2, 2, 1]
    with pytest.raises(InconsistentInput, match="decode it alone"):
        tables([recording(eth_getBlockByNumber=header(FIRST)), recording(eth_getBlockByNumber=header(transaction()))])


def test_a_block_of_thirty_megabytes() -> None:
    big = log(data="0x" + "ab" * 15_000_000)
    found = tables([recording(eth_getBlockByNumber=header(FIRST), eth_getBlockReceipts=[receipt(0, big)])])
    assert found["logs"]["data"].bin.size().to_list() == [15_000_000]


def test_an_index_that_is_no_number_is_named() -> None:
    bad = recording(eth_getBlockByNumber=header(FIRST), eth_getLogs=[log(transactionIndex="0xzz")])
    with pytest.raises(MalformedInput, match="transactionIndex"):
        tables([bad])
