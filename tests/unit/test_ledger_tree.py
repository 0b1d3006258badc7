"""The tree against the known answers of the reference implementation of RFC 6962."""

from __future__ import annotations

import pytest

from fortnight.ledger.tree import (
    EMPTY_ROOT,
    complete_nodes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

ENTRIES = [
    bytes.fromhex(digits)
    for digits in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SECOND = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
THIRD_AND_FOURTH = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
LAST_FOUR = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
FIFTH = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
FIFTH_AND_SIXTH = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
LAST_TWO = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
PATHS = [
    (0, 1, []),
    (0, 8, [SECOND, THIRD_AND_FOURTH, LAST_FOUR]),
    (5, 8, [FIFTH, LAST_TWO, ROOTS[4]]),
    (2, 3, [ROOTS[2]]),
    (1, 5, [ROOTS[1], THIRD_AND_FOURTH, FIFTH]),
]
GROWTHS = [
    (1, 1, []),
    (1, 8, [SECOND, THIRD_AND_FOURTH, LAST_FOUR]),
    (6, 8, [FIFTH_AND_SIXTH, LAST_TWO, ROOTS[4]]),
    (2, 5, [THIRD_AND_FOURTH, FIFTH]),
]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
NODES = complete_nodes(LEAVES)


def hashes(digits: list[str]) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(step) for step in digits)


def test_roots_are_those_of_the_reference_implementation() -> None:
    assert [root(ENTRIES[:size]).hex() for size in range(9)] == ROOTS
    assert EMPTY_ROOT.hex() == ROOTS[0]


@pytest.mark.parametrize(("index", "size", "path"), PATHS)
def test_inclusion_proofs_are_those_of_the_reference_implementation(
    index: int, size: int, path: list[str]
) -> None:
    assert inclusion_proof(index, size, NODES) == hashes(path)
    expected = bytes.fromhex(ROOTS[size])
    assert verify_inclusion(LEAVES[index], index, size, hashes(path), expected)


@pytest.mark.parametrize(("old", "new", "path"), GROWTHS)
def test_consistency_proofs_are_those_of_the_reference_implementation(
    old: int, new: int, path: list[str]
) -> None:
    assert consistency_proof(old, new, NODES) == hashes(path)
    roots = bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new])
    assert verify_consistency(old, new, *roots, hashes(path))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3), (9, 8)])
def test_there_is_no_proof_of_an_entry_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"{size} entries has no entry {index}"):
        inclusion_proof(index, size, NODES)
    assert not verify_inclusion(LEAVES[0], index, size, (), LEAVES[0])


@pytest.mark.parametrize(("old", "new"), [(3, 2), (-1, 2)])
def test_there_is_no_proof_that_a_tree_shrank(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="did not grow"):
        consistency_proof(old, new, NODES)
    assert not verify_consistency(old, new, EMPTY_ROOT, EMPTY_ROOT, ())


def test_an_entry_cannot_pose_as_a_node() -> None:
    assert root([LEAVES[0] + LEAVES[1]]) != root(ENTRIES[:2])


def test_an_empty_tree_is_the_beginning_of_every_tree_but_has_one_root() -> None:
    grown = bytes.fromhex(ROOTS[5])
    assert verify_consistency(0, 5, EMPTY_ROOT, grown, ())
    assert not verify_consistency(0, 5, grown, grown, ())
    assert not verify_consistency(0, 5, EMPTY_ROOT, grown, (grown,))
