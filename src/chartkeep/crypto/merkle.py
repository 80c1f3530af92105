"""The Merkle tree of the audit log (section 5): RFC 6962 hashing, RFC 9162 proofs.

Leaf and node hashes start with different bytes (0x00, 0x01), so no node can be passed off as a leaf.
Wherever ``leaves`` is asked for, leaf *hashes* are meant (`leaf_hash` of each entry), 32 bytes each.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Self, final

from chartkeep.crypto.errors import ProofError

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "Frontier",
    "consistency_proof",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "root",
    "verify_consistency",
    "verify_inclusion",
]

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of the tree without leaves (RFC 6962 section 2.1)."""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over the leaf hashes in their order; memory grows with their logarithm."""
    frontier = Frontier.empty()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


@final
class Frontier:
    """The compact range: the roots of the perfect subtrees that cover all leaves, the largest first.

    There is one for every bit that is set in ``size``. Enough to append and to know the root; 32 bytes each.
    """

    __slots__ = ("_hashes", "_size")

    def __init__(self, size: int, hashes: Sequence[bytes]) -> None:
        if size < 0 or len(hashes) != size.bit_count() or any(len(h) != HASH_BYTES for h in hashes):
            raise ProofError(
                f"A frontier of {size} leaves has {max(size, 0).bit_count()} hashes of 32 bytes."
            )
        self._size = size
        self._hashes = list(hashes)

    @classmethod
    def empty(cls) -> Self:
        """The frontier of no leaves."""
        return cls(0, [])

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Self:
        """What `to_bytes` gave for ``size`` leaves.

        Raises:
            ProofError: the length of ``data`` does not fit ``size``.
        """
        return cls(size, [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)])

    def to_bytes(self) -> bytes:
        """The hashes one after the other, the largest subtree first."""
        return b"".join(self._hashes)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    def append(self, leaf: bytes) -> None:
        """Add the next leaf hash, in place.

        Raises:
            ProofError: not 32 bytes.
        """
        _check_hashes(leaf)
        carried, merges = leaf, self._size
        while merges & 1:  # like counting in binary: two equal subtrees make the next larger one
            carried = node_hash(self._hashes.pop(), carried)
            merges >>= 1
        self._hashes.append(carried)
        self._size += 1

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self._hashes:
            return EMPTY_ROOT
        result = self._hashes[-1]
        for subtree in reversed(self._hashes[:-1]):
            result = node_hash(subtree, result)
        return result


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of leaf ``index``, from its sibling up (RFC 9162 section 2.1.3.1).

    Raises:
        ProofError: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise ProofError(f"There is no leaf {index} among {len(leaves)}.")
    path: list[bytes] = []
    low, high = 0, len(leaves)
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(root(leaves[middle:high]))
            high = middle
        else:
            path.append(root(leaves[low:middle]))
            low = middle
    return path[::-1]


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """That the tree of the first ``old_size`` leaves is a prefix of this one (RFC 9162 section 2.1.4.1).

    Raises:
        ProofError: ``old_size`` is 0 (anything is consistent with nothing) or more than there are.
    """
    if not 0 < old_size <= len(leaves):
        raise ProofError(f"No consistency can be proved from {old_size} to {len(leaves)} leaves.")
    path: list[bytes] = []
    low, high = 0, len(leaves)
    while old_size < high:
        middle = low + _split(high - low)
        if old_size <= middle:
            path.append(root(leaves[middle:high]))
            high = middle
        else:
            path.append(root(leaves[low:middle]))
            low = middle
    if low:  # else the rest is the whole old tree, whose root the verifier has
        path.append(root(leaves[low:high]))
    return path[::-1]


def verify_inclusion(
    *, leaf_hash: bytes, index: int, tree_size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf stands at ``index`` in the tree with ``root`` (RFC 9162 section 2.1.3.2).

    Raises:
        ProofError: it does not, or an argument is impossible.
    """
    if not 0 <= index < tree_size:
        raise ProofError(f"There is no leaf {index} among {tree_size}.")
    _check_hashes(leaf_hash, root, *proof)
    position, last, result = index, tree_size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofError("The proof is too long.")
        if position & 1 or position == last:
            result = node_hash(sibling, result)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise ProofError("The proof is too short.")
    if not hmac.compare_digest(result, root):
        raise ProofError("The proof leads to another root.")


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the new tree continues the old one unchanged (RFC 9162 section 2.1.4.2).

    Raises:
        ProofError: it does not, or an argument is impossible. Size 0 is refused: it would prove nothing.
    """
    if not 0 < old_size <= new_size:
        raise ProofError(f"No consistency can be proved from {old_size} to {new_size} leaves.")
    _check_hashes(old_root, new_root, *proof)
    if old_size == new_size:
        if proof:
            raise ProofError("The proof is too long.")
        old = new = old_root
    else:
        old, new = _walk(old_size, new_size, old_root, proof)
        if not hmac.compare_digest(old, old_root):
            raise ProofError("The proof leads to another old root.")
    if not hmac.compare_digest(new, new_root):
        raise ProofError("The proof leads to another new root.")


def _walk(old_size: int, new_size: int, old_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The old and the new root that ``proof`` leads to."""
    # A perfect old tree is a node of the new one: its root is known and left out of the proof.
    path = [old_root, *proof] if old_size.bit_count() == 1 else list(proof)
    if not path:
        raise ProofError("The proof is too short.")
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError("The proof is too long.")
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise ProofError("The proof is too short.")
    return old, new


def _split(size: int) -> int:
    """The largest power of two smaller than ``size`` (at least 2)."""
    return 1 << (size - 1).bit_length() - 1


def _check_hashes(*hashes: bytes) -> None:
    if any(len(h) != HASH_BYTES for h in hashes):
        raise ProofError("A hash is 32 bytes.")
