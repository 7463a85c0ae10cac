"""Keys and signatures that follow from a seed, held against what others compute."""

import subprocess
import sys

import pytest
from eth_account import Account as Recovering
from eth_account.messages import encode_defunct
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_hash.auto import keccak
from hexbytes import HexBytes
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chain.contract import Account, Transaction, pay
from tocsin.edge.signer import Keys
from tocsin.model.errors import ScenarioBroken

FEES = {"chain_id": 1, "nonce": 9, "gas": 21_000, "tip": 2, "base_fee": 10}
COW = int.from_bytes(keccak(b"cow"), "big")
COW_ADDRESS = "0xcd2a3d9f938e13cd947ec05abc7fe734df8dd826"
"""Of the key keccak("cow"), as in the example of EIP-712."""


def test_the_same_seed_and_name_give_the_same_account_and_others_give_another() -> None:
    first = Keys("a seed").account("alice")

    assert first == Keys("a seed").account("alice")
    assert len({first.address, Keys("a seed").account("bob").address, Keys("another").account("alice").address}) == 3


def test_a_given_key_has_the_address_that_eip_712_states_for_it() -> None:
    assert Keys("any").keyed("cow", COW) == Account("cow", COW_ADDRESS)


def test_typed_data_is_signed_as_the_example_of_eip_712_is() -> None:
    keys = Keys("any")
    person = [{"name": "name", "type": "string"}, {"name": "wallet", "type": "address"}]
    domain = ("name:string", "version:string", "chainId:uint256", "verifyingContract:address")
    message = {
        "types": {
            "EIP712Domain": [dict(zip(("name", "type"), each.split(":"), strict=True)) for each in domain],
            "Person": person,
            "Mail": [
                {"name": "from", "type": "Person"},
                {"name": "to", "type": "Person"},
                {"name": "contents", "type": "string"},
            ],
        },
        "primaryType": "Mail",
        "domain": {"name": "Ether Mail", "version": "1", "chainId": 1, "verifyingContract": "0x" + "c" * 40},
        "message": {
            "from": {"name": "Cow", "wallet": COW_ADDRESS},
            "to": {"name": "Bob", "wallet": "0x" + "b" * 40},
            "contents": "Hello, Bob!",
        },
    }

    signature = keys.typed(keys.keyed("cow", COW), message)

    assert signature.hex() == (
        "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d"
        "07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b91562"
        "1c"
    )


@given(message=st.binary(max_size=100))
def test_a_personal_message_is_signed_by_its_account_and_the_same_each_time(message: bytes) -> None:
    keys = Keys("seed")
    alice = keys.account("alice")

    signature = keys.message(alice, message)

    assert Recovering.recover_message(encode_defunct(message), signature=signature).lower() == alice.address
    assert signature == keys.message(alice, message)
    assert len(signature) == 65


def test_a_payment_is_a_transaction_of_its_sender_with_the_fees_given() -> None:
    keys = Keys("seed")
    alice, bob = keys.account("alice"), keys.account("bob")

    raw = keys.transaction(pay(alice, bob, 5), **FEES)

    fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    assert Recovering.recover_transaction(raw).lower() == alice.address
    assert fields["to"].hex() == bob.address.removeprefix("0x")
    assert (fields["value"], fields["nonce"], fields["gas"], fields["chainId"]) == (5, 9, 21_000, 1)
    assert (fields["maxPriorityFeePerGas"], fields["maxFeePerGas"]) == (2, 12)


def test_an_authorisation_makes_a_transaction_of_its_own_type() -> None:
    keys = Keys("seed")
    alice, bob = keys.account("alice"), keys.account("bob")
    signed = keys.authorisation(bob, "0x" + "12" * 20, chain_id=1, nonce=4)
    sent = Transaction(sender=alice, to=bob.address, authorisations=(signed,))

    raw = keys.transaction(sent, **FEES)

    (only,) = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()["authorizationList"]
    assert raw.startswith("0x04")
    assert Recovering.recover_transaction(raw).lower() == alice.address
    assert (only["nonce"], only["chainId"], only["address"].hex()) == (4, 1, "12" * 20)


def test_nothing_is_signed_for_an_account_of_somebody_else() -> None:
    stranger = Keys("another seed").account("alice")

    with pytest.raises(ScenarioBroken, match="no key for alice"):
        Keys("seed").digest(stranger, bytes(32))


def test_signing_leaves_the_recursion_limit_as_it_was() -> None:
    """What comes with eth-account raises it so far that hostile input could overflow the stack."""
    code = (
        "import sys; limit = sys.getrecursionlimit(); import tocsin.edge.signer; "
        "assert sys.getrecursionlimit() == limit"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
