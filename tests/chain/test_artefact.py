"""Interfaces: what is encoded is decoded again, reverts are put into words, and what is wrong is an error by name."""

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chain.artefact import Artefact, Entry, Link, Log, Parameter
from tocsin.model.errors import MalformedInput

WORDS = st.integers(0, 2**256 - 1)
ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "uint256": WORDS,
    "int64": st.integers(-(2**63), 2**63 - 1),
    "bool": st.booleans(),
    "address": ADDRESSES,
    "bytes": st.binary(max_size=70),
    "bytes32": st.binary(min_size=32, max_size=32),
    "string": st.text(max_size=40),
    "uint256[]": st.lists(WORDS, max_size=4).map(tuple),
    "address[2]": st.tuples(ADDRESSES, ADDRESSES),
    "(address,uint256[])[]": st.lists(st.tuples(ADDRESSES, st.lists(WORDS, max_size=2).map(tuple)), max_size=3).map(
        tuple
    ),
}
PAIRED = Parameter("tuple[]", "pairs", components=(Parameter("address", "who"), Parameter("uint256[]", "amounts")))


def parameter(type_: str) -> Parameter:
    return PAIRED if type_.startswith("(") else Parameter(type_, "value")


def echo(types: list[str]) -> Artefact:
    """A function that takes what it returns."""
    parameters = tuple(parameter(each) for each in types)
    return Artefact(name="Echo", entries=(Entry("function", "echo", inputs=parameters, outputs=parameters),))


TOKEN = Artefact(
    name="Token",
    entries=(
        Entry("constructor", inputs=(Parameter("uint256", "supply"),)),
        Entry("function", "transfer", inputs=(Parameter("address"), Parameter("uint256"))),
        Entry("function", "move", inputs=(Parameter("address"),)),
        Entry("function", "move", inputs=(Parameter("address"), Parameter("bytes"))),
        Entry("function", "balanceOf", inputs=(Parameter("address"),), outputs=(Parameter("uint256"),)),
        Entry(
            "event",
            "Transfer",
            inputs=(
                Parameter("address", "from", indexed=True),
                Parameter("address", "to", indexed=True),
                Parameter("uint256", "value"),
            ),
        ),
        Entry("event", "Noted", inputs=(Parameter("string", "text", indexed=True), Parameter("bytes", "data"))),
        Entry("error", "TooLittle", inputs=(Parameter("uint256", "has"), Parameter("bytes4", "why"))),
    ),
    bytecode="6001",
)


@given(data=st.data())
def test_what_is_encoded_is_decoded_again(data: st.DataObject) -> None:
    types = data.draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=4))
    values = [data.draw(VALUES[each]) for each in types]
    artefact = echo(types)

    found = artefact.decode("echo", artefact.encode("echo", *values)[4:])

    assert found == (values[0] if len(values) == 1 else tuple(values))


def test_a_call_begins_with_the_selector_of_its_function() -> None:
    receiver = "0x" + "11" * 20

    data = TOKEN.encode("transfer", receiver, 5)

    assert data.hex() == "a9059cbb" + "00" * 12 + "11" * 20 + f"{5:064x}"
    assert TOKEN.called(data) == "transfer"


def test_functions_of_one_name_are_told_apart_by_their_signature() -> None:
    receiver = "0x" + "11" * 20

    with pytest.raises(MalformedInput, match=r"Token has no single function 'move'; it has .*move\(address,bytes\)"):
        TOKEN.encode("move", receiver)
    assert TOKEN.encode("move(address)", receiver)[:4] == keccak(b"move(address)")[:4]
    assert TOKEN.encode("move(address,bytes)", receiver, b"")[:4] == keccak(b"move(address,bytes)")[:4]


def test_creation_code_carries_the_arguments_of_the_constructor() -> None:
    assert TOKEN.creation(7) == bytes.fromhex("6001") + (7).to_bytes(32, "big")
    with pytest.raises(MalformedInput, match="takes 1 values, not 0"):
        TOKEN.creation()


def test_a_library_is_to_be_linked_before_creation() -> None:
    open_ = Artefact(name="Pool", entries=(), bytecode="73" + "_" * 40 + "00", links=(Link("Logic", 1),))

    with pytest.raises(MalformedInput, match="Pool: link Logic first"):
        open_.creation()
    with pytest.raises(MalformedInput, match="Pool: link Logic first"):
        open_.linked({"Another": "0x" + "22" * 20}).creation()
    assert open_.linked({"Logic": "0x" + "AB" * 20}).creation().hex() == "73" + "ab" * 20 + "00"


@pytest.mark.parametrize("values", [("0x1234", 5), ("0x" + "11" * 20, -1), ("0x" + "11" * 20, 2**256), (None, "x")])
def test_values_that_do_not_fit_are_an_error_that_names_the_function(values: tuple[Any, Any]) -> None:
    with pytest.raises(MalformedInput, match=r"transfer\(address,uint256\)"):
        TOKEN.encode("transfer", *values)


@pytest.mark.parametrize("answer", [b"", bytes(31)])
def test_an_answer_that_is_too_short_is_an_error_by_name(answer: bytes) -> None:
    with pytest.raises(MalformedInput, match=r"Token.balanceOf\(address\): cannot be decoded"):
        TOKEN.decode("balanceOf", answer)


@given(value=WORDS)
def test_events_come_by_name_with_their_parameters(value: int) -> None:
    giver, taker = "0x" + "11" * 20, "0x" + "22" * 20
    topics = [
        keccak(b"Transfer(address,address,uint256)"),
        *(bytes.fromhex(each[2:].zfill(64)) for each in (giver, taker)),
    ]
    transfer = Log("0x" + "33" * 20, tuple(topics), value.to_bytes(32, "big"))
    noted = Log(transfer.address, (keccak(b"Noted(string,bytes)"), keccak(b"hello")), encode(("bytes",), (b"x",)))
    strange = Log(transfer.address, (bytes(32),), b"")
    without = Log(transfer.address, (), b"")

    logs = [transfer, noted, strange, without]

    assert TOKEN.events("Transfer", logs) == [{"from": giver, "to": taker, "value": value}]
    assert TOKEN.events("Noted", logs) == [{"text": keccak(b"hello"), "data": b"x"}]


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (keccak(b"Error(string)")[:4] + encode(("string",), ("no",)), "no"),
        (keccak(b"Panic(uint256)")[:4] + (0x11).to_bytes(32, "big"), "panic 0x11"),
        (
            keccak(b"TooLittle(uint256,bytes4)")[:4] + encode(("uint256", "bytes4"), (3, b"\x01\x02\x03\x04")),
            "TooLittle(3, 0x01020304)",
        ),
        (b"\xde\xad\xbe\xef\x00", "0xdeadbeef00"),
        (keccak(b"Error(string)")[:4] + b"\xff", "0x08c379a0ff"),
        (keccak(b"TooLittle(uint256,bytes4)")[:4], "0x" + keccak(b"TooLittle(uint256,bytes4)")[:4].hex()),
        (b"", "no reason given"),
    ],
)
def test_a_revert_is_put_into_words(returned: bytes, said: str) -> None:
    assert TOKEN.reason(returned) == said
