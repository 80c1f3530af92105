"""End a session from afar: another browser, a lost phone."""

from allauth.usersessions.models import UserSession
from django.db import transaction

from chartkeep.accounts.journal import account_event
from chartkeep.accounts.live_sessions import end_all
from chartkeep.audit.tags import Tag
from chartkeep.lib.actor import Actor, ActorKind
from chartkeep.lib.errors import NotFoundError


def end_session(*, actor: Actor, session: int) -> None:
    """End one of the actor's own sessions; its tokens end with it.

    Raises:
        NotFoundError: there is no such session, or it is not the actor's.
    """
    if actor.kind != ActorKind.USER:
        raise NotFoundError
    with transaction.atomic():
        row = UserSession.objects.filter(pk=session, user_id=actor.id).first()
        if row is None:
            raise NotFoundError
        row.end()
        account_event(Tag.ACCOUNT_SESSION_END, actor=actor, user=actor.id, details={"ended": "1"})


def end_other_sessions(*, actor: Actor, current: str | None) -> int:
    """End every session of the actor but the one with the key ``current``; gives how many.

    Raises:
        NotFoundError: the actor is no user.
    """
    if actor.kind != ActorKind.USER or actor.id is None:
        raise NotFoundError
    with transaction.atomic():
        ended = end_all(actor.id, but=current)
        if ended:
            details = {"ended": str(ended)}
            account_event(Tag.ACCOUNT_SESSION_END, actor=actor, user=actor.id, details=details)
    return ended
