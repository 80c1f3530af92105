"""Records for the tests of this folder, made by the flows that make them in the product."""

import io
from datetime import date

from chartkeep.audit.queries import entries_for_patient
from chartkeep.keyring.vaults import vault_of
from chartkeep.records.details import RecordDetails
from chartkeep.records.flows.read import read
from chartkeep.records.flows.upload import upload
from chartkeep.records.models import Arrival, RecordVersion
from chartkeep.records.objects import object_of
from chartkeep.wiring import blob_store

CHUNK = 16 * 2**10
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 300


def details(**given) -> RecordDetails:
    facts = {"title": "Blood count", "category": "lab_result", "service_date": date(2026, 3, 12)}
    return RecordDetails(**(facts | given))


def add(person, patient, content: bytes = PDF, *, file_name="blood.pdf", **given):
    """Upload a record as ``person``: a ``RecordView``."""
    return upload(
        actor=person.actor,
        patient=patient.id,
        content=io.BytesIO(content),
        file_name=file_name,
        details=details(**given),
    )


def body(person, record, **span) -> bytes:
    """What reading gives to ``person``."""
    return b"".join(read(actor=person.actor, record=record.id, **span).stream)


def log_of(patient) -> list:
    """Tags and outcomes in a patient's log, oldest first, without the making of patient and guardians."""
    page = entries_for_patient(patient.id, sealer=vault_of(patient.id).fields, limit=500)
    return [entry for entry in reversed(page.items) if entry.tag.startswith("record:")]


def tags_of(patient) -> list[str]:
    return [entry.tag for entry in log_of(patient)]


def stored_objects() -> set:
    """The uuids of all objects in the storage."""
    return {object_of(blob.key) for blob in blob_store().list()}


def nothing_left_over() -> bool:
    """Whether rows and objects name each other, and nothing is on its way."""
    named = set(RecordVersion.objects.values_list("object_uuid", flat=True))
    return stored_objects() == named and not Arrival.objects.exists()
