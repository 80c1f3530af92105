"""The one door to people and patients: who may act for whom.

Absent and forbidden are one answer, ``NotFoundError``. Viewers, systems and anonymous actors have no
patients. A guardianship counts until its end date by the database's clock, and only while the user's
account is active; both are asked of the database each time, never of the ``Actor``.
"""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from chartkeep.accounts.models import ClinicianState, GuardianRole, Guardianship, Patient, User
from chartkeep.accounts.people import PatientView, PersonView, bare_patient_view, patient_view, person_view
from chartkeep.keyring.vaults import vault_of, vaults_of
from chartkeep.lib.actor import Actor, ActorKind
from chartkeep.lib.errors import NotFoundError

_RANK = {GuardianRole.VIEWER: 1, GuardianRole.EDITOR: 2, GuardianRole.OWNER: 3}


def patient_for(actor: Actor, patient_id: UUID) -> PatientView:
    """A patient whom the actor may at least view, in two queries.

    Raises:
        NotFoundError: no such patient, or not the actor's.
    """
    return _patient(actor, patient_id, GuardianRole.VIEWER)


def writable_patient_for(actor: Actor, patient_id: UUID) -> PatientView:
    """A patient to whose record the actor may add; raises like ``patient_for``."""
    return _patient(actor, patient_id, GuardianRole.EDITOR)


def owned_patient_for(actor: Actor, patient_id: UUID) -> PatientView:
    """A patient about whose record the actor decides; raises like ``patient_for``."""
    return _patient(actor, patient_id, GuardianRole.OWNER)


def patient_of_viewer(actor: Actor) -> PatientView:
    """The patient whose records a live viewer session shows; whoever made the actor has checked the share.

    Raises:
        NotFoundError: the actor holds no viewer session.
    """
    if actor.kind != ActorKind.VIEWER or actor.shared_patient is None:
        raise NotFoundError
    patient = Patient.objects.filter(uuid=actor.shared_patient).first()
    if patient is None:
        raise NotFoundError
    return bare_patient_view(patient, vault_of(patient.uuid).fields)


def patients_of(actor: Actor) -> list[PatientView]:
    """Everyone the actor may act for, the actor first, then by name. Two queries, however many."""
    rows = list(_live(actor).select_related("patient"))
    if not rows:
        return []
    vaults = vaults_of(row.patient_id for row in rows)
    views = [patient_view(row, vaults[row.patient_id].fields) for row in rows]
    return sorted(views, key=lambda view: (not view.is_self, view.name.casefold(), view.id))


def patients_readable(actor: Actor) -> frozenset[UUID]:
    """The ids of everyone the actor may act for; empty for an actor without a scope."""
    return frozenset(_live(actor).values_list("patient_id", flat=True))


def role_of(actor: Actor, patient_id: UUID) -> str | None:
    """``owner``, ``editor`` or ``viewer``; ``None`` when the patient is not the actor's."""
    return _live(actor).filter(patient_id=patient_id).values_list("role", flat=True).first()


def has_role(actor: Actor, patient_id: UUID, least: str) -> bool:
    """Whether the actor acts for the patient in the role ``least`` or a stronger one."""
    role = role_of(actor, patient_id)
    return role is not None and _RANK[GuardianRole(role)] >= _RANK[GuardianRole(least)]


def guardianship_for(actor: Actor, patient_id: UUID, least: str = GuardianRole.VIEWER) -> Guardianship:
    """The actor's own guardianship row, with its patient, for flows of this app.

    Raises:
        NotFoundError: there is none, it has ended, or its role is weaker than ``least``.
    """
    row = _live(actor).filter(patient_id=patient_id).select_related("patient").first()
    if row is None or _RANK[GuardianRole(row.role)] < _RANK[GuardianRole(least)]:
        raise NotFoundError
    return row


def administrator(actor: Actor) -> None:
    """Let an administrator pass, as the database knows them now.

    Raises:
        NotFoundError: anybody else, also the system.
    """
    if not _is_administrator(actor):
        raise NotFoundError


def operator(actor: Actor) -> None:
    """Let an administrator pass, or the system, which is whoever has a shell on the server.

    Raises:
        NotFoundError: anybody else.
    """
    if actor.kind != ActorKind.SYSTEM and not _is_administrator(actor):
        raise NotFoundError


def person_for(actor: Actor, user_id: UUID) -> PersonView:
    """A user as the actor may see them: oneself in full, anybody for an administrator.

    The profile of others is opened only when they say to be clinicians, since it is to be confirmed.

    Raises:
        NotFoundError: no such user, or not the actor's to see.
    """
    myself = actor.kind == ActorKind.USER and actor.id == user_id
    if not myself:
        administrator(actor)
    user = User.objects.filter(id=user_id).first()
    if user is None:
        raise NotFoundError
    open_profile = myself or user.clinician_state != ClinicianState.NONE
    return person_view(user, vault_of(user.id).fields if open_profile else None)


def _patient(actor: Actor, patient_id: UUID, least: str) -> PatientView:
    row = guardianship_for(actor, patient_id, least)
    return patient_view(row, vault_of(row.patient_id).fields)


def _live(actor: Actor) -> QuerySet[Guardianship]:
    """The guardianships that count for the actor now."""
    if actor.kind != ActorKind.USER or actor.id is None:
        return Guardianship.objects.none()
    unended = Q(ends_at=None) | Q(ends_at__gt=Now())
    return Guardianship.objects.filter(unended, user_id=actor.id, user__is_active=True)


def _is_administrator(actor: Actor) -> bool:
    if actor.kind != ActorKind.USER or actor.id is None:
        return False
    return User.objects.filter(id=actor.id, is_active=True, is_administrator=True).exists()
