"""The medical record: rows that say nothing about health but a category, dates and sizes."""

from django.db import models

from chartkeep.lib.ids import new_id


class Category(models.TextChoices):
    """What kind of document a record is. Plain in the database, for filtering."""

    LAB_RESULT = "lab_result"
    IMAGING = "imaging"
    PRESCRIPTION = "prescription"
    VISIT_NOTE = "visit_note"
    DISCHARGE_LETTER = "discharge_letter"
    VACCINATION = "vaccination"
    REFERRAL = "referral"
    INSURANCE = "insurance"
    OTHER = "other"


class Record(models.Model):
    """One document of a patient, with all its versions. Text columns are sealed (section 3)."""

    uuid = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey("accounts.Patient", on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=32, choices=Category.choices, default=Category.OTHER)
    service_date = models.DateField()
    title = models.BinaryField(help_text="sealed")
    provider = models.BinaryField(null=True, help_text="sealed")
    tags = models.BinaryField(null=True, help_text="sealed, a JSON list")
    notes = models.BinaryField(null=True, help_text="sealed")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    trashed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["patient", "-service_date", "-created_at", "-uuid"], name="records_timeline"
            ),
            models.Index(fields=["trashed_at"], name="records_trash"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class RecordVersion(models.Model):
    """One stored file of a record: its object, its wrapped DEK and its sealed facts."""

    uuid = models.UUIDField(primary_key=True, default=new_id, editable=False)
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    object_uuid = models.UUIDField(unique=True)
    suite = models.PositiveSmallIntegerField()
    size = models.PositiveBigIntegerField(help_text="bytes of plaintext")
    stored_size = models.PositiveBigIntegerField(help_text="bytes in storage")
    wrapped_dek = models.BinaryField()
    file_name = models.BinaryField(help_text="sealed")
    media_type = models.BinaryField(help_text="sealed; sniffed from the content")
    digest = models.BinaryField(help_text="sealed SHA-256 of the plaintext")
    extension_mismatch = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "number"], name="records_version_number"),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of {self.record_id}"


class Arrival(models.Model):
    """An object on its way in: written to the storage, or about to be, and not yet named by a version.

    The row that becomes a version and the sweeper that takes the object for an orphan both begin by
    deleting this row; the database lets only one of them.
    """

    object_uuid = models.UUIDField(primary_key=True, editable=False)
    user = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"arrival {self.object_uuid}"
