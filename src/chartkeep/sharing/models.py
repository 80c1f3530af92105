"""Shares, what they show, and the viewer sessions that a redeem gives."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from chartkeep.lib.ids import new_id

MINIMUM_LIFETIME = timedelta(minutes=1)
DEFAULT_LIFETIME = timedelta(hours=24)
MAXIMUM_LIFETIME = timedelta(days=7)
MAXIMUM_VIEWING = timedelta(minutes=30)
MAX_WRONG_PASSCODES = 10


class Method(models.TextChoices):
    """How the token travels: inside the QR code, or as a link whose token data stay here, encrypted."""

    QR = "qr"
    URL = "url"


class Share(models.Model):
    """A permission to see chosen records, counted and for a time. The row is the authority (section 4)."""

    uuid = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey("accounts.Patient", on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    method = models.CharField(max_length=8, choices=Method.choices)
    jti_hash = models.BinaryField(max_length=32, unique=True)
    token_id_hash = models.BinaryField(max_length=32, unique=True, null=True)
    stored_token = models.TextField(blank=True, default="", help_text="JWE with typ=url; empty for QR")
    owner_copy = models.BinaryField(help_text="JWE (qr) or token id (url), sealed under the share-copy key")
    claims_digest = models.BinaryField(max_length=32, help_text="SHA-256 of the claims as issued")
    created_at = models.DateTimeField()
    token_expires_at = models.DateTimeField(help_text="the claim as issued; PATCH moves expires_at only")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    max_access_count = models.PositiveIntegerField(null=True)
    access_count = models.PositiveIntegerField(default=0)
    passcode = models.CharField(max_length=256, blank=True, default="", help_text="Argon2id")
    wrong_passcodes = models.PositiveSmallIntegerField(default=0)
    clinicians_only = models.BooleanField(default=False)
    label = models.BinaryField(null=True, help_text="sealed")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gte=F("created_at") + MINIMUM_LIFETIME)
                & Q(expires_at__lte=F("created_at") + MAXIMUM_LIFETIME),
                name="sharing_one_minute_to_seven_days",
            ),
            models.CheckConstraint(
                condition=Q(token_expires_at__gte=F("created_at") + MINIMUM_LIFETIME)
                & Q(token_expires_at__lte=F("created_at") + MAXIMUM_LIFETIME),
                name="sharing_token_lifetime",
            ),
            models.CheckConstraint(
                condition=Q(max_access_count__isnull=True) | Q(access_count__lte=F("max_access_count")),
                name="sharing_never_over_the_limit",
            ),
            models.CheckConstraint(
                condition=Q(max_access_count__isnull=True) | Q(max_access_count__gte=1),
                name="sharing_limit_of_one_at_least",
            ),
            models.CheckConstraint(
                condition=Q(method=Method.QR, token_id_hash__isnull=True, stored_token="")
                | Q(method=Method.URL, token_id_hash__isnull=False) & ~Q(stored_token=""),
                name="sharing_form_of_the_method",
            ),
            models.CheckConstraint(
                condition=Q(wrong_passcodes__lte=MAX_WRONG_PASSCODES), name="sharing_ten_wrong_passcodes"
            ),
        ]
        indexes = [models.Index(fields=["patient", "-created_at", "-uuid"], name="sharing_by_patient")]

    def __str__(self) -> str:
        return str(self.uuid)


class ShareRecord(models.Model):
    """That a share shows a record, in the order the owner chose."""

    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="shown")
    record = models.ForeignKey("records.Record", on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["share", "record"], name="sharing_record_once")]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.record_id} in {self.share_id}"


class ViewerSession(models.Model):
    """What a redeem gives: at most 30 minutes of reading, never past the share's expiry.

    ``idempotency_hash`` is SHA-256 of the client's key: repeating a redeem with it within two minutes
    gives the same session again and is not counted; later the key is refused. For that the secret is kept,
    sealed, beside its hash: were it replaced, the slower of two requests would undo the answer of the other.
    """

    uuid = models.UUIDField(primary_key=True, default=new_id, editable=False)
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="sessions")
    secret_hash = models.BinaryField(max_length=32, unique=True)
    secret_copy = models.BinaryField(help_text="sealed under the share-copy key")
    idempotency_hash = models.BinaryField(max_length=32)
    recipient = models.BinaryField(null=True, help_text="sealed; who the viewer says to be")
    user = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["share", "idempotency_hash"], name="sharing_redeemed_once_per_key"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__lte=F("created_at") + MAXIMUM_VIEWING),
                name="sharing_viewing_at_most_half_an_hour",
            ),
        ]

    def __str__(self) -> str:
        return f"viewer session {self.uuid}"
