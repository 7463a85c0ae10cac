"""Accounts and contracts as values, and as the addresses they stand for."""

from tocsin.chain.artefact import Artefact, Entry, Parameter
from tocsin.chain.contract import Account, Contract, NameBook, address, pay, plain

ALICE = Account("alice", "0x" + "a1" * 20)
TOKEN = Contract(
    "0x" + "70" * 20,
    Artefact(
        name="Token",
        entries=(Entry("function", "give", inputs=(Parameter("address[]"), Parameter("uint256"))),),
    ),
)


def test_accounts_and_contracts_become_addresses_however_deep_they_are() -> None:
    assert plain([ALICE, (1, [TOKEN, "text"]), b"raw"]) == [ALICE.address, (1, [TOKEN.address, "text"]), b"raw"]


def test_an_address_is_in_lower_case() -> None:
    assert address("0xABCDEF") == "0xabcdef"
    assert (address(ALICE), address(TOKEN)) == (ALICE.address, TOKEN.address)


def test_a_call_is_a_transaction_to_the_contract_with_its_interface() -> None:
    sent = TOKEN.by(ALICE, "give", [ALICE, TOKEN], 3, value=5, gas=9)

    assert (sent.sender, sent.to, sent.value, sent.gas, sent.target) == (ALICE, TOKEN.address, 5, 9, TOKEN.artefact)
    assert sent.data == TOKEN.artefact.encode("give", [ALICE.address, TOKEN.address], 3)


def test_a_payment_has_no_data() -> None:
    sent = pay(ALICE, TOKEN, 7)

    assert (sent.to, sent.value, sent.data) == (TOKEN.address, 7, b"")


def test_the_first_name_of_an_address_stays() -> None:
    book = NameBook()
    book.note(ALICE, "alice")
    book.note(ALICE.address.upper().replace("X", "x"), "somebody else")

    assert book.as_mapping() == {ALICE.address: "alice"}
