"""Live sessions of a user. A JWT is bound to its session (stateful validation), so it ends with it."""

from uuid import UUID

from allauth.usersessions.models import UserSession


def end_all(user: UUID, *, but: str | None = None) -> int:
    """End every session of a user, except the one with the session key ``but``; gives how many ended."""
    rows = UserSession.objects.filter(user_id=user)
    if but:
        rows = rows.exclude(session_key=but)
    ended = 0
    for row in rows:
        row.end()
        ended += 1
    return ended
