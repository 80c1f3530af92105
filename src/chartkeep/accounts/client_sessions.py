"""Where a session came from, for the owner's list of sessions: sealed under the account's vault key.

allauth keeps address and user agent of each session in clear columns; a signal moves them into its
``data`` column, sealed, before the row is written.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession

from chartkeep.accounts.sessions import row_of
from chartkeep.crypto.errors import CiphertextError
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor, ActorKind
from chartkeep.lib.sealing import FieldSealer

NOWHERE = "::"
_TABLE, _COLUMN = "usersessions_usersession", "data"


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session of the reader's own; ``began`` is UTC, ``id`` is what ends it."""

    id: int
    began: datetime
    address: str
    user_agent: str
    is_current: bool


def seal_origin(row: UserSession) -> None:
    """Move address and user agent of a row that is about to be saved into its sealed column."""
    if row.ip == NOWHERE:
        return
    origin = json.dumps({"address": row.ip, "user_agent": row.user_agent}).encode()
    sealed = vault_of(row.user_id).fields.seal(
        origin, table=_TABLE, column=_COLUMN, row=row_of(row.session_key)
    )
    row.data = {"origin": base64.b64encode(sealed).decode()}
    row.ip, row.user_agent = NOWHERE, ""


def sessions_of(actor: Actor, *, current: str | None) -> list[SessionView]:
    """The actor's live sessions, newest first. ``current`` is the key of the session that asks."""
    if actor.kind != ActorKind.USER or actor.id is None:
        return []
    sealer = vault_of(actor.id).fields
    rows = UserSession.objects.filter(user_id=actor.id).order_by("-created_at")
    return [_view(row, sealer, current) for row in rows if row.exists()]


def _view(row: Any, sealer: FieldSealer, current: str | None) -> SessionView:
    origin = _open(row, sealer)
    return SessionView(
        id=row.pk,
        began=row.created_at,
        address=origin.get("address", ""),
        user_agent=origin.get("user_agent", ""),
        is_current=row.session_key == current,
    )


def _open(row: Any, sealer: FieldSealer) -> dict[str, str]:
    try:
        sealed = base64.b64decode(row.data.get("origin", ""), validate=True)
        plain = sealer.open(sealed, table=_TABLE, column=_COLUMN, row=row_of(row.session_key))
    except (ValueError, CiphertextError):
        return {}
    origin: dict[str, str] = json.loads(plain)
    return origin
