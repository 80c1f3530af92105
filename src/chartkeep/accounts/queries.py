"""Lists of people: guardians of a patient, users, invitations, sessions."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from chartkeep.accounts.access import administrator, guardianship_for, has_role
from chartkeep.accounts.invitations import InvitationView, view
from chartkeep.accounts.models import ClinicianState, GuardianRole, Guardianship, Invitation, User
from chartkeep.accounts.people import GuardianView, PersonView, guardian_view, person_view
from chartkeep.keyring.vaults import vaults_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import NotFoundError
from chartkeep.lib.paging import Page, decode_cursor, encode_cursor

_RANK = {GuardianRole.OWNER: 0, GuardianRole.EDITOR: 1, GuardianRole.VIEWER: 2}


def guardians_of(actor: Actor, patient: UUID) -> list[GuardianView]:
    """Who may act for a patient now, owners first. Every guardian may see it.

    Raises:
        NotFoundError: the patient is not the actor's.
    """
    guardianship_for(actor, patient)
    unended = Q(ends_at=None) | Q(ends_at__gt=Now())
    rows = Guardianship.objects.filter(unended, patient_id=patient).select_related("user")
    ordered = sorted(rows, key=lambda row: (_RANK[GuardianRole(row.role)], row.user.email))
    return [guardian_view(row) for row in ordered]


def list_people(
    *, actor: Actor, text: str = "", cursor: str | None = None, limit: int = 50
) -> Page[PersonView]:
    """Users by address, for administrators, without their profiles. ``text`` is part of an address.

    Raises:
        NotFoundError: the actor is no administrator.
        InvalidInputError: the cursor is none of this list.
    """
    administrator(actor)
    rows = User.objects.filter(email__icontains=text) if text else User.objects.all()
    if cursor:
        (after,) = decode_cursor(cursor, str)
        rows = rows.filter(email__gt=after)
    found = list(rows.order_by("email")[: limit + 1])
    shown = found[:limit]
    more = encode_cursor(shown[-1].email) if len(found) > limit else None
    return Page(tuple(person_view(row) for row in shown), more)


def claimed_clinicians(actor: Actor) -> list[PersonView]:
    """Users who wait to be confirmed as clinicians, with their profiles, for administrators.

    Raises:
        NotFoundError: the actor is no administrator.
    """
    administrator(actor)
    rows = list(User.objects.filter(clinician_state=ClinicianState.CLAIMED, is_active=True).order_by("email"))
    vaults = vaults_of(row.id for row in rows) if rows else {}
    return [person_view(row, vaults[row.id].fields) for row in rows]


def open_invitations(actor: Actor) -> list[InvitationView]:
    """Invitations that still work, newest first, for administrators. Their links are not kept.

    Raises:
        NotFoundError: the actor is no administrator.
    """
    administrator(actor)
    rows = Invitation.objects.filter(is_setup=False, used_at=None, expires_at__gt=Now())
    return [view(row) for row in rows.order_by("-created_at")]


def addresses_of(actor: Actor, patient: UUID, users: Iterable[UUID]) -> dict[UUID, str]:
    """The e-mail addresses of users who appear in a patient's log, for a guardian of the patient.

    Raises:
        NotFoundError: the patient is not the actor's.
    """
    if not has_role(actor, patient, "viewer"):
        raise NotFoundError
    return dict(User.objects.filter(id__in=set(users)).values_list("id", "email"))
