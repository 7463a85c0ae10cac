"""What a detector remembered of other chains, read again and again while those go on, fork and forget."""

import polars as pl

from tocsin.chain.header import Header
from tocsin.edge.store import memory, reorg
from tocsin.edge.store.done import DoneBlock
from tocsin.edge.store.opening import Store
from tocsin.edge.store.store import commit_block

HERE, THERE, THIRD = 1, 10, 137
KEEP = 3


def header(number: int, branch: int = 0) -> Header:
    def hash_(height: int) -> bytes:
        return bytes([branch]) + height.to_bytes(31, "big")

    return Header(number=number, hash=hash_(number), parent_hash=hash_(number - 1), timestamp=number)


def of_block(chain_id: int, block: Header, branch: int = 0) -> pl.DataFrame:
    place = {"chain_id": [chain_id], "block_number": [block.number], "block_hash": [block.hash]}
    return pl.DataFrame({**place, "branch": [branch]})


def write(store: Store, chain_id: int, *numbers: int, branch: int = 0, forget_before: int = 0) -> None:
    for number in numbers:
        rows = of_block(chain_id, header(number, branch), branch)
        block = DoneBlock(
            chain_id=chain_id,
            header=header(number, branch),
            remembered={"d": rows},
            forget_before={"d": forget_before},
        )
        commit_block(store, block, keep_blocks=KEEP, now=1.0)


def heights(found: dict[int, pl.DataFrame]) -> dict[int, list[tuple[int, int]]]:
    return {chain: rows.select("block_number", "branch").rows() for chain, rows in found.items()}


def read(
    store: Store, known: dict[int, pl.DataFrame] | None = None, detector: str = "d", *, again: bool = False
) -> dict[int, pl.DataFrame]:
    return memory.elsewhere(store.engine, HERE, detector, known or {}, KEEP, again=again)


def test_rows_of_every_other_chain_are_read_and_none_of_ones_own(store: Store) -> None:
    write(store, HERE, 1, 2)
    write(store, THERE, 5, 6)
    write(store, THIRD, 9)

    assert heights(read(store)) == {THERE: [(5, 0), (6, 0)], THIRD: [(9, 0)]}
    assert read(store, detector="another") == {}


def test_what_is_read_later_is_what_reading_all_again_would_give(store: Store) -> None:
    write(store, THERE, *range(1, 9))
    known = read(store)
    write(store, THERE, 9, 10, forget_before=4)
    write(store, THIRD, 1)
    later = read(store, known)

    assert heights(later) == heights(read(store)) == {THERE: [(n, 0) for n in range(4, 11)], THIRD: [(1, 0)]}


def test_a_reorg_drops_the_rows_of_its_chain_alone_also_those_already_known(store: Store) -> None:
    write(store, THERE, *range(1, 9))
    write(store, THIRD, *range(1, 9))
    known = read(store)

    orphans = [header(number).hash for number in (7, 8)]
    reorg.retract(store.engine, THERE, orphans, common=header(6), replaced_by=None, now=2.0)
    assert heights(read(store, known)) == {THERE: [(n, 0) for n in range(1, 7)], THIRD: [(n, 0) for n in range(1, 9)]}

    forked = Header(number=7, hash=header(7, 1).hash, parent_hash=header(6).hash, timestamp=7)
    rows = of_block(THERE, forked, 1)
    commit_block(store, DoneBlock(chain_id=THERE, header=forked, remembered={"d": rows}), keep_blocks=KEEP, now=3.0)
    assert heights(read(store, known))[THERE] == [*((n, 0) for n in range(1, 7)), (7, 1)]


def test_a_reorg_deeper_than_what_is_kept_is_noticed_too(store: Store) -> None:
    write(store, THERE, *range(1, 12))
    known = read(store)
    deep = [header(number).hash for number in range(3, 12)]
    reorg.retract(store.engine, THERE, deep, common=header(2), replaced_by=None, now=2.0)

    assert heights(read(store, known)) == {THERE: [(1, 0), (2, 0)]}


def test_what_is_found_out_later_about_an_old_block_is_noticed_when_it_is_counted(store: Store) -> None:
    write(store, THERE, 1)
    commit_block(store, DoneBlock(chain_id=THERE, header=header(2)), keep_blocks=KEEP, now=1.0)
    write(store, THERE, *range(3, 9))
    known = read(store)
    late = DoneBlock(chain_id=THERE, header=header(2), remembered={"d": of_block(THERE, header(2))})
    with store.engine.begin() as connection:
        memory.remember(connection, late)

    assert [number for number, _ in heights(read(store, known))[THERE]] == [1, *range(3, 9)]
    assert [number for number, _ in heights(read(store, known, again=True))[THERE]] == list(range(1, 9))
