"""Append an entry to the log, in the transaction of the act that it records."""

import json
import secrets
from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from chartkeep.audit.canonical import Entry
from chartkeep.audit.models import LogEntry, LogHead, LogPayload
from chartkeep.audit.tags import Outcome, Tag
from chartkeep.crypto.digests import sealed_digest
from chartkeep.crypto.merkle import Frontier, leaf_hash
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.lib.ids import new_id
from chartkeep.lib.sealing import FieldSealer


class OutsideTransactionError(RuntimeError):
    """A programmer's error: an act and its entry must stand or fall together."""


def record(
    *,
    tag: Tag,
    actor: Actor,
    sealer: FieldSealer,
    patient: UUID | None = None,
    object_id: UUID | None = None,
    share: UUID | None = None,
    outcome: Outcome = Outcome.OK,
    reason: str = "",
    details: Mapping[str, str] | None = None,
) -> UUID:
    """Write one entry and give its uuid. Call it last in the transaction: it locks the log's head.

    ``patient`` is the subject, ``object_id`` what was acted on, ``share`` defaults to the actor's.
    ``reason`` and ``details`` (short texts) go into the payload, sealed by ``sealer`` together with the
    actor's name, address and user agent (cryptography.md section 5).

    Raises:
        OutsideTransactionError: there is no transaction for the act.
    """
    if not connection.in_atomic_block:
        raise OutsideTransactionError("audit.record() needs the transaction of the act it records.")
    entry_uuid = new_id()
    payload, salt = _payload(actor, reason, details), secrets.token_bytes(32)
    with transaction.atomic():
        head = _lock_head(_shard_of(patient))
        entry = Entry(
            uuid=entry_uuid,
            at=database_now(),
            tag=tag.value,
            actor_kind=actor.kind,
            actor=actor.id,
            share=share or actor.share,
            patient=patient,
            object=object_id,
            outcome=outcome,
            payload_digest=sealed_digest(salt, payload),
        )
        _append(head, entry)
        sealed = sealer.seal(payload, table=LogPayload._meta.db_table, column="sealed", row=entry_uuid)
        LogPayload.objects.create(entry_id=entry_uuid, owner=sealer.owner, salt=salt, sealed=sealed)
    return entry_uuid


def _payload(actor: Actor, reason: str, details: Mapping[str, str] | None) -> bytes:
    facts = {
        "address": actor.origin.address,
        "user_agent": actor.origin.user_agent,
        "face": actor.origin.face,
        "name": actor.name,
        "reason": reason,
        "details": dict(details or {}),
    }
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _shard_of(patient: UUID | None) -> int:
    return 0 if patient is None else patient.int % settings.AUDIT_LOG_SHARDS


def _lock_head(shard: int) -> LogHead:
    head = LogHead.objects.select_for_update().filter(shard=shard).first()
    if head is None:
        # Two first writers meet in this insert; the loser's is ignored, and both then take the lock in turn.
        empty = LogHead(shard=shard, root=Frontier.empty().root())
        LogHead.objects.bulk_create([empty], ignore_conflicts=True)
        head = LogHead.objects.select_for_update().get(shard=shard)
    return head


def _append(head: LogHead, entry: Entry) -> None:
    leaf = leaf_hash(entry.to_bytes())
    frontier = Frontier.from_bytes(head.size, bytes(head.frontier))
    LogEntry.objects.create(
        uuid=entry.uuid,
        shard=head.shard,
        index=head.size,
        at=entry.at,
        tag=entry.tag,
        actor_kind=entry.actor_kind,
        actor=entry.actor,
        share=entry.share,
        patient=entry.patient,
        object=entry.object,
        outcome=entry.outcome,
        payload_digest=entry.payload_digest,
        leaf_hash=leaf,
    )
    frontier.append(leaf)
    head.size, head.frontier, head.root = frontier.size, frontier.to_bytes(), frontier.root()
    head.save(update_fields=["size", "frontier", "root"])
