"""Recordings are read and written whole, or refused by name."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.chain.codecs.recording import parse, render
from tocsin.chain.recording import Recording
from tocsin.edge import recordings
from tocsin.model.errors import MalformedInput, SourceError
from tocsin.model.lookups import Lookup

BLOCK = b'{"chain_id": 5, "eth_getBlockByNumber": {"number": "0x1"}, "source": "a note"}'


def test_answers_stay_as_they_came() -> None:
    read = parse(BLOCK, "b")
    assert (read.chain_id, read.answers) == (5, {"eth_getBlockByNumber": b'{"number": "0x1"}'})
    assert parse(gzip.compress(BLOCK), "b") == read


def test_a_bare_call_tracer_frame_is_a_recording_of_one_transaction() -> None:
    frame = b'{"type": "CALL", "from": "0x00"}'
    assert parse(frame, "f", chain_id=1).answers == {"debug_traceTransaction": frame}
    with pytest.raises(MalformedInput, match="--chain-id"):
        parse(frame, "f")


json_answers = st.sampled_from([b"null", b"[]", b'{"a":[1,"x"]}', b"  7 "])
questions = st.builds(Lookup, st.just("eth_getCode"), st.tuples(st.text(), st.text()), st.just(1))


@given(
    st.dictionaries(st.sampled_from(["eth_a", "trace_b", "debug_c:d"]), json_answers, min_size=1),
    st.none() | st.binary(min_size=32, max_size=32),
    st.dictionaries(questions, st.text()),
)
def test_what_is_written_is_read_back(answers: dict[str, bytes], tx: bytes | None, lookups: dict[Lookup, str]) -> None:
    kept = Recording(chain_id=1, name="k", answers=answers, transaction_hash=tx, lookups=lookups)
    back = parse(render(kept), "k")
    assert (back.transaction_hash, back.lookups) == (tx, lookups)
    assert {m: a.strip() for m, a in back.answers.items()} == {m: a.strip() for m, a in answers.items()}


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}", BLOCK[:-9], gzip.compress(BLOCK, mtime=0)[:-9], b"\x1f\x8bjunk",
     b'{"chain_id": 0, "eth_a": 1}', b'{"chain_id": "1", "eth_a": 1}', b'{"chain_id": 1e300, "eth_a": 1}',
     b'{"chain_id": 1, "eth_a": 1, "transaction_hash": "0x12"}', b'{"chain_id": 1, "eth_a": 1, "lookups": [3]}',
     b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_recording_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(MalformedInput, match="the file"):
        parse(data, "the file", None)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for bytes_ in (data, b'{"chain_id":1,"eth_a":' + data + b"}"):
        try:
            parse(bytes_, "x", 1)
        except MalformedInput:
            continue


def test_a_directory_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name in ("2.json.gz", "1.json", "sub/0.json"):
        recordings.write(parse(BLOCK, name), tmp_path / name)
    (tmp_path / "notes.txt").write_text("no recording")
    assert [Path(each.name).name for each in recordings.read(tmp_path)] == ["1.json", "2.json.gz", "0.json"]
    assert recordings.count(tmp_path) == 3
    assert not list(tmp_path.rglob(".*"))


def test_a_misspelt_path_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "blocks").mkdir()
    with pytest.raises(SourceError, match=r"did you mean .*blocks"):
        list(recordings.read(tmp_path / "block"))
    with pytest.raises(SourceError, match="no recording in it"):
        list(recordings.read(tmp_path / "blocks"))
