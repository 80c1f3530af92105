"""What allauth asks this deployment: who may sign up, how users are kept, what is sealed, what is logged."""

import base64
from smtplib import SMTPException
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.translation import gettext as _

from chartkeep.accounts import sign_up
from chartkeep.accounts.errors import InvitationRefusedError
from chartkeep.accounts.journal import account_event
from chartkeep.accounts.models import User
from chartkeep.accounts.requests import actor_of, actor_of_user, client_address
from chartkeep.accounts.sign_in import log_failure
from chartkeep.accounts.system_box import system_sealer
from chartkeep.audit.tags import Tag
from chartkeep.keyring.vaults import deployment_id

log = structlog.get_logger(__name__)

_UNKNOWN_ADDRESS = "::"
_RESET_CODE = "account/email/password_reset_code"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth publishes no types
    """Sign-up, sign-in and mails. Acts and their log entries share a transaction."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """By ``SIGNUP_MODE``; with ``invitation``, only to whoever brings one that works."""
        return sign_up.is_open(request)

    def clean_email(self, email: str) -> str:
        """Refuse an address that the invitation at hand is not for."""
        address: str = super().clean_email(email)
        if not sign_up.fits(self.request, address):
            raise ValidationError(
                _("Your invitation is for another e-mail address."), code="invitation_address"
            )
        return address

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, **_: Any) -> User:
        """Make the user, with vault and log entry, and use the invitation up, all or nothing."""
        super().save_user(request, user, form, commit=False)
        try:
            with transaction.atomic():
                proven = sign_up.establish_user(request, user)
        except InvitationRefusedError as problem:  # used by somebody else a moment ago
            raise ImmediateHttpResponse(sign_up.closed_response(request)) from problem
        except IntegrityError as problem:  # the address was taken a moment ago
            raise ImmediateHttpResponse(sign_up.taken_response(request, user.email)) from problem
        if proven:
            self.stash_verified_email(request, user.email)
        return user

    def send_account_already_exists_mail(self, email: str) -> None:
        """Use the invitation up here too: if it went on working, that would tell that the account exists."""
        sign_up.spend(self.request)
        super().send_account_already_exists_mail(email)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that rate limits count by."""
        return client_address(request) or _UNKNOWN_ADDRESS

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in and log it."""
        with transaction.atomic():
            super().login(request, user)
            methods = [
                record["method"] for record in request.session.get("account_authentication_methods", [])
            ]
            account_event(
                Tag.ACCOUNT_SIGN_IN,
                actor=actor_of_user(request, user),
                user=user.id,
                details={"methods": ", ".join(methods)},
            )

    def logout(self, request: HttpRequest) -> None:
        """Sign out, with every token of the session, and log it."""
        actor = actor_of(request)
        with transaction.atomic():
            super().logout(request)
            if actor.id is not None:
                account_event(Tag.ACCOUNT_SIGN_OUT, actor=actor, user=actor.id)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Log a wrong password; an address without an account is not written down."""
        log_failure(request, email=credentials.get("email", ""), reason="password")

    def set_password(self, user: User, password: str) -> None:
        """Change a password, first, anew or after a reset, and log it."""
        with transaction.atomic():
            super().set_password(user, password)
            actor = actor_of_user(self.request, user)
            account_event(Tag.ACCOUNT_PASSWORD_CHANGE, actor=actor, user=user.id)

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        """Confirm an address; the signal that logs it fires inside this transaction."""
        with transaction.atomic():
            confirmed: bool = super().confirm_email(request, email_address)
        return confirmed

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send; a mail server that fails is told to the person and the log, and breaks no page.

        Without a mail server, mails wait where administrators read them. A code that resets a password
        would give them the account, and administrators read no record, so it is not written there.
        """
        if template_prefix == _RESET_CODE and not settings.EMAIL_URL:
            log.warning("password_reset_withheld", hint="set EMAIL_URL, or set the password by command")
            return
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as problem:
            log.warning("mail_not_sent", problem=type(problem).__name__)
            messages.error(self.request, _("The e-mail could not be sent. Please try again later."))


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth publishes no types
    """Seals the secrets of second factors."""

    def encrypt(self, text: str) -> str:
        """Seal a TOTP secret or the seed of recovery codes.

        The hook knows no row, so the place is the deployment: a secret moved to another account by
        somebody who can write to the database still opens.
        """
        sealed = system_sealer().seal(text.encode(), **_mfa_place())
        return base64.b64encode(sealed).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What ``encrypt`` sealed; ``CiphertextError`` when it is not intact."""
        sealed = base64.b64decode(encrypted_text, validate=True)
        return system_sealer().open(sealed, **_mfa_place()).decode()


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]  # allauth publishes no types
    """Logs sessions that are ended from afar."""

    def end_sessions(self, sessions: Any) -> None:
        """End them and log it for the user whose they are."""
        rows = list(sessions)
        if not rows:
            return
        with transaction.atomic():
            super().end_sessions(rows)
            actor = actor_of(self.request)
            account_event(
                Tag.ACCOUNT_SESSION_END, actor=actor, user=rows[0].user_id, details={"ended": str(len(rows))}
            )


def _mfa_place() -> dict[str, Any]:
    return {"table": "mfa_authenticator", "column": "data", "row": deployment_id()}
