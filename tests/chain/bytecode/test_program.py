"""Code is read as instructions, whatever it is: the same as a walk one by one, without metadata, never raising."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tocsin.exercise
from tocsin.chain.bytecode.contents import contents
from tocsin.chain.bytecode.evasion import tests_block_maker as asks_for_maker
from tocsin.chain.bytecode.likeness import HASHES, alike, signature, stacked
from tocsin.chain.bytecode.program import program, without_metadata
from tocsin.chain.bytecode.proxies import is_minimal_proxy
from tocsin.chain.signatures import selector
from tocsin.model.errors import MalformedInput

CONTRACTS = sorted((Path(tocsin.exercise.__path__[0]) / "contracts").glob("*.json"))
PUSHES = range(0x60, 0x80)


def walked(code: bytes) -> list[tuple[int, int]]:
    """Where each instruction stands, and which it is, one after the other."""
    at, found = 0, []
    while at < len(code):
        found.append((at, code[at]))
        at += 1 + (code[at] - 0x5F if code[at] in PUSHES else 0)
    return found


@given(st.binary(max_size=400))
def test_instructions_are_those_of_a_walk_one_by_one(code: bytes) -> None:
    read = program(code)
    assert list(zip(read.starts.tolist(), read.ops.tolist(), strict=True)) == walked(without_metadata(code))


@given(st.binary(max_size=400))
def test_nothing_that_reads_code_raises(code: bytes) -> None:
    assert contents(code).size <= len(code)
    assert isinstance(asks_for_maker(code), bool)
    assert isinstance(is_minimal_proxy(code), bool)
    assert len(signature(code)) in (0, 4 * HASHES)


def test_a_constant_that_the_code_does_not_reach_is_filled_with_zeros() -> None:
    read = program(b"\x5b\x62\xaa")
    assert read.pushed(1) == b"\xaa\x00\x00"


def test_metadata_is_left_out() -> None:
    body = b"\x60\x01\x60\x02\x01\x00"
    tail = b"\xa1\x64solc\x43\x00\x08\x1c"
    assert without_metadata(body + tail + len(tail).to_bytes(2, "big")) == body
    assert without_metadata(body) == body


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_every_function_of_our_contracts_is_found_in_their_code(path: Path) -> None:
    for name, made in json.loads(path.read_bytes()).items():
        functions = [entry for entry in made["abi"] if entry["type"] == "function"]
        code = bytes.fromhex(made["bytecode"].removeprefix("0x")) if isinstance(made["bytecode"], str) else b""
        found = contents(code).selectors
        for entry in functions:
            expected = selector(f"{entry['name']}({','.join(map(typed, entry['inputs']))})")
            assert expected in found or not code, f"{name}.{entry['name']}"


def typed(parameter: dict[str, object]) -> str:
    """The canonical type of a parameter."""
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(map(typed, parameter["components"]))  # type: ignore[call-overload]
    return f"({inner}){kind.removeprefix('tuple')}"


def test_addresses_are_found_as_constants_and_as_immutable_words_and_masks_are_not() -> None:
    short, whole, word = b"\x00\x00\x71" + b"\x27" * 17, b"\xab" * 20, b"\xcd" * 20
    code = b"\x71" + short[2:] + b"\x73" + whole + b"\x7f" + bytes(12) + word
    masks = b"\x73" + b"\xff" * 20 + b"\x7f" + b"\xff" * 32 + b"\x70\x01" + bytes(16) + b"\x7f" + bytes(32)
    assert contents(code + masks).addresses == {short, whole, word}


def test_what_is_compared_without_a_branch_is_no_function() -> None:
    push = b"\x63" + selector("run()")
    assert contents(b"\x80" + push + b"\x14\x60\x0a\x57").selectors == (selector("run()"),)
    assert contents(push + b"\x60\x00\x52").selectors == ()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("4115600a57", True),  # COINBASE ISZERO PUSH JUMPI
        ("41600a57", True),  # COINBASE PUSH JUMPI
        ("5f41036100aa57", True),  # PUSH0 COINBASE SUB PUSH2 JUMPI
        ("4160601b15601057", True),  # shifted
        ("73" + "ff" * 20 + "411680505015601057", False),  # dropped; what is tested stood there before
        ("33411460105700", False),  # compared with the caller
        ("5f5f5f5f3441620f4240f115600a57", False),  # paid
        ("3415600a57" + "4150", False),  # read, and not tested
    ],
)
def test_only_a_branch_on_whether_somebody_makes_the_block_evades(code: str, says: bool) -> None:
    assert asks_for_maker(bytes.fromhex(code)) is says


def test_minimal_proxies_of_several_kinds() -> None:
    address = "12" * 20
    kinds = (
        f"363d3d373d3d3d363d73{address}5af43d82803e903d91602b57fd5bf3",
        f"365f5f375f5f365f73{address}5af43d5f5f3e5f3d91602a57fd5bf3",
        f"3d3d3d3d363d3d37363d73{address}5af43d3d93803e602a57fd5bf3",
        f"ef0100{address}",
    )
    assert [is_minimal_proxy(bytes.fromhex(each)) for each in kinds] == [True, True, False, True]
    assert not is_minimal_proxy(bytes.fromhex("6080604052" + "5b" * 100))


def own(name: str, file: str) -> bytes:
    path = next(each for each in CONTRACTS if each.stem == file)
    return bytes.fromhex(json.loads(path.read_bytes())[name]["bytecode"].removeprefix("0x"))


def test_the_same_program_with_other_constants_is_the_same_and_others_are_not() -> None:
    code = own("ReentrancyAttacker", "Attackers")
    other = own("CrossFunctionAttacker", "Attackers")
    moved = program(code)
    changed = bytearray(moved.code)
    for number in moved.find(*range(0x73, 0x80)):
        start, width = int(moved.starts[number]), int(moved.ops[number]) - 0x5F
        changed[start + 1 : start + 1 + width] = b"\x5a" * width
    shares = alike(signature(code), stacked([signature(bytes(changed)), signature(other)]))
    assert shares[0] == 1.0
    assert shares[1] < 0.9


def test_a_signature_of_another_length_is_refused() -> None:
    with pytest.raises(MalformedInput):
        stacked([b"\0" * 7])


@given(st.lists(st.integers(0, 0x5F), min_size=300, max_size=600), st.integers(1, 40))
def test_the_estimate_is_near_the_share_that_is_counted(ops: list[int], changed: int) -> None:
    code = bytes(ops)
    other = bytes(0x0B if place % changed == 0 else op for place, op in enumerate(ops))
    runs = [{each[place : place + 4] for place in range(len(each) - 3)} for each in (code, other)]
    counted = len(runs[0] & runs[1]) / len(runs[0] | runs[1])
    if without_metadata(code) == code and without_metadata(other) == other:
        (estimated,) = alike(signature(code), stacked([signature(other)]))
        assert abs(estimated - counted) < 0.2
