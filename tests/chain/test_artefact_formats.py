"""Files in which compilers and packages give a contract; and what is in none of their forms."""

import json
from pathlib import Path
from typing import Any

import pytest

import tocsin.exercise
from tocsin.chain.artefact import Entry, Link, Parameter
from tocsin.chain.artefact_formats import from_json, from_typechain
from tocsin.model.errors import MalformedInput

INTERFACE = [
    {
        "type": "function",
        "name": "pay",
        "inputs": [{"type": "tuple", "name": "to", "components": [{"type": "address", "name": "who"}]}],
        "outputs": [],
        "stateMutability": "payable",
    }
]
ENTRY = Entry("function", "pay", inputs=(Parameter("tuple", "to", components=(Parameter("address", "who"),)),))
REFERENCES = {"Logic.sol": {"Logic": [{"start": 3, "length": 20}, {"start": 40, "length": 20}]}}
LINKS = (Link("Logic", 3), Link("Logic", 40))
FACTORY = """
const _abi = [
    {
        type: "function",
        name: "pay",
        inputs: [
            {
                type: "tuple",
                name: "to",
                components: [
                    {
                        type: "address",
                        name: "who",
                    },
                ],
            },
        ],
    },
];
const _bytecode = "0x6001";
"""


@pytest.mark.parametrize(
    ("found", "links"),
    [
        ({"abi": INTERFACE, "bytecode": "0x6001"}, ()),
        ({"abi": INTERFACE, "bytecode": "6001"}, ()),
        ({"abi": INTERFACE, "bytecode": "0x6001", "linkReferences": REFERENCES}, LINKS),
        ({"abi": INTERFACE, "bytecode": {"object": "0x6001", "linkReferences": REFERENCES}}, LINKS),
        ({"abi": INTERFACE, "evm": {"bytecode": {"object": "6001", "linkReferences": {}}}}, ()),
    ],
    ids=["hardhat", "without-0x", "hardhat-to-link", "foundry", "solc"],
)
def test_json_of_every_compiler_is_read(found: dict[str, Any], links: tuple[Link, ...]) -> None:
    artefact = from_json("Payer", json.dumps(found).encode())

    assert (artefact.name, artefact.entries, artefact.bytecode) == ("Payer", (ENTRY,), "6001")
    assert artefact.links == links


def test_an_interface_alone_has_no_code() -> None:
    assert from_json("Payer", json.dumps({"abi": INTERFACE, "bytecode": "0x"}).encode()).bytecode == ""


def test_a_typechain_factory_is_read() -> None:
    artefact = from_typechain("Payer", FACTORY.encode())

    assert (artefact.entries, artefact.bytecode) == ((ENTRY,), "6001")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00",
        b"[]",
        b"null",
        b"{}",
        b'{"abi": 5}',
        b'{"abi": [{"name": "no type"}]}',
        b'{"abi": [], "bytecode": 7}',
        b'{"abi": [], "linkReferences": [1]}',
        b'{"abi": [], "linkReferences": {"a": {"b": [{}]}}}',
        b'{"abi": [], "evm": null}',
    ],
)
def test_json_that_is_no_artefact_is_an_error_by_name(content: bytes) -> None:
    with pytest.raises(MalformedInput, match="Payer: not an artefact"):
        from_json("Payer", content)


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"const _abi = [\n];", FACTORY.replace("type:", "type").encode()], ids=range(4)
)
def test_javascript_that_is_no_factory_is_an_error_by_name(content: bytes) -> None:
    with pytest.raises(MalformedInput, match="Payer: "):
        from_typechain("Payer", content)


def test_every_shipped_contract_has_an_interface_and_code() -> None:
    for path in sorted((Path(tocsin.exercise.__path__[0]) / "contracts").glob("*.json")):
        for name, found in json.loads(path.read_bytes()).items():
            artefact = from_json(name, json.dumps(found).encode())
            assert artefact.entries, name
            assert bytes.fromhex(artefact.bytecode), name
