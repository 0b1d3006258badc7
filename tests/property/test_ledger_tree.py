"""The tree against its definition, for trees of every shape; and against every changed byte."""

from __future__ import annotations

from itertools import combinations_with_replacement

from hypothesis import given
from hypothesis import strategies as st
from tests.reference import ledger as reference

from fortnight.ledger.tree import (
    Frontier,
    complete_nodes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

MOST = 70  # beyond 64, so that every shape of a right edge up to six levels comes up
ENTRIES = [bytes([number, 255 - number]) for number in range(MOST)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
NODES = complete_nodes(LEAVES)
ROOTS = [reference.mth(ENTRIES[:size]) for size in range(MOST + 1)]
SIZES = st.integers(1, MOST)


def flipped(hashes: tuple[bytes, ...], byte: int, bit: int) -> tuple[bytes, ...]:
    joined = bytearray(b"".join(hashes))
    joined[byte % len(joined)] ^= 1 << bit
    return tuple(bytes(joined[at : at + 32]) for at in range(0, len(joined), 32))


def test_every_proof_of_every_size_is_as_defined_and_verifies() -> None:
    for size in range(1, MOST + 1):
        for index in range(size):
            proof = inclusion_proof(index, size, NODES)
            assert list(proof) == reference.path(index, ENTRIES[:size])
            assert verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])


def test_every_pair_of_sizes_is_consistent_as_defined() -> None:
    for old, new in combinations_with_replacement(range(MOST + 1), 2):
        proof = consistency_proof(old, new, NODES)
        if old:
            assert list(proof) == reference.proof(old, ENTRIES[:new])
        assert verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)


@given(old=st.integers(0, MOST), new=st.integers(0, MOST))
def test_a_frontier_grows_to_the_same_root_in_any_number_of_steps(old: int, new: int) -> None:
    old, new = sorted((old, new))
    stepped = Frontier().grown(LEAVES[:old]).grown(LEAVES[old:new])
    assert stepped == Frontier.of(new, NODES)
    assert stepped.root() == ROOTS[new]


@given(size=SIZES, data=st.data())
def test_a_proof_holds_for_its_own_entry_place_size_and_root_only(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, NODES)
    other = data.draw(st.integers(0, MOST - 1).filter(lambda place: place != index))
    assert not verify_inclusion(LEAVES[other], index, size, proof, ROOTS[size])
    assert not verify_inclusion(LEAVES[index], other, size, proof, ROOTS[size])
    assert not verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size - 1])
    assert not verify_inclusion(LEAVES[index], index, size, (*proof, ROOTS[1]), ROOTS[size])
    if proof:
        assert not verify_inclusion(LEAVES[index], index, size, proof[1:], ROOTS[size])
        assert not verify_inclusion(LEAVES[index], index, size, proof[:-1], ROOTS[size])


@given(size=st.integers(2, MOST), data=st.data(), byte=st.integers(0, 999), bit=st.integers(0, 7))
def test_an_inclusion_proof_with_a_changed_bit_is_refused(
    size: int, data: st.DataObject, byte: int, bit: int
) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = flipped(inclusion_proof(index, size, NODES), byte, bit)
    assert not verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])


@given(new=st.integers(2, MOST), data=st.data(), byte=st.integers(0, 999), bit=st.integers(0, 7))
def test_a_consistency_proof_with_a_changed_bit_root_or_length_is_refused(
    new: int, data: st.DataObject, byte: int, bit: int
) -> None:
    old = data.draw(st.integers(1, new - 1))
    proof = consistency_proof(old, new, NODES)
    roots = ROOTS[old], ROOTS[new]
    assert not verify_consistency(old, new, *roots, flipped(proof, byte, bit))
    assert not verify_consistency(old, new, *roots, proof[1:])
    assert not verify_consistency(old, new, *roots, (*proof, proof[-1]))
    changed_old, changed_new = flipped(roots, byte, bit)
    assert not verify_consistency(old, new, changed_old, changed_new, proof)
    assert not verify_consistency(new, new, *roots, proof)
