"""On a real node: what is sent comes back as it should, in order and in time, and going back goes all the way back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tocsin.app.exercise.library import Shelf
from tocsin.chain.artefact import Artefact
from tocsin.chain.contract import Account, Contract, pay
from tocsin.edge.anvil import running
from tocsin.edge.local_chain import ARGUMENTS, BLOCK_SECONDS, LocalChain, SharedClock
from tocsin.edge.signer import Keys
from tocsin.model.errors import CallReverted, EndpointUnavailable, MalformedInput, ScenarioBroken

pytestmark = pytest.mark.anvil

CHAIN_ID = 990_004
START = 1_700_000_000
"""Timestamp of the first block, seconds since 1970."""
ETHER, DOLLAR = 10**18, 10**6
HOUR = 3_600
GAS = 100_000
STATES_HELD = 500
"""So many states of blocks anvil keeps in memory."""


@pytest.fixture(scope="module")
def only_chain(anvil_binary: Path) -> Iterator[LocalChain]:
    with running(anvil_binary, CHAIN_ID, (*ARGUMENTS, "--timestamp", str(START))) as node:
        yield LocalChain(node, Keys("local chain"), SharedClock(START))


@pytest.fixture
def chain(only_chain: LocalChain) -> Iterator[LocalChain]:
    """The chain as if nobody had used it before."""
    snapshot = only_chain.snapshot()
    yield only_chain
    only_chain.restore(snapshot)


@pytest.fixture
def founder(chain: LocalChain) -> Account:
    return chain.account("founder")


@pytest.fixture
def user(chain: LocalChain) -> Account:
    return chain.account("user")


@pytest.fixture
def dollar(chain: LocalChain, founder: Account) -> Contract:
    token = chain.deploy(founder, own("RangeStable"), "Dollar", "USD", 6, founder)
    chain.do(token.by(founder, "mint", founder, 100 * DOLLAR))
    return token


def own(name: str) -> Artefact:
    return Shelf(Path("no packages")).own(name)


def test_a_revert_with_a_text_is_told_with_it(
    chain: LocalChain, founder: Account, user: Account, dollar: Contract
) -> None:
    chain.do(dollar.by(founder, "blacklist", user))
    payment = dollar.by(founder, "transfer", user, DOLLAR)

    with pytest.raises(CallReverted, match="Blacklistable: account is blacklisted"):
        chain.do(payment)
    assert chain.refused(payment) == "Blacklistable: account is blacklisted"


def test_a_revert_with_an_error_of_the_contracts_is_told_with_its_values(
    chain: LocalChain, user: Account, founder: Account, dollar: Contract
) -> None:
    said = f"ERC20InsufficientBalance({user.address}, 0, {DOLLAR})"

    assert chain.refused(dollar.by(user, "transfer", founder, DOLLAR)) == said
    with pytest.raises(CallReverted) as caught:
        chain.do(dollar.by(user, "transfer", founder, DOLLAR, gas=GAS))
    assert said in str(caught.value)
    assert "user calls transfer of RangeStable" in str(caught.value)


def test_a_read_that_reverts_is_told_with_its_reason(chain: LocalChain, founder: Account) -> None:
    nft = chain.deploy(founder, own("RangeNft"), "Apes", "APE", founder)

    with pytest.raises(CallReverted, match=r"RangeNft.ownerOf reverted: ERC721NonexistentToken\(7\)"):
        chain.read(nft, "ownerOf", 7)


def test_a_transaction_that_would_go_through_is_not_refused(chain: LocalChain, founder: Account, user: Account) -> None:
    with pytest.raises(ScenarioBroken, match="founder pays user was to be refused"):
        chain.refused(pay(founder, user, 1))


def test_running_out_of_gas_is_told_with_the_gas_used(chain: LocalChain, founder: Account, dollar: Contract) -> None:
    with pytest.raises(CallReverted, match=r"out of gas|OutOfGas"):
        chain.do(dollar.by(founder, "mint", founder, 1, gas=30_000))


def test_transactions_stand_in_a_block_in_the_order_given_and_may_revert(
    chain: LocalChain, founder: Account, user: Account, dollar: Contract
) -> None:
    others = [chain.account(f"other {n}") for n in range(6)]
    sent = [pay(other, user, n + 1) for n, other in enumerate(others)]
    sent.insert(3, dollar.by(user, "transfer", founder, DOLLAR, gas=GAS))

    receipts = chain.mine(*sent)

    assert [receipt.index for receipt in receipts] == list(range(7))
    assert [receipt.is_done for receipt in receipts] == [True] * 3 + [False] + [True] * 3
    assert {receipt.block_number for receipt in receipts} == {chain.height()}
    assert chain.hashes(chain.height()) == tuple(receipt.hash for receipt in receipts)


def test_several_of_one_sender_go_into_one_block(chain: LocalChain, founder: Account, user: Account) -> None:
    before = chain.balance(user)

    receipts = chain.mine(*(pay(founder, user, n) for n in (1, 2, 3)))

    assert [receipt.index for receipt in receipts] == [0, 1, 2]
    assert chain.balance(user) == before + 6


def test_blocks_are_twelve_seconds_apart_and_later_by_what_passes(
    chain: LocalChain, founder: Account, user: Account
) -> None:
    start = chain.now()
    chain.do(pay(founder, user, 1))
    assert chain.now() == start + BLOCK_SECONDS

    chain.pass_time(HOUR)
    chain.do(pay(founder, user, 1))

    assert start + BLOCK_SECONDS + HOUR <= chain.now() <= start + 2 * BLOCK_SECONDS + HOUR
    assert chain.timestamp(chain.height()) == chain.now()


def test_going_back_undoes_everything_and_what_follows_is_the_same_again(
    chain: LocalChain, founder: Account, user: Account, dollar: Contract
) -> None:
    def played() -> tuple[object, ...]:
        chain.pass_time(HOUR)
        extra = chain.account("extra", ETHER)
        receipts = chain.mine(dollar.by(founder, "transfer", extra, DOLLAR), pay(extra, user, 5))
        return (receipts, chain.height(), chain.now(), chain.state_root(), head(chain))

    before = (chain.height(), chain.now(), chain.state_root(), chain.balance(user))
    snapshot = chain.snapshot()
    first = played()
    chain.restore(snapshot)
    assert (chain.height(), chain.now(), chain.state_root(), chain.balance(user)) == before
    assert "extra" not in chain.names.names.values()

    again = chain.snapshot()
    assert played() == first
    chain.restore(again)

    with pytest.raises(ScenarioBroken, match="is gone"):
        chain.restore(snapshot)


def test_what_was_submitted_before_going_back_is_in_no_block_after_it(
    chain: LocalChain, founder: Account, user: Account
) -> None:
    snapshot = chain.snapshot()
    chain.submit(pay(founder, user, 1))
    chain.restore(snapshot)

    (receipt,) = chain.mine(pay(user, founder, 1))

    assert chain.hashes(chain.height()) == (receipt.hash,)


def test_the_state_of_a_block_is_there_however_often_it_was_made_before(
    chain: LocalChain, founder: Account, user: Account
) -> None:
    blocks = 30

    for _ in range(STATES_HELD // blocks + 3):
        snapshot = chain.snapshot()
        heights = [chain.do(pay(founder, user, n + 1)).block_number for n in range(blocks)]
        held = [chain.node.request("trace_replayBlockTransactions", hex(each), ["stateDiff"]) for each in heights]
        chain.restore(snapshot)

        assert [len(each) for each in held] == [1] * blocks


def test_an_account_acts_with_the_code_it_authorised_until_it_takes_that_back(
    chain: LocalChain, founder: Account, user: Account
) -> None:
    code = chain.deploy(founder, own("HonestDelegate"))
    account = chain.account("smart account")
    nobody = "0x" + "00" * 20

    chain.do(replace(pay(founder, account, 1), authorisations=(chain.authorise(account, code),)))
    assert code_at(chain, account) == "0xef0100" + code.address.removeprefix("0x")
    before = chain.balance(user)
    itself = Contract(account.address, code.artefact)
    chain.do(itself.by(account, "execute", [user], [7], [b""]))
    assert chain.balance(user) == before + 7

    chain.do(replace(pay(founder, account, 1), authorisations=(chain.authorise(account, nobody),)))
    assert code_at(chain, account) == "0x"


def test_a_permit_is_accepted_with_the_signature_of_its_owner_alone(
    chain: LocalChain, founder: Account, user: Account, dollar: Contract
) -> None:
    message = permit(chain, dollar, founder, user, 3 * DOLLAR)
    given = (founder, user, 3 * DOLLAR, message["message"]["deadline"])
    forged, signed = chain.sign_typed(user, message), chain.sign_typed(founder, message)

    refused = chain.refused(dollar.by(user, "permit", *given, forged[64], forged[:32], forged[32:64]))
    chain.do(dollar.by(user, "permit", *given, signed[64], signed[:32], signed[32:64]))

    assert refused.startswith("ERC2612InvalidSigner(")
    assert chain.read(dollar, "allowance", founder, user) == 3 * DOLLAR


def test_code_is_placed_where_it_is_wanted_and_storage_is_read(chain: LocalChain) -> None:
    place = "0x00000000000000000000000000000000000000aB"
    chain.put_code(place, bytes.fromhex("5f5ffd"), "nothing")

    assert chain.node.request("eth_getCode", place, "latest") == "0x5f5ffd"
    assert chain.names.names[place.lower()] == "nothing"
    assert chain.storage(place, 0) == bytes(32)


def test_what_cannot_be_encoded_is_an_error_before_anything_is_sent(chain: LocalChain, dollar: Contract) -> None:
    height = chain.height()

    with pytest.raises(MalformedInput, match=r"mint\(address,uint256\) takes 2 values, not 1"):
        chain.do(dollar.by(chain.account("founder"), "mint", 1))
    assert chain.height() == height


def test_an_account_without_a_key_cannot_send(chain: LocalChain, user: Account) -> None:
    stranger = Account("stranger", "0x" + "11" * 20)

    with pytest.raises(ScenarioBroken, match="no key for stranger"):
        chain.do(pay(stranger, user, 1))


def test_a_node_that_dies_is_an_error_by_name(anvil_binary: Path) -> None:
    with running(anvil_binary, CHAIN_ID, ARGUMENTS) as node:
        chain = LocalChain(node, Keys("dies"), SharedClock(START))
        somebody = chain.account("somebody")
        node.process.kill()
        node.process.wait()

        with pytest.raises(EndpointUnavailable, match="gave no answer"):
            chain.do(pay(somebody, somebody, 1))

    assert not node.log.parent.exists()


def permit(chain: LocalChain, token: Contract, owner: Account, spender: Account, value: int) -> dict[str, Any]:
    """An EIP-2612 permit as typed data."""
    domain = ("name:string", "version:string", "chainId:uint256", "verifyingContract:address")
    fields = ("owner:address", "spender:address", "value:uint256", "nonce:uint256", "deadline:uint256")
    members = {"EIP712Domain": domain, "Permit": fields}
    split = {kind: [each.partition(":") for each in found] for kind, found in members.items()}
    return {
        "types": {kind: [{"name": name, "type": type_} for name, _, type_ in found] for kind, found in split.items()},
        "primaryType": "Permit",
        "domain": {"name": "Dollar", "version": "1", "chainId": chain.chain_id, "verifyingContract": token.address},
        "message": {
            "owner": owner.address,
            "spender": spender.address,
            "value": value,
            "nonce": chain.read(token, "nonces", owner),
            "deadline": chain.now() + HOUR,
        },
    }


def head(chain: LocalChain) -> str:
    return str(chain.node.request("eth_getBlockByNumber", "latest", False)["hash"])


def code_at(chain: LocalChain, account: Account) -> str:
    return str(chain.node.request("eth_getCode", account.address, "latest"))
