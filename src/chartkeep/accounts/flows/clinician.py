"""Say to be a clinician; have it confirmed, refused or withdrawn by an administrator."""

from uuid import UUID

from django.db import transaction

from chartkeep.accounts.access import operator
from chartkeep.accounts.details import clean_name
from chartkeep.accounts.journal import account_event
from chartkeep.accounts.models import ClinicianState, User
from chartkeep.accounts.people import PersonView, person_view
from chartkeep.audit.tags import Tag
from chartkeep.keyring import sealed
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor, ActorKind
from chartkeep.lib.errors import NotFoundError


def claim(*, actor: Actor, name: str, organisation: str) -> PersonView:
    """Say to be a clinician, under this name at this organisation; an administrator decides.

    A confirmed clinician who changes either is to be confirmed again.

    Raises:
        NotFoundError: the actor is no active user.
        InvalidInputError: name or organisation is empty or too long.
    """
    name, organisation = clean_name("name", name), clean_name("organisation", organisation)
    with transaction.atomic():
        if actor.kind != ActorKind.USER or actor.id is None:
            raise NotFoundError
        user = _locked(actor.id)
        if not user.is_active:
            raise NotFoundError
        vault = vault_of(user.id)
        sealed.write(user, "profile_name", name, vault.fields)
        sealed.write(user, "profile_organisation", organisation, vault.fields)
        user.clinician_state = ClinicianState.CLAIMED
        user.save(update_fields=["profile_name", "profile_organisation", "clinician_state"])
        account_event(Tag.CLINICIAN_CLAIM, actor=actor, user=user.id)
    return person_view(user, vault.fields)


def confirm(*, actor: Actor, user: UUID) -> PersonView:
    """Confirm that a user is a clinician. An administrator does not confirm themselves.

    Raises:
        NotFoundError: the actor may not, or no such user claims it.
    """
    operator(actor)
    if actor.id == user:
        raise NotFoundError
    return _decide(actor, user, ClinicianState.CLAIMED, ClinicianState.CONFIRMED, Tag.CLINICIAN_CONFIRM)


def refuse(*, actor: Actor, user: UUID) -> PersonView:
    """Refuse a claim, or withdraw what was confirmed; takes effect with the user's next request.

    Raises:
        NotFoundError: the actor may not, or the user neither claims nor is confirmed.
    """
    operator(actor)
    return _decide(actor, user, None, ClinicianState.NONE, Tag.CLINICIAN_REFUSE)


def _decide(
    actor: Actor, user_id: UUID, before: ClinicianState | None, after: ClinicianState, tag: Tag
) -> PersonView:
    with transaction.atomic():
        user = _locked(user_id)
        if user.clinician_state == ClinicianState.NONE or before not in (None, user.clinician_state):
            raise NotFoundError
        user.clinician_state = after
        user.save(update_fields=["clinician_state"])
        account_event(tag, actor=actor, user=user.id)
    return person_view(user, vault_of(user.id).fields)


def _locked(user_id: UUID) -> User:
    user = User.objects.select_for_update().filter(id=user_id).first()
    if user is None:
        raise NotFoundError
    return user
