"""Make an account by the hand of an operator."""

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from chartkeep.accounts.access import operator
from chartkeep.accounts.details import clean_email, clean_password
from chartkeep.accounts.errors import EmailTakenError
from chartkeep.accounts.establish import establish
from chartkeep.accounts.models import ClinicianState, User
from chartkeep.accounts.people import PersonView, person_view
from chartkeep.lib.actor import Actor


def create_user(
    *,
    email: str,
    password: str,
    is_administrator: bool = False,
    clinician: bool = False,
    verified: bool = True,
    actor: Actor | None = None,
    how: str = "operator",
) -> PersonView:
    """Make an account with its vault and its e-mail address. ``clinician``: confirmed at once.

    ``actor`` is the system when not given. With ``how="set_up"`` the caller has checked the right.

    Raises:
        InvalidInputError: the address or the password cannot be taken.
        EmailTakenError: the address has an account.
        NotFoundError: the actor is neither an administrator nor the system.
    """
    actor = actor or Actor.system()
    if how == "operator":
        operator(actor)
    user = User(
        email=clean_email(email),
        is_administrator=is_administrator,
        clinician_state=ClinicianState.CONFIRMED if clinician else ClinicianState.NONE,
    )
    user.set_password(clean_password(password, user))
    try:
        with transaction.atomic():
            establish(user, actor, how=how)
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=verified)
    except IntegrityError as problem:
        raise EmailTakenError from problem
    return person_view(user)
