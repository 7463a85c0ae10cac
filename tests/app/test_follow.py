"""Following a chain: every step from what is done and what the node says."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.app.watching.follow import Ask, LookBelow, Process, RollBack, Wait, decide
from tocsin.chain.header import Header


def chain(first: int, last: int, fork: int = 0, fork_at: int = 10**9) -> list[Header]:
    """Headers from first to last; from height `fork_at` on they belong to another branch."""
    return [
        Header(number=n, hash=_hash(n, fork, fork_at), parent_hash=_hash(n - 1, fork, fork_at), timestamp=n)
        for n in range(first, last + 1)
    ]


def _hash(number: int, fork: int, fork_at: int) -> bytes:
    return bytes([fork if number >= fork_at else 0]) + (number + 1).to_bytes(31, "big")


A = chain(0, 9)
B = chain(0, 9, fork=1, fork_at=5)


@pytest.mark.parametrize(
    ("says", "done", "head", "seen", "step"),
    [
        ("nothing done: begin at the start", [], A[5], {}, Ask(3)),
        ("the start has come", [], A[5], {3: A[3]}, Process(A[3])),
        ("the head is the start", [], A[3], {}, Process(A[3])),
        ("the start is not yet there", [], A[2], {}, Wait()),
        ("the next block", A[:5], A[5], {}, Process(A[5])),
        ("the same head twice", A[:5], A[4], {}, Wait()),
        ("an old head, out of order", A[:5], A[2], {}, Wait()),
        ("a head below all that is kept: has the node got what is kept?", A[3:5], A[0], {}, Ask(3)),
        ("an old head, below all that is kept", A[3:5], A[0], {3: A[3]}, Wait()),
        ("a node far behind, or a shorter branch", A[6:8], B[5], {6: None}, LookBelow((A[6], A[7]))),
        ("a head of a longer branch, late", A[6:8], B[5], {6: B[6]}, RollBack((A[6], A[7]), B[6], deep=True)),
        ("heads were missed: fill the gap in order", A[:5], A[9], {}, Ask(5)),
        ("the gap's first block", A[:5], A[9], {5: A[5]}, Process(A[5])),
        ("a lying head: the node has not got the next block", A[:5], A[9], {5: None}, Wait()),
        ("another parent: walk back", A[:7], B[7], {}, Ask(6)),
        ("walk on", A[:7], B[7], {6: B[6]}, Ask(5)),
        ("the common block", A[:7], B[7], {6: B[6], 5: B[5], 4: A[4]}, RollBack((A[5], A[6]), B[5], deep=False)),
        ("another block at the same height", A[:6], B[5], {4: A[4]}, RollBack((A[5],), B[5], deep=False)),
        (
            "a shorter branch",
            A[:8],
            B[5],
            {7: None, 6: None, 4: A[4]},
            RollBack((A[5], A[6], A[7]), B[5], deep=False),
        ),
        ("deeper than the window", A[6:8], B[8], {7: B[7], 6: B[6]}, RollBack((A[6], A[7]), B[6], deep=True)),
        ("the node contradicts itself", A[:7], B[7], {6: A[6]}, Wait()),
    ],
)
def test_step(says: str, done: list[Header], head: Header, seen: dict[int, Header | None], step: object) -> None:
    assert decide(done, 3, head, seen) == step


@given(
    fork_at=st.integers(1, 30),
    mine=st.integers(1, 30),
    theirs=st.integers(1, 40),
    window=st.integers(1, 40),
    heads=st.lists(st.integers(1, 40), max_size=5),
)
def test_whatever_heads_come_the_done_chain_ends_as_the_nodes(
    fork_at: int, mine: int, theirs: int, window: int, heads: list[int]
) -> None:
    """Done blocks are always a chain without holes, and after the node's newest head they are its chain."""
    node = {header.number: header for header in chain(0, theirs, 1, fork_at)}
    done = chain(0, mine)
    for number in [*(min(number, theirs) for number in heads), theirs]:
        done = settle(done, node, node[number], window)

    if theirs > mine or theirs >= fork_at:
        assert done == list(node.values())
    assert [header.number for header in done] == list(range(len(done)))
    assert all(upper.parent_hash == lower.hash for lower, upper in pairwise(done))


def settle(done: list[Header], node: dict[int, Header], head: Header, window: int) -> list[Header]:
    """Do what `decide` says until it waits; it sees only the newest headers, who obeys it knows all."""
    seen: dict[int, Header | None] = {}
    for _ in range(1000):
        step = decide(done[-window:], len(done), head, seen)
        if isinstance(step, Ask):
            seen[step.number] = node.get(step.number)
            continue
        seen = {}
        if isinstance(step, Process):
            done = [*done, step.header]
        elif isinstance(step, RollBack) and not step.deep:
            done = done[: step.orphans[0].number]
        elif isinstance(step, RollBack):
            done = done[: common(done, node)]
        elif isinstance(step, LookBelow) and (fork := common(done[: head.number + 1], node)) <= head.number:
            done = done[:fork]
        else:
            return done
    raise AssertionError("does not come to rest")


def common(done: list[Header], node: dict[int, Header]) -> int:
    """How many blocks are the node's too."""
    return sum(header == node.get(header.number) for header in done)
