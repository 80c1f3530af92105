"""Remove what is over: sessions, tokens, counters, mails, invitations. Run it daily."""

from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import caches
from django.db import transaction
from django.utils import timezone

from chartkeep.accounts import mailbox
from chartkeep.accounts.counters import SharedCache
from chartkeep.accounts.models import Invitation, RefreshToken
from chartkeep.accounts.sessions import SessionStore

_INVITATIONS_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class TidyReport:
    """How many of each went."""

    tokens: int
    counters: int
    invitations: int
    mails: int


def tidy() -> TidyReport:
    """Remove what nobody can use any more. Safe at any time, and twice."""
    now = timezone.now()
    SessionStore.clear_expired()
    with transaction.atomic():
        tokens, _ = RefreshToken.objects.filter(expires_at__lt=now).delete()
        invitations, _ = Invitation.objects.filter(expires_at__lt=now - _INVITATIONS_KEPT).delete()
    shared = caches["default"]
    counters = shared.clear_expired() if isinstance(shared, SharedCache) else 0
    return TidyReport(tokens=tokens, counters=counters, invitations=invitations, mails=mailbox.purge())
