"""The Parquet lake: ours come back as they were, cryo's become ours, and what is wrong is named."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tocsin.chain import codecs
from tocsin.chain.catalogue import datasets
from tocsin.edge import lake, recordings
from tocsin.model.errors import InconsistentInput, MalformedInput, SourceError
from tocsin.tables.dataset import Tables
from tocsin.tables.literal import frame, named

LOGS = datasets()["logs"]


def logs(*numbers: int, chain_id: int = 1) -> pl.DataFrame:
    rows = [{"chain_id": chain_id, "block_number": n, "log_index": n, "address": "token"} for n in numbers]
    return frame(LOGS.columns, rows)


def blocks(*numbers: int) -> pl.DataFrame:
    columns = datasets()["blocks"].columns
    return frame(columns, [{"block_number": n, "block_hash": f"block-{n}"} for n in numbers])


def read(directory: Path, first: int | None = None, last: int | None = None, **options: Any) -> list[Tables]:
    return [lake.read(span, **options) for span in lake.spans(directory, first, last)]


def heights(batches: list[Tables], dataset: str = "logs") -> list[list[int]]:
    return [batch[dataset]["block_number"].to_list() for batch in batches]


class TestOurs:
    @pytest.mark.parametrize("name", [name for name, dataset in datasets().items() if dataset.derive is None])
    def test_every_raw_dataset_comes_back_as_it_was(self, tmp_path: Path, name: str) -> None:
        rows = frame(datasets()[name].columns, [{"block_number": number} for number in (5, 6)])
        lake.write({name: rows}, tmp_path, 1, 5, 6)
        (batch,) = read(tmp_path)
        assert batch.keys() == {name}
        assert_frame_equal(batch[name], rows)

    def test_files_are_named_as_cryo_names_them_and_nothing_else_is_left(self, tmp_path: Path) -> None:
        (written,) = lake.write({"logs": logs(12_775_690)}, tmp_path, 1, 12_775_690, 12_775_690)
        assert written.name == "ethereum__logs__12775690_to_12775690.parquet"
        lake.write({"logs": logs(7, chain_id=990_001)}, tmp_path, 990_001, 7, 8)
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "ethereum__logs__12775690_to_12775690.parquet",
            "network_990001__logs__00000007_to_00000008.parquet",
        ]

    def test_a_long_range_is_cut_into_files(self, tmp_path: Path) -> None:
        written = lake.write({"logs": logs(500, 999, 1_000, 2_500)}, tmp_path, 1, 500, 2_500)
        assert [path.name[16:36] for path in written] == [
            "00000500_to_00000999",
            "00001000_to_00001999",
            "00002000_to_00002500",
        ]
        assert [height for height in heights(read(tmp_path)) if height] == [[500], [999], [1_000], [2_500]]

    def test_only_the_range_is_read(self, tmp_path: Path) -> None:
        lake.write({"logs": logs(*range(10))}, tmp_path, 1, 0, 9)
        assert heights(read(tmp_path, 3, 5)) == [[3, 4, 5]]
        assert read(tmp_path, 10, 20) == []

    def test_blocks_without_logs_are_empty_and_blocks_without_a_file_are_absent(self, tmp_path: Path) -> None:
        lake.write({"blocks": blocks(*range(6))}, tmp_path, 1, 0, 5)
        lake.write({"logs": logs(1)}, tmp_path, 1, 0, 2)
        lake.write({"logs": logs()}, tmp_path, 1, 3, 3)
        with_logs, without = read(tmp_path)
        assert heights([with_logs]) == [[1]]
        assert with_logs["blocks"]["block_number"].to_list() == [0, 1, 2, 3]
        assert without.keys() == {"blocks"}
        assert without["blocks"]["block_number"].to_list() == [4, 5]

    def test_many_small_files_are_one_batch(self, tmp_path: Path) -> None:
        for number in range(5):
            lake.write({"logs": logs(number)}, tmp_path, 1, number, number)
        assert heights(read(tmp_path)) == [[0, 1, 2, 3, 4]]

    def test_chains_are_not_mixed(self, tmp_path: Path) -> None:
        lake.write({"logs": logs(1)}, tmp_path, 1, 1, 1)
        lake.write({"logs": logs(1, chain_id=10)}, tmp_path, 10, 1, 1)
        assert [batch["logs"]["chain_id"].to_list() for batch in read(tmp_path)] == [[1], [10]]

    def test_rows_of_no_block_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InconsistentInput, match="none of the blocks 1 to 2"):
            lake.write({"logs": logs(1, 3)}, tmp_path, 1, 1, 2)
        with pytest.raises(InconsistentInput):
            lake.write({"logs": frame(LOGS.columns, [{"block_number": None, "block_hash": None}])}, tmp_path, 1, 1, 2)
        assert not list(tmp_path.iterdir())

    def test_a_failed_write_leaves_nothing_behind(self, tmp_path: Path) -> None:
        (tmp_path / "ethereum__logs__00000001_to_00000001.parquet").mkdir()
        with pytest.raises(SourceError, match="cannot be written"):
            lake.write({"logs": logs(1)}, tmp_path, 1, 1, 1)
        assert [path.is_dir() for path in tmp_path.iterdir()] == [True]


CRYO_LOGS: dict[str, Any] = {
    "block_number": pl.Series([18_000_000, 18_000_001], dtype=pl.UInt32),
    "transaction_index": pl.Series([0, 3], dtype=pl.UInt32),
    "log_index": pl.Series([0, 7], dtype=pl.UInt32),
    "transaction_hash": [b"\x01" * 32, b"\x02" * 32],
    "address": [b"\xcc" * 20] * 2,
    "topic0": [b"\x03" * 32] * 2,
    "topic1": pl.Series([None, b"\x04" * 32], dtype=pl.Binary),
    "topic2": pl.Series([None, None], dtype=pl.Binary),
    "topic3": pl.Series([None, None], dtype=pl.Binary),
    "data": [b"", b"\x05" * 32],
    "n_data_bytes": pl.Series([0, 32], dtype=pl.UInt32),
    "chain_id": pl.Series([1, 1], dtype=pl.UInt64),
}
CRYO_BLOCKS: dict[str, Any] = {
    "block_hash": [named("block-0", 32), named("block-1", 32)],
    "author": [b"\xaa" * 20] * 2,
    "block_number": CRYO_LOGS["block_number"],
    "gas_used": pl.Series([1, 2], dtype=pl.UInt64),
    "extra_data": [b"", b"hello"],
    "timestamp": pl.Series([1_700_000_000, 1_700_000_012], dtype=pl.UInt32),
    "base_fee_per_gas": pl.Series([7, None], dtype=pl.UInt64),
    "chain_id": CRYO_LOGS["chain_id"],
}
CRYO_TRANSACTIONS: dict[str, Any] = {
    "block_number": CRYO_LOGS["block_number"],
    "transaction_index": pl.Series([0, 3], dtype=pl.UInt64),
    "transaction_hash": CRYO_LOGS["transaction_hash"],
    "nonce": pl.Series([1, 2], dtype=pl.UInt64),
    "from_address": [b"\xaa" * 20] * 2,
    "to_address": pl.Series([None, b"\xbb" * 20], dtype=pl.Binary),
    "value_binary": [(10**18).to_bytes(32, "big"), bytes(32)],
    "value_string": ["1000000000000000000", "0"],
    "value_f64": [1e18, 0.0],
    "input": [b"", b"\x01\x02\x03\x04"],
    "gas_limit": pl.Series([21_000, 50_000], dtype=pl.UInt32),
    "gas_used": pl.Series([21_000, None], dtype=pl.UInt64),
    "gas_price": pl.Series([9, 9], dtype=pl.UInt64),
    "transaction_type": pl.Series([None, 2], dtype=pl.UInt32),
    "max_priority_fee_per_gas": pl.Series([None, 1], dtype=pl.UInt64),
    "max_fee_per_gas": pl.Series([None, 9], dtype=pl.UInt64),
    "success": [True, False],
    "chain_id": CRYO_LOGS["chain_id"],
}


def trace(path: str, kind: str = "call", call_type: str | None = "call", **given: Any) -> dict[str, Any]:
    return {
        "action_from": b"\xaa" * 20,
        "action_to": b"\xbb" * 20,
        "action_value": "0",
        "action_gas": 100,
        "action_input": b"\x01\x02\x03\x04\x05",
        "action_call_type": call_type,
        "action_init": None,
        "action_reward_type": None,
        "action_type": kind,
        "result_gas_used": 50,
        "result_output": b"",
        "result_code": None,
        "result_address": None,
        "trace_address": path,
        "subtraces": 0,
        "transaction_index": 0,
        "transaction_hash": b"\x01" * 32,
        "block_number": 18_000_000,
        "block_hash": b"\x09" * 32,
        "error": None,
        "chain_id": 1,
        **given,
    }


_TRACE_TYPES = {
    "action_gas": pl.UInt32,
    "action_init": pl.Binary,
    "action_reward_type": pl.String,
    "action_call_type": pl.String,
    "result_code": pl.Binary,
    "result_address": pl.Binary,
    "error": pl.String,
    "block_number": pl.UInt32,
    "transaction_index": pl.UInt32,
    "chain_id": pl.UInt64,
}


def cryo_traces(*traces: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(traces), schema_overrides=_TRACE_TYPES)


def cryo(directory: Path, dataset: str, columns: dict[str, Any] | pl.DataFrame, network: str = "ethereum") -> Path:
    path = directory / f"{network}__{dataset}__18000000_to_18000099.parquet"
    pl.DataFrame(columns).write_parquet(path)
    return path


class TestCryoFiles:
    def test_are_read_with_block_hashes_from_the_blocks_beside_them(self, tmp_path: Path) -> None:
        cryo(tmp_path, "blocks", CRYO_BLOCKS)
        cryo(tmp_path, "transactions", CRYO_TRANSACTIONS)
        cryo(tmp_path, "logs", CRYO_LOGS)
        (tables,) = read(tmp_path)
        assert {name: table.schema for name, table in tables.items()} == {
            name: datasets()[name].schema for name in ("blocks", "transactions", "logs")
        }
        for name in ("transactions", "logs"):
            assert tables[name]["block_hash"].to_list() == CRYO_BLOCKS["block_hash"]
        assert tables["transactions"]["transaction_type"].to_list() == [0, 2]
        assert tables["transactions"]["value_binary"].to_list() == CRYO_TRANSACTIONS["value_binary"]

    def test_without_blocks_have_no_block_hash(self, tmp_path: Path) -> None:
        cryo(tmp_path, "logs", CRYO_LOGS)
        assert read(tmp_path)[0]["logs"]["block_hash"].null_count() == 2

    def test_without_exact_amounts_have_them_from_their_text_and_never_from_a_float(self, tmp_path: Path) -> None:
        texts = {k: v for k, v in CRYO_TRANSACTIONS.items() if k not in ("value_binary", "value_f64")}
        cryo(tmp_path, "transactions", texts)
        table = read(tmp_path)[0]["transactions"]
        assert table["value_binary"].to_list() == CRYO_TRANSACTIONS["value_binary"]
        assert table["value_f64"].to_list() == [1e18, 0.0]

        cryo(
            tmp_path,
            "transactions",
            {k: v for k, v in texts.items() if k != "value_string"} | {"value_f64": [1.0, 0.0]},
        )
        with pytest.raises(MalformedInput, match=r"transactions__18000000.*value_binary is not there"):
            read(tmp_path)

    def test_of_the_first_versions_are_read(self, tmp_path: Path) -> None:
        old_logs = {"contract_address" if name == "address" else name: v for name, v in CRYO_LOGS.items()}
        renames = {"block_number": "number", "block_hash": "hash"}
        cryo(tmp_path, "logs", old_logs)
        cryo(tmp_path, "blocks", {renames.get(name, name): values for name, values in CRYO_BLOCKS.items()})
        (tables,) = read(tmp_path, 18_000_001)
        assert tables["logs"]["address"].to_list() == [b"\xcc" * 20]
        assert tables["blocks"]["block_hash"].to_list() == [named("block-1", 32)]

    def test_in_hexadecimal_are_read(self, tmp_path: Path) -> None:
        plain = pl.DataFrame(CRYO_LOGS)
        as_text = [("0x" + pl.col(n).bin.encode("hex")).alias(n) for n, t in plain.schema.items() if t == pl.Binary()]
        cryo(tmp_path, "logs", plain.with_columns(as_text))
        assert_frame_equal(
            read(tmp_path)[0]["logs"].select("address", "topic1", "data"), plain.select("address", "topic1", "data")
        )

    def test_without_a_chain_take_it_from_the_network_or_from_who_asks(self, tmp_path: Path) -> None:
        without = {name: values for name, values in CRYO_LOGS.items() if name != "chain_id"}
        cryo(tmp_path, "logs", without, network="network_56")
        assert read(tmp_path)[0]["logs"]["chain_id"].to_list() == [56, 56]
        cryo(tmp_path / ".." / tmp_path.name, "logs", without, network="some_l2").rename(
            tmp_path / "some_l2__logs__00000001_to_00000002.parquet"
        )
        with pytest.raises(MalformedInput, match="chain_id"):
            read(tmp_path)
        assert len(read(tmp_path, chain_id=77)) == 2

    def test_traces_become_calls_with_the_shape_of_their_tree(self, tmp_path: Path) -> None:
        shuffled = [
            trace("1", call_type="delegate_call"),
            trace("0_0", "suicide", None, action_input=None, action_gas=None, action_value="7"),
            trace(""),
            trace("10", action_input=b"\x01"),
            trace(
                "0",
                "create",
                None,
                action_to=None,
                action_input=None,
                action_init=b"\x60\x60\x60\x60\x60",
                result_output=None,
                result_address=b"\xdd" * 20,
                result_code=b"\x61",
            ),
            trace("", "reward", None, transaction_hash=None, transaction_index=None),
        ]
        cryo(tmp_path, "traces", cryo_traces(*shuffled))
        (tables,) = read(tmp_path)
        table = tables["calls"]
        assert table.schema == datasets()["calls"].schema
        assert table["trace_address"].to_list() == [[], [0], [0, 0], [1], [10]]
        assert table["call_index"].to_list() == [0, 1, 2, 3, 4]
        assert table["parent_index"].to_list() == [None, 0, 1, 0, 0]
        assert table["subtree_end"].to_list() == [5, 3, 3, 4, 5]
        assert table["call_type"].to_list() == ["call", "create", "selfdestruct", "delegatecall", "call"]
        assert table["selector"].to_list() == [b"\x01\x02\x03\x04", None, None, b"\x01\x02\x03\x04", None]
        assert table["to_address"].to_list()[1] == b"\xdd" * 20
        assert [int.from_bytes(value) for value in table["value_binary"].to_list()] == [0, 0, 7, 0, 0]
        assert table["output"].to_list()[1] == b"\x61"

    def test_a_trace_without_the_one_above_it_is_refused(self, tmp_path: Path) -> None:
        cryo(tmp_path, "traces", cryo_traces(trace(""), trace("0_1")))
        with pytest.raises(InconsistentInput, match="without the call above it"):
            read(tmp_path)

    def test_a_place_in_the_tree_that_is_none_is_refused(self, tmp_path: Path) -> None:
        cryo(tmp_path, "traces", cryo_traces(trace(""), trace("0_x")))
        with pytest.raises(MalformedInput, match="is no path"):
            read(tmp_path)

    def test_differences_become_state_changes_where_all_four_are_there(self, tmp_path: Path) -> None:
        place = {name: CRYO_LOGS[name] for name in ("block_number", "transaction_index", "transaction_hash", "address")}
        zero, one = bytes(32), (1).to_bytes(32, "big")
        cryo(tmp_path, "balance_diffs", place | {"from_value_string": ["0", "1"], "to_value_string": ["1", "0"]})
        cryo(tmp_path, "nonce_diffs", place | {"from_value": [0, 1], "to_value": [1, 2]})
        cryo(tmp_path, "code_diffs", place | {"from_value": [b"", b""], "to_value": [b"\x60", b"\x61"]})
        cryo(tmp_path, "logs", CRYO_LOGS)
        assert read(tmp_path)[0].keys() == {"logs"}

        slots = {"slot": [b"\x07" * 32] * 2, "from_value": [zero, one], "to_value": [one, zero]}
        cryo(tmp_path, "storage_diffs", place | slots)
        (tables,) = read(tmp_path)
        changes = tables["state_changes"]
        assert changes.schema == datasets()["state_changes"].schema
        first = changes.filter(pl.col("transaction_index") == 0)
        assert dict(zip(first["kind"], first["after"], strict=True)) == {
            "balance": one,
            "nonce": one,
            "code": b"\x60",
            "storage": one,
        }
        assert changes.filter(pl.col("kind") != "storage")["slot"].null_count() == 6


class TestWhatIsWrong:
    def test_a_directory_without_such_files(self, tmp_path: Path) -> None:
        (tmp_path / "logs.parquet").touch()
        with pytest.raises(SourceError, match="is called like"):
            lake.spans(tmp_path)

    def test_two_files_of_the_same_blocks(self, tmp_path: Path) -> None:
        lake.write({"logs": logs(1)}, tmp_path, 1, 1, 5)
        lake.write({"logs": logs(5)}, tmp_path, 1, 5, 9)
        with pytest.raises(InconsistentInput, match="hold the same blocks"):
            lake.spans(tmp_path)

    def test_a_file_that_is_no_parquet(self, tmp_path: Path) -> None:
        (tmp_path / "ethereum__logs__00000001_to_00000002.parquet").write_bytes(b"PAR1 and then nothing")
        with pytest.raises(MalformedInput, match=r"00000001_to_00000002\.parquet: cannot be read"):
            read(tmp_path)

    @pytest.mark.parametrize(
        ("column", "values", "says"),
        [
            ("address", [b"\xcc" * 19] * 2, "address: a value has not 20 bytes"),
            ("topic0", [b"\xcc" * 33] * 2, "topic0: a value has not 32 bytes"),
            ("transaction_index", [-1, 2], "transaction_index: Int64 does not fit"),
            ("data", pl.Series([None, b""], dtype=pl.Binary), "data: a value is missing"),
            ("data", ["0xzz", "0x"], "data: a value is not hexadecimal"),
            ("data", ["zz", "0x"], "data: a value does not begin with 0x"),
        ],
    )
    def test_a_column_of_wrong_values(self, tmp_path: Path, column: str, values: Any, says: str) -> None:
        cryo(tmp_path, "logs", CRYO_LOGS | {column: values})
        with pytest.raises(MalformedInput, match=says):
            read(tmp_path)


@pytest.mark.recorded
def test_a_real_block_comes_back_as_it_was(recorded_data: Path, tmp_path: Path) -> None:
    (recording,) = recordings.read(recorded_data / "state" / "18000000.json.gz")
    tables = codecs.tables([recording])
    lake.write(tables, tmp_path, 1, 18_000_000, 18_000_000)
    (batch,) = read(tmp_path)
    assert batch.keys() == tables.keys()
    for name, table in tables.items():
        assert_frame_equal(batch[name], table)
