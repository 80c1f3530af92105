"""The demo: a guardian with a child, a confirmed clinician, and a record of six documents."""

import io
import secrets
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from chartkeep.accounts.errors import EmailTakenError
from chartkeep.accounts.flows.create_patient import create_patient
from chartkeep.accounts.flows.create_user import create_user
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.lib.progress import tracked
from chartkeep.ops.demo import documents
from chartkeep.ops.errors import CommandError
from chartkeep.records.details import RecordDetails
from chartkeep.records.flows.upload import upload

GUARDIAN, CLINICIAN = "guardian@demo.example", "clinician@demo.example"
_BORN = date(2019, 5, 14)
_BLOOD = [
    "Patient: Mia Demo",
    "Haemoglobin   12.8 g/dl   (11.5-14.5)",
    "Leucocytes    7.4 /nl     (5.0-13.0)",
    "Platelets     288 /nl     (180-400)",
    "All values within their ranges.",
]
_SHOTS = ["Patient: Mia Demo", "Measles, mumps, rubella   second dose", "Next: tetanus, at the age of six"]


def tell() -> Iterator[str]:
    """Make it all; gives lines for the operator.

    Raises:
        CommandError: the demo is here already.
    """
    passwords = {address: secrets.token_urlsafe(12) for address in (GUARDIAN, CLINICIAN)}
    actor = _people(passwords)
    create_patient(actor=actor, name="Robin Demo", birth_date=date(1987, 2, 3), is_self=True)
    child = create_patient(actor=actor, name="Mia Demo", birth_date=_BORN)
    papers = _papers()
    for name, content, details in tracked(papers, what="Demo records", total=len(papers)):
        _keep(actor, child.id, name, content, details)
    yield f"Made-up people and records are ready. Sign in at {settings.BASE_URL}/accounts/login/ as"
    yield f"  {GUARDIAN}   password {passwords[GUARDIAN]}   (guardian of Mia Demo)"
    yield f"  {CLINICIAN}  password {passwords[CLINICIAN]}   (confirmed clinician)"
    yield "The passwords are shown this once."


def _people(passwords: dict[str, str]) -> Actor:
    """Both accounts or none; gives the guardian."""
    try:
        with transaction.atomic():
            guardian = create_user(email=GUARDIAN, password=passwords[GUARDIAN])
            create_user(email=CLINICIAN, password=passwords[CLINICIAN], clinician=True)
    except EmailTakenError:
        raise CommandError(
            f"The demo is here already: {GUARDIAN} and {CLINICIAN}. "
            "For a fresh one choose another --data-dir."
        ) from None
    return Actor.person(guardian.id)


def _keep(actor: Actor, patient: UUID, name: str, content: bytes, details: RecordDetails) -> None:
    upload(actor=actor, patient=patient, content=io.BytesIO(content), file_name=name, details=details)


def _papers() -> list[tuple[str, bytes, RecordDetails]]:
    """File name, content and details of each document."""
    today = database_now().date()

    def about(title: str, category: str, days: int, provider: str, *tags: str) -> RecordDetails:
        day = today - timedelta(days=days)
        return RecordDetails(title=title, category=category, service_date=day, provider=provider, tags=tags)

    xray = documents.dicom("Demo Mia", _BORN, today - timedelta(days=210))
    blood = about("Blood count", "lab_result", 12, "Hillside Laboratory", "blood")
    ear = about("Antibiotic for the ear", "prescription", 40, "Dr. Dana Example", "ear")
    hand = about("X-ray of the left hand", "imaging", 210, "Riverside Radiology", "hand", "x-ray")
    shot = about("Measles, mumps, rubella", "vaccination", 400, "Dr. Dana Example")
    allergies = about("Allergies from the clinic's portal", "other", 420, "Riverside Clinic", "allergy")
    tonsils = about("Discharge letter, tonsils", "discharge_letter", 800, "Riverside Clinic")
    return [
        ("blood-count.pdf", documents.pdf("Blood count", _BLOOD), blood),
        ("prescription.jpg", documents.photo("Prescription"), ear),
        ("hand.dcm", xray, hand),
        ("vaccination.pdf", documents.pdf("Vaccination", _SHOTS), shot),
        ("allergies.json", documents.fhir("Mia", "Demo", _BORN), allergies),
        ("discharge.xml", documents.cda("Mia", "Demo", _BORN), tonsils),
    ]
