"""The canonical form is for ever: a leaf hashed today must hash the same in ten years."""

from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from chartkeep.audit.canonical import Entry
from chartkeep.audit.tags import Outcome
from chartkeep.crypto.merkle import leaf_hash
from chartkeep.lib.actor import ActorKind

ENTRY = Entry(
    uuid=UUID(int=1),
    at=datetime(2026, 11, 24, 9, 30, 0, 123456, tzinfo=UTC),
    tag="record:read",
    actor_kind=ActorKind.USER,
    actor=UUID(int=2),
    share=None,
    patient=UUID(int=3),
    object=UUID(int=4),
    outcome=Outcome.OK,
    payload_digest=bytes(range(32)),
)
WRITTEN_OUT = (
    b'{"actor":"00000000-0000-0000-0000-000000000002","actor_kind":"user",'
    b'"at":"2026-11-24T09:30:00.123456Z","object":"00000000-0000-0000-0000-000000000004","outcome":"ok",'
    b'"patient":"00000000-0000-0000-0000-000000000003",'
    b'"payload_digest":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",'
    b'"share":"","tag":"record:read","uuid":"00000000-0000-0000-0000-000000000001","v":"1"}'
)


def test_is_written_as_version_1_has_it():
    assert ENTRY.to_bytes() == WRITTEN_OUT


def test_is_hashed_as_an_rfc_6962_leaf():
    assert leaf_hash(ENTRY.to_bytes()) == sha256(b"\0" + WRITTEN_OUT).digest()
