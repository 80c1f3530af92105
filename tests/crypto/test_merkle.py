import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.crypto.vectors import check

from chartkeep.crypto import merkle
from chartkeep.crypto.errors import ProofError
from chartkeep.crypto.merkle import Frontier

ENTRIES = [os.urandom(20) for _ in range(70)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
ROOTS = [merkle.root(LEAVES[:size]) for size in range(len(LEAVES) + 1)]


def include(
    index: int, size: int, proof: list[bytes], leaf: bytes | None = None, root: bytes | None = None
) -> None:
    merkle.verify_inclusion(
        leaf_hash=LEAVES[index % 70] if leaf is None else leaf,
        index=index,
        tree_size=size,
        proof=proof,
        root=ROOTS[size % 71] if root is None else root,
    )


def continues(
    old: int, new: int, proof: list[bytes], old_root: bytes | None = None, new_root: bytes | None = None
) -> None:
    merkle.verify_consistency(
        old_size=old,
        new_size=new,
        old_root=ROOTS[old] if old_root is None else old_root,
        new_root=ROOTS[new] if new_root is None else new_root,
        proof=proof,
    )


def mutants(proof: list[bytes]) -> list[list[bytes]]:
    """Every proof that is wrong in one way."""
    found = [[*proof, os.urandom(32)], [os.urandom(32), *proof]]
    if proof:
        found.append([])
    for at, node in enumerate(proof):
        found.append(proof[:at] + proof[at + 1 :])
        found.append([*proof[:at], bytes([node[0] ^ 1]) + node[1:], *proof[at + 1 :]])
        found.append([*proof[:at], node, *proof[at:]])
    if len(proof) > 1:
        found.append(proof[::-1])
    return found


@pytest.mark.parametrize("size", range(1, 40))
def test_proves_every_leaf_of_every_tree_and_refuses_every_mutant(size: int) -> None:
    for index in range(size):
        proof = merkle.inclusion_proof(LEAVES[:size], index)
        assert proof == check.audit_path(index, ENTRIES[:size])
        include(index, size, proof)
        for mutant in mutants(proof):
            with pytest.raises(ProofError):
                include(index, size, mutant)
        with pytest.raises(ProofError):
            include(index, size, proof, leaf=os.urandom(32))
        with pytest.raises(ProofError):
            include(index, size, proof, root=os.urandom(32))


@pytest.mark.parametrize("new", range(1, 40))
def test_proves_every_continuation_and_refuses_every_mutant(new: int) -> None:
    for old in range(1, new + 1):
        proof = merkle.consistency_proof(LEAVES[:new], old)
        assert proof == check.subproof(old, ENTRIES[:new], True)
        continues(old, new, proof)
        for mutant in mutants(proof):
            with pytest.raises(ProofError):
                continues(old, new, mutant)
        with pytest.raises(ProofError):
            continues(old, new, proof, old_root=os.urandom(32))
        with pytest.raises(ProofError):
            continues(old, new, proof, new_root=os.urandom(32))


def test_says_what_is_wrong_with_a_proofs_length() -> None:
    inclusion, consistency = merkle.inclusion_proof(LEAVES[:6], 2), merkle.consistency_proof(LEAVES[:6], 3)
    for proof, wrong in (([*inclusion, LEAVES[0]], "too long"), (inclusion[:-1], "too short")):
        with pytest.raises(ProofError, match=wrong):
            include(2, 6, proof)
    for proof, wrong in (
        ([*consistency, LEAVES[0]], "too long"),
        (consistency[:-1], "too short"),
        ([], "too short"),
    ):
        with pytest.raises(ProofError, match=wrong):
            continues(3, 6, proof)
    with pytest.raises(ProofError, match="too long"):
        continues(3, 3, [LEAVES[0]])


def test_refuses_a_rewritten_past() -> None:
    rewritten = [*LEAVES[:3], merkle.leaf_hash(b"rewritten"), *LEAVES[4:20]]
    proof = merkle.consistency_proof(rewritten, 10)
    with pytest.raises(ProofError, match="another old root"):
        continues(10, 20, proof, new_root=merkle.root(rewritten))


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (-1, 5), (6, 5)])
def test_refuses_sizes_that_prove_nothing(old: int, new: int) -> None:
    with pytest.raises(ProofError):
        merkle.verify_consistency(old_size=old, new_size=new, old_root=ROOTS[0], new_root=ROOTS[5], proof=[])
    with pytest.raises(ProofError):
        merkle.consistency_proof(LEAVES[:new], old)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 5), (5, 5), (9, 5)])
def test_refuses_a_leaf_that_cannot_be(index: int, size: int) -> None:
    with pytest.raises(ProofError, match="no leaf"):
        include(index, size, [])
    with pytest.raises(ProofError, match="no leaf"):
        merkle.inclusion_proof(LEAVES[:size], index)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_refuses_hashes_that_are_not_32_bytes(length: int) -> None:
    wrong = bytes(length)
    for attempt in (
        lambda: include(0, 2, [wrong]),
        lambda: include(0, 1, [], leaf=wrong),
        lambda: include(0, 1, [], root=wrong),
        lambda: continues(1, 2, [wrong]),
        lambda: continues(2, 2, [], old_root=wrong),
        lambda: continues(2, 2, [], new_root=wrong),
        lambda: Frontier.empty().append(wrong),
    ):
        with pytest.raises(ProofError):
            attempt()


def test_tells_a_leaf_from_a_node() -> None:
    node = merkle.node_hash(LEAVES[0], LEAVES[1])
    assert merkle.leaf_hash(LEAVES[0] + LEAVES[1]) != node
    with pytest.raises(ProofError):
        include(0, 1, [], leaf=merkle.leaf_hash(LEAVES[0] + LEAVES[1]), root=ROOTS[2])


@given(st.integers(0, 70))
def test_keeps_the_root_in_a_frontier(size: int) -> None:
    frontier = Frontier.empty()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
        frontier = Frontier.from_bytes(frontier.size, frontier.to_bytes())
    assert frontier.size == size
    assert frontier.root() == ROOTS[size] == check.tree_root(ENTRIES[:size])
    assert len(frontier.to_bytes()) == 32 * size.bit_count()


@pytest.mark.parametrize(
    ("size", "length"), [(0, 32), (1, 0), (1, 31), (1, 64), (3, 32), (4, 33), (-1, 0), (-1, 32)]
)
def test_refuses_a_frontier_that_does_not_fit_its_size(size: int, length: int) -> None:
    with pytest.raises(ProofError, match="frontier"):
        Frontier.from_bytes(size, bytes(length))


def test_has_a_root_for_no_leaves() -> None:
    assert Frontier.empty().root() == merkle.root([]) == merkle.EMPTY_ROOT
