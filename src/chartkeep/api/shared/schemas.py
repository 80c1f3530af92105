"""Shapes of what a share shows."""

from datetime import date, datetime
from uuid import UUID

from ninja import Schema

from chartkeep.api.records.schemas import RecordOut
from chartkeep.sharing.details import SharedView


class SharedOut(Schema):
    """What a live share shows: the patient first, then the records in the owner's order."""

    patient: UUID
    patient_name: str
    patient_birth_date: date | None
    label: str
    expires_at: datetime
    records: list[RecordOut]

    @classmethod
    def of(cls, view: SharedView) -> "SharedOut":
        """From the domain."""
        return cls(
            patient=view.patient,
            patient_name=view.patient_name,
            patient_birth_date=view.patient_birth_date,
            label=view.label,
            expires_at=view.expires_at,
            records=[RecordOut.of(record) for record in view.records],
        )


class Redeemed(Schema):
    """A viewer session: send ``viewer_session`` as bearer token to ``/shared/…``, until ``expires_at``."""

    viewer_session: str
    expires_at: datetime
    shared: SharedOut
