"""Rows of the Merkle log (cryptography.md section 5)."""

from django.db import models

from chartkeep.audit.tags import Outcome
from chartkeep.lib.actor import ActorKind
from chartkeep.lib.ids import new_id


class LogHead(models.Model):
    """The head of one log: how long it is and the compact range that gives its root.

    Locked for the time of an append, so that indexes are dense and the frontier follows each leaf.
    """

    shard = models.PositiveSmallIntegerField(primary_key=True)
    size = models.PositiveBigIntegerField(default=0)
    frontier = models.BinaryField(default=b"")
    root = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return f"log {self.shard} of {self.size} entries"


class LogEntry(models.Model):
    """One leaf. Its plain columns are its canonical form; the payload is bound by ``payload_digest``."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(unique=True, default=new_id)
    shard = models.PositiveSmallIntegerField()
    index = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    tag = models.CharField(max_length=64)
    actor_kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in ActorKind])
    actor = models.UUIDField(null=True)
    share = models.UUIDField(null=True)
    patient = models.UUIDField(null=True)
    object = models.UUIDField(null=True)
    outcome = models.CharField(max_length=16, choices=[(item.value, item.value) for item in Outcome])
    payload_digest = models.BinaryField(max_length=32)
    leaf_hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shard", "index"], name="audit_dense_index")]
        indexes = [
            models.Index(fields=["patient", "-id"], name="audit_by_patient"),
            models.Index(fields=["share", "-id"], name="audit_by_share"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.tag} at {self.shard}/{self.index}"


class LogPayload(models.Model):
    """The sealed part of an entry, apart from the log so that it can be erased without breaking it."""

    entry = models.OneToOneField(
        LogEntry, on_delete=models.PROTECT, primary_key=True, to_field="uuid", related_name="payload"
    )
    owner = models.UUIDField(help_text="whose vault key sealed it")
    salt = models.BinaryField(max_length=32)
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"payload of {self.entry_id}"
