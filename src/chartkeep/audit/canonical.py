"""The canonical form of a log entry: the bytes whose hash is the leaf.

UTF-8 JSON with the keys in ascending order, no white space and strings only (a subset of RFC 8785),
so that any language can recompute a leaf from a row. Absent values are empty strings.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from chartkeep.audit.tags import Outcome
from chartkeep.lib.actor import ActorKind


@dataclass(frozen=True, slots=True)
class Entry:
    """The plain columns of one log entry."""

    uuid: UUID
    at: datetime
    tag: str
    actor_kind: ActorKind
    actor: UUID | None
    share: UUID | None
    patient: UUID | None
    object: UUID | None
    outcome: Outcome
    payload_digest: bytes

    def to_bytes(self) -> bytes:
        """The canonical bytes, version 1."""
        fields = {
            "v": "1",
            "uuid": str(self.uuid),
            "at": self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "tag": self.tag,
            "actor_kind": self.actor_kind.value,
            "actor": _text(self.actor),
            "share": _text(self.share),
            "patient": _text(self.patient),
            "object": _text(self.object),
            "outcome": self.outcome.value,
            "payload_digest": self.payload_digest.hex(),
        }
        return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _text(value: UUID | None) -> str:
    return "" if value is None else str(value)
