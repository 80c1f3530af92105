"""Rows of wrapped keys and of the master keys that this deployment has known."""

from django.db import models


class VaultKind(models.TextChoices):
    """Whose data a vault key protects."""

    PATIENT = "patient"
    ACCOUNT = "account"
    SYSTEM = "system"


class VaultKey(models.Model):
    """One patient key (or account or system vault key), wrapped by the KEK of the master key ``key_id``.

    Destroying empties ``wrapped``: everything that the key sealed is then erased for good.
    """

    owner = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=16, choices=VaultKind.choices)
    key_id = models.CharField(max_length=64, db_index=True)
    key_version = models.CharField(max_length=128)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(kind=VaultKind.SYSTEM), name="keyring_one_system_vault"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} vault key {self.owner}"


class MasterKeyState(models.Model):
    """A master key that this database has been used with, known by its id and key check value."""

    key_id = models.CharField(max_length=64, primary_key=True)
    check_value = models.BinaryField(max_length=8)
    first_seen = models.DateTimeField()

    def __str__(self) -> str:
        return f"master key {self.key_id}"


class Deployment(models.Model):
    """This deployment's own id: the ``iss`` of its tokens and the owner of its system vault. One row."""

    only = models.PositiveSmallIntegerField(primary_key=True, default=1)
    uuid = models.UUIDField(unique=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(only=1), name="keyring_one_deployment")]

    def __str__(self) -> str:
        return f"deployment {self.uuid}"
