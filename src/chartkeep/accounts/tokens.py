"""JWTs of the API: short access tokens, refresh tokens that work once.

A family is all tokens of one session. Each refresh gives a new pair and uses the old refresh token up, by
one conditional UPDATE. Whoever presents a used one is either a thief or the robbed, and nobody can tell
which, so the whole family ends: the session goes, and with it every access token, as validation asks for
the session each time. There is no period of grace: of two requests with the same token at once one wins
and the other ends the family, so a client refreshes one request at a time, and signs in again if an
answer got lost.

The tokens given out are rows of their own rather than session data, as allauth keeps them: two requests of
one session would overwrite each other's changes, and an old token could come back to life.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from allauth.core import context
from allauth.headless import app_settings
from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy, internal
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models.functions import Now
from django.http import HttpRequest

from chartkeep.accounts.journal import account_event
from chartkeep.accounts.models import RefreshToken, User
from chartkeep.accounts.requests import actor_of_user
from chartkeep.audit.tags import Outcome, Tag


class TokenStrategy(JWTTokenStrategy):  # type: ignore[misc]  # allauth publishes no types
    """allauth's JWT strategy with reuse detection."""

    def create_access_token_payload(self, request: HttpRequest) -> dict[str, Any] | None:
        """The first pair of a family, after signing in."""
        access_token = self.create_access_token(request)
        if not access_token or not isinstance(request.user, User):
            return None
        refresh_token = _issue(request.user, request.session)
        return {"access_token": access_token, "refresh_token": refresh_token}

    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        """The next pair, or ``None`` when the token does not work (any more)."""
        payload = internal.decode_token(refresh_token, "refresh")
        jti = _uuid(payload["jti"]) if payload else None
        if payload is None or jti is None:
            return None
        with transaction.atomic():
            session = internal.get_token_session(payload)
            user = internal.validate_token_user(payload, session) if session else None
            if session is None or user is None:
                return None
            fresh = RefreshToken.objects.filter(jti=jti, user=user, used_at=None, expires_at__gt=Now())
            if fresh.update(used_at=Now()) != 1:
                _end_family(user, session)
                return None
            _prolong(session)
            access_token = internal.create_access_token(user, session, self.get_claims(user))
            return access_token, _issue(user, session)


def _issue(user: User, session: SessionBase) -> str:
    token, payload = internal.create_token(
        "refresh",
        sub=internal.user_id_to_str(user),
        sid=internal.session_key_to_sid(session.session_key),
        expires_in=app_settings.JWT_REFRESH_TOKEN_EXPIRES_IN,
    )
    expires_at = datetime.fromtimestamp(payload["exp"], UTC)
    RefreshToken.objects.create(jti=UUID(payload["jti"]), user=user, expires_at=expires_at)
    text: str = token
    return text


def _end_family(user: User, session: SessionBase) -> None:
    UserSession.objects.filter(session_key=session.session_key).delete()
    session.delete()
    actor = actor_of_user(context.request, user)
    account_event(Tag.ACCOUNT_TOKEN_REUSE, actor=actor, user=user.id, outcome=Outcome.REFUSED)


def _prolong(session: Any) -> None:
    """Let the session last from now, touching nothing but its end: its data may be changing elsewhere."""
    session.model.objects.filter(session_key=session.session_key).update(
        expire_date=session.get_expiry_date()
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
