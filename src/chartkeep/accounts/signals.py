"""What is logged and sealed when allauth changes its own rows.

allauth makes and deletes authenticators in transactions of its own; the handlers of the model signals run
inside them where there is one.
"""

from typing import Any

from allauth.account import signals as account_signals
from allauth.core import context
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from chartkeep.accounts.client_sessions import seal_origin
from chartkeep.accounts.journal import account_event
from chartkeep.accounts.models import User
from chartkeep.accounts.requests import actor_of_user
from chartkeep.accounts.sign_in import log_failure
from chartkeep.audit.tags import Tag
from chartkeep.lib.actor import Actor


@receiver(pre_save, sender=UserSession)
def seal_session_origin(instance: UserSession, **_: Any) -> None:
    """Keep no address and no user agent in clear."""
    seal_origin(instance)


@receiver(post_save, sender=Authenticator)
def log_factor_added(instance: Authenticator, *, created: bool, **_: Any) -> None:
    """Log a new TOTP device, passkey or set of recovery codes."""
    if created:
        _log(Tag.ACCOUNT_MFA_ADD, instance.user, {"type": instance.type})


@receiver(post_delete, sender=Authenticator)
def log_factor_removed(instance: Authenticator, **_: Any) -> None:
    """Log that one is gone."""
    _log(Tag.ACCOUNT_MFA_REMOVE, instance.user, {"type": instance.type})


@receiver(account_signals.email_confirmed)
def log_email_verified(email_address: Any, **_: Any) -> None:
    """Log that somebody showed to own an address."""
    _log(Tag.ACCOUNT_EMAIL_VERIFY, email_address.user, {"email": email_address.email})


@receiver(mfa_signals.authentication_failed)
def log_factor_failed(request: Any, user: User, **_: Any) -> None:
    """Log a wrong second factor."""
    log_failure(request, user=user, reason="second_factor")


@receiver(account_signals.email_verification_code_rejected)
@receiver(account_signals.password_reset_code_rejected)
def log_code_failed(request: Any, user: User, **_: Any) -> None:
    """Log a wrong code from a mail."""
    log_failure(request, user=user, reason="code")


def _log(tag: Tag, user: User, details: dict[str, str]) -> None:
    request = context.request
    actor = actor_of_user(request, user) if request is not None else Actor.system()
    with transaction.atomic():
        account_event(tag, actor=actor, user=user.id, details=details)
