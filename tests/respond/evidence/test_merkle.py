"""The tree, held against the vectors of RFC 6962 and against a definition that is slow and plainly right."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tocsin.respond.evidence.merkle import NOTHING, Frontier, Tree, extends, includes, leaf_hash

RFC_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
"""Of the reference implementation of RFC 6962 (certificate-transparency, merkle_tree_test)."""
RFC_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = some.integers(0, 70)


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def defined(hashes: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return hashlib.sha256(b"\x01" + defined(hashes[:half]) + defined(hashes[half:])).digest()


def test_the_roots_are_those_of_the_reference_implementation() -> None:
    tree = Tree(map(leaf_hash, RFC_LEAVES))

    assert [tree.root(size).hex() for size in range(1, 9)] == RFC_ROOTS
    assert tree.root(0) == NOTHING == Tree([]).root()


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (0, 1, []),
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    ],
)
def test_the_inclusion_proofs_are_those_of_the_reference_implementation(
    index: int, size: int, proof: list[str]
) -> None:
    assert [each.hex() for each in Tree(map(leaf_hash, RFC_LEAVES)).inclusion(index, size)] == proof


@pytest.mark.parametrize(
    ("first", "second", "proof"),
    [
        (1, 1, []),
        (
            1,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ],
)
def test_the_consistency_proofs_are_those_of_the_reference_implementation(
    first: int, second: int, proof: list[str]
) -> None:
    assert [each.hex() for each in Tree(map(leaf_hash, RFC_LEAVES)).consistency(first, second)] == proof


@given(SIZES)
def test_the_root_is_what_the_definition_says_however_the_tree_grew(size: int) -> None:
    hashes = leaves(size)

    assert Tree(hashes).root() == defined(hashes) == Frontier().grown(hashes).root


@given(SIZES, SIZES)
def test_a_frontier_grows_in_parts_to_the_same_tree(first: int, second: int) -> None:
    hashes = leaves(first + second)

    assert Frontier().grown(hashes[:first]).grown(hashes[first:]) == Frontier().grown(hashes)


@given(some.data())
def test_a_leaf_is_shown_to_be_where_it_is_and_nowhere_else(data: some.DataObject) -> None:
    size = data.draw(some.integers(1, 70))
    index, other = data.draw(some.integers(0, size - 1)), data.draw(some.integers(0, size - 1))
    hashes = leaves(size)
    tree = Tree(hashes)

    proof = tree.inclusion(index)

    assert includes(tree.root(), size, index, hashes[index], proof)
    assert includes(tree.root(), size, other, hashes[index], proof) == (other == index)
    assert includes(tree.root(), size, index, hashes[other], proof) == (other == index)
    assert not includes(tree.root(), size, index, hashes[index], (*proof, NOTHING))
    assert not includes(tree.root(), size, index, hashes[index], proof[:-1]) or not proof


@given(some.data())
def test_a_grown_log_is_shown_to_have_only_grown(data: some.DataObject) -> None:
    second = data.draw(some.integers(0, 70))
    first = data.draw(some.integers(0, second))
    tree = Tree(leaves(second))
    was, now = tree.root(first), tree.root(second)

    proof = tree.consistency(first)

    assert extends(first, was, second, now, proof)
    assert not extends(first, was, second, now, (*proof, NOTHING))
    assert not extends(first, leaf_hash(b"changed"), second, now, proof)
    assert not extends(first, was, second, leaf_hash(b"changed"), proof) or first == 0


@given(some.data())
def test_a_log_in_which_an_old_entry_was_changed_is_never_shown_to_have_only_grown(data: some.DataObject) -> None:
    second = data.draw(some.integers(2, 70))
    first = data.draw(some.integers(1, second))
    changed = data.draw(some.integers(0, first - 1))
    hashes = leaves(second)
    was = Tree(hashes).root(first)
    hashes[changed] = leaf_hash(b"changed")
    forged = Tree(hashes)

    assert not extends(first, was, second, forged.root(), forged.consistency(first))


def test_more_than_there_is_is_refused() -> None:
    tree = Tree(leaves(3))

    with pytest.raises(IndexError):
        tree.root(4)
    with pytest.raises(IndexError):
        tree.inclusion(3)
    with pytest.raises(IndexError):
        tree.consistency(2, 1)
