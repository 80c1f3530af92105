"""People who sign in, patients, and who may act for whom."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from chartkeep.lib.ids import new_id


class ClinicianState(models.TextChoices):
    """Whether a user says to be a clinician, and whether an administrator has confirmed it."""

    NONE = "none"
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"


class UserManager(BaseUserManager["User"]):
    """Makes users; the e-mail address is the name they sign in with."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user with this address; without a password nobody can sign in by one."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user with this address, whatever the case of its letters."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in.

    Roles add to each other: an administrator may keep a child's record too, and reads it as its guardian;
    being an administrator shows no record.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(max_length=254)
    is_active = models.BooleanField(default=True)
    is_administrator = models.BooleanField(default=False)
    clinician_state = models.CharField(
        max_length=16, choices=ClinicianState.choices, default=ClinicianState.NONE
    )
    profile_name = models.BinaryField(null=True, help_text="sealed under the account's vault key")
    profile_organisation = models.BinaryField(null=True, help_text="sealed under the account's vault key")
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_one_user_per_address")]

    def __str__(self) -> str:
        return str(self.pk)


class Patient(models.Model):
    """The subject of a medical record. Not a user: a child has a record and no account."""

    uuid = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.BinaryField(help_text="sealed")
    birth_date = models.BinaryField(null=True, help_text="sealed, ISO 8601")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.uuid)


class GuardianRole(models.TextChoices):
    """What a user may do for a patient: owner decides, editor adds and shares, viewer reads."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"


class Guardianship(models.Model):
    """That a user may act for a patient, in a role, until a date."""

    uuid = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="guardianships")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="guardianships")
    role = models.CharField(max_length=16, choices=GuardianRole.choices)
    is_self = models.BooleanField(default=False, help_text="the patient is this user")
    ends_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "patient"], name="accounts_one_guardianship"),
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(is_self=True), name="accounts_one_self"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.uuid}"


class Invitation(models.Model):
    """A one-time permission to make an account. Only the SHA-256 of its token is kept.

    ``is_setup`` marks the first-run link that makes the first account. ``proves_address``: the link went
    to the address by mail and to nobody else, so that whoever holds it has shown to own the address.
    """

    uuid = models.UUIDField(primary_key=True, default=new_id, editable=False)
    token_hash = models.BinaryField(max_length=32, unique=True)
    email = models.EmailField(max_length=254, blank=True, default="")
    makes_administrator = models.BooleanField(default=False)
    makes_clinician = models.BooleanField(default=False)
    is_setup = models.BooleanField(default=False)
    proves_address = models.BooleanField(default=False)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"invitation {self.uuid}"


class SharedCounter(models.Model):
    """An entry of the cache that all processes and nodes share (``counters.SharedCache``).

    Holds rate limits. ``key`` is a keyed digest, since the plain key carries a client's address.
    """

    key = models.CharField(max_length=64, primary_key=True)
    value = models.JSONField(null=True)
    expires_at = models.DateTimeField(null=True, db_index=True)

    def __str__(self) -> str:
        return f"counter {self.key[:8]}"


class RefreshToken(models.Model):
    """A refresh token that was given out, by its ``jti``. Used once; its family is its session."""

    jti = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"refresh token {self.jti}"
