"""Failed sign-ins, for the log of the account that they were aimed at."""

from django.db import transaction
from django.http import HttpRequest

from chartkeep.accounts.journal import account_event
from chartkeep.accounts.models import User
from chartkeep.accounts.requests import actor_of_user, origin_of
from chartkeep.audit.tags import Outcome, Tag
from chartkeep.lib.actor import Actor


def log_failure(request: HttpRequest, *, email: str = "", user: User | None = None, reason: str) -> None:
    """Log that a sign-in failed, under the account of ``user`` or ``email``.

    An address without an account is logged under the system, and not named: people mistype, and now and
    then type a password into the wrong field.
    """
    if user is None and email:
        user = User.objects.filter(email__iexact=email).first()
    actor = Actor.anonymous(origin_of(request))
    if user is not None:
        actor = actor_of_user(request, user) if user.is_active else actor
    with transaction.atomic():
        account_event(
            Tag.ACCOUNT_SIGN_IN,
            actor=actor,
            user=user.id if user else None,
            outcome=Outcome.FAILED,
            reason=reason if user else "unknown_address",
        )
