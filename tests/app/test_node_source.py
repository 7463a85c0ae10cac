"""A node as a source: a real one on this machine, asked over HTTP."""

import pytest

from mining import mined
from tocsin.app.explain import explain, find
from tocsin.app.scan import Looked, Report, scan
from tocsin.app.sources import Request, Unreadable, noun, pieces, title, units
from tocsin.app.token_names import asked
from tocsin.app.wanted import extra
from tocsin.chain.token_claims import Claim
from tocsin.detect.catalogue import detectors
from tocsin.edge.anvil import Anvil
from tocsin.model.errors import DataMissing, EndpointUnavailable, UserError

COIN_WEI = 10**18


def paid(anvil: Anvil) -> str:
    """Send a coin from one development account to another, in a block of its own; the transaction's hash."""
    payer, payee, *_ = anvil.request("eth_accounts")
    return str(mined(anvil, sender=payer, to=payee, value=hex(COIN_WEI))["transactionHash"])


@pytest.mark.anvil
def test_blocks_of_a_node_are_scanned_up_to_its_head(anvil: Anvil) -> None:
    """Without a last block, up to the newest; what is above the head is left out by name, the rest is done."""
    for _ in range(3):
        paid(anvil)
    report = Report()
    for result in scan(pieces(Request(source=anvil.url, first_block=1)), detectors()):
        report.add(result)
    assert (report.whole, report.units, report.transactions) == (True, 3, 3)
    beyond = list(scan(pieces(Request(source=anvil.url, first_block=3, last_block=5)), detectors()))
    assert [isinstance(result, Unreadable) for result in beyond] == [False, True]
    assert [result.units for result in beyond] == [1, 2]


@pytest.mark.anvil
def test_a_transaction_of_a_node_is_explained(anvil: Anvil) -> None:
    """Its hash is enough; one nobody knows is missing."""
    hash_ = paid(anvil)
    batch, transaction = find(pieces(Request(source=anvil.url, mentioning=hash_)), hash_)
    value = explain(batch, transaction, detectors())
    assert value.place.transaction_hash == hash_
    assert sorted(row["net"] for row in value.sections["profits"] or ()) == [-COIN_WEI, COIN_WEI]
    with pytest.raises(DataMissing, match="knows no transaction"):
        find(pieces(Request(source=anvil.url, mentioning="0x" + "12" * 32)), "0x" + "12" * 32)


ALWAYS_18 = "600a600c600039600a6000f3" + "6012600052" + "60206000f3"
"""Creates a contract that answers 18 to whatever it is asked: PUSH1 18, PUSH1 0, MSTORE, PUSH1 32, PUSH1 0, RETURN."""


@pytest.mark.anvil
def test_a_batch_that_is_kept_still_has_its_questions_answered(anvil: Anvil) -> None:
    """Who took one piece and let go of the rest is connected again."""
    created = mined(anvil, data="0x" + ALWAYS_18)
    hash_, token = created["transactionHash"], created["contractAddress"]
    batch, transaction = find(pieces(Request(source=anvil.url, mentioning=hash_)), hash_)
    place = explain(batch, transaction, detectors()).place
    assert asked([token], place, batch.ask) == {token: Claim(symbol="", decimals=18)}


IMPLEMENTATION_SLOT = "360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
REPLACES_ITS_CODE = "6025600c60003960256000f3" + "600035" + f"7f{IMPLEMENTATION_SLOT}" + "55"
"""Creates a proxy that writes what it is sent into its implementation slot (EIP-1967), and logs nothing."""


def upgraded_unseen(anvil: Anvil) -> None:
    """A proxy gets its first implementation and then another, each in a block of its own."""
    _, one, other, *_ = anvil.request("eth_accounts")
    proxy = mined(anvil, data="0x" + REPLACES_ITS_CODE)["contractAddress"]
    for account in (one, other):
        mined(anvil, to=proxy, data="0x" + account[2:].zfill(64))


@pytest.mark.anvil
def test_state_changes_are_asked_for_where_a_detector_reads_them(anvil: Anvil) -> None:
    """An upgrade that logs nothing is seen in the state alone."""
    upgraded_unseen(anvil)
    chosen = {"proxy-upgrade": detectors()["proxy-upgrade"]}
    for asked_for, seen in ((extra(chosen.values()), 1), (frozenset(), 0)):
        request = Request(source=anvil.url, first_block=3, extra=asked_for)
        looked = [result for result in scan(pieces(request), chosen) if isinstance(result, Looked)]
        assert [len(result.findings) for result in looked] == [seen]
        assert [bool(result.blind) for result in looked] == [not seen]


def test_it_must_be_said_which_blocks() -> None:
    """Neither a range nor a hash, a range that runs backwards, half a hash: refused before anybody is asked."""
    url = "http://127.0.0.1:9"
    for request in (
        Request(source=url),
        Request(source=url, first_block=3, last_block=2),
        Request(source=url, mentioning="0x1234"),
    ):
        with pytest.raises(UserError):
            list(pieces(request))
    assert units(Request(source=url, first_block=2, last_block=4)) == 3
    assert units(Request(source=url, first_block=2)) is None
    assert noun(Request(source=url)) == "block"


def test_a_node_that_does_not_answer() -> None:
    """The error is the node's, by name."""
    with pytest.raises(EndpointUnavailable, match=r"127\.0\.0\.1:9"):
        list(pieces(Request(source="http://127.0.0.1:9", first_block=1, last_block=2)))


def test_keys_in_a_url_are_not_shown() -> None:
    """A title may be logged; a key may not."""
    assert title(Request(source="https://node.example/v3/0123456789abcdef")) == "https://node.example/***"
