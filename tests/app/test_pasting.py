"""A pasted trace through the sources: which chain it is of, and standard input in place of a file."""

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.app.explain import explain, find
from tocsin.app.scan import Looked, scan
from tocsin.app.sources import Batch, Request, Unreadable, pieces, units
from tocsin.app.sources.recorded import configured_chain
from tocsin.detect.catalogue import detectors
from tocsin.edge import standard_input
from tocsin.model.errors import SourceError

THIEF, BANK = "0x" + "22" * 20, "0x" + "ba" * 20


def call(sender: str, to: str, data: str, *inside: dict[str, Any], value: int = 0) -> dict[str, Any]:
    """A callTracer frame."""
    return {"type": "CALL", "from": sender, "to": to, "input": data, "value": hex(value), "calls": list(inside)}


PAID = call(BANK, THIEF, "0x", value=10**19)
FRAME = call(
    "0x" + "11" * 20,
    THIEF,
    "0xc0406226",
    call(
        THIEF,
        BANK,
        "0x3ccfd60b",
        {**PAID, "calls": [call(THIEF, BANK, "0x3ccfd60b", PAID)]},
    ),
)
"""A bank that pays before it books is asked again from within the payment."""


@pytest.fixture
def pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The frame in a file, in a directory without settings."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pasted.txt").write_text(json.dumps(FRAME))
    return tmp_path / "pasted.txt"


@pytest.mark.parametrize(
    ("settings", "chain"),
    [
        ("[[chain]]\nname = 'a'\nchain_id = 56\n", 56),
        ("[[chain]]\nchain_id = 1\n[[chain]]\nchain_id = 56\n", None),
        ("[chain]\nchain_id = 1\n", None),
        ("[[chain]]\nchain_id = 'one'\n", None),
        ("[[chain]]\nchain_id = true\n", None),
        ("[[chain]]\nchain_id = 0\n", None),
        ("chain = 5\n", None),
        ("not toml", None),
        ("", None),
        (None, None),
    ],
)
def test_the_only_chain_of_the_settings_is_taken(tmp_path: Path, settings: str | None, chain: int | None) -> None:
    path = tmp_path / "tocsin.toml"
    if settings is not None:
        path.write_text(settings)
    assert configured_chain(path) == chain


def test_a_paste_is_of_the_chain_that_is_asked_for_else_of_the_configured_one(pasted: Path) -> None:
    (unread,) = pieces(Request(source=str(pasted)))
    assert isinstance(unread, Unreadable)
    assert "--chain-id" in str(unread.error)
    (pasted.parent / "tocsin.toml").write_text("[[chain]]\nchain_id = 56\n")
    for asked, chain in ((None, 56), (10, 10)):
        (batch,) = pieces(Request(source=str(pasted), chain_id=asked))
        assert isinstance(batch, Batch)
        assert batch.tables["calls"]["chain_id"].unique().to_list() == [chain]


def test_a_paste_is_scanned_and_explained_with_its_place_unknown(pasted: Path) -> None:
    request = Request(source=str(pasted), chain_id=1, together=1)
    (looked,) = scan(pieces(request), detectors())
    assert isinstance(looked, Looked)
    assert not looked.failures
    assert "reentrancy" in {finding.detector for finding in looked.findings}
    batch, transaction = find(pieces(request), "")
    value = explain(batch, transaction, detectors())
    assert (value.place.transaction_hash, value.place.block_number, value.place.chain_id) == (None, None, 1)
    assert value.findings == looked.findings
    assert value.transaction["from_address"] == FRAME["from"]
    json.dumps(value.to_json())


def test_a_hash_asked_for_where_none_is_known_says_to_leave_it_out(pasted: Path) -> None:
    with pytest.raises(SourceError, match="leave out --tx"):
        find(pieces(Request(source=str(pasted), chain_id=1)), "0x12")


def test_of_a_batch_one_is_explained_by_its_hash(pasted: Path) -> None:
    request = Request(source=str(pasted), chain_id=1)
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "result": FRAME}
    pasted.write_text(json.dumps([answer, answer]))
    with pytest.raises(SourceError, match="2 transactions without a hash"):
        find(pieces(request), "")
    pasted.write_text(json.dumps([answer, {**answer, "transaction_hash": "0x" + "7a" * 32}]))
    batch, transaction = find(pieces(request), "0x7a")
    assert (batch.tables["calls"].height, transaction) == (5, b"\x7a" * 32)


def test_standard_input_is_a_source(pasted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standard_input, "read", pasted.read_bytes)
    request = Request(source="-", chain_id=1)
    assert units(request) == 1
    (batch,) = pieces(request)
    assert isinstance(batch, Batch)
    assert batch.source == "standard input"
    assert batch.tables["calls"].height == 5
