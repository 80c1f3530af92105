"""The session engine: Django's database sessions with their data sealed.

While somebody signs in, a session holds codes, addresses and second-factor secrets. They are sealed under
the system's vault key, and bound to the session's key, so that data moved to another session does not open.
"""

import base64
from hashlib import sha256
from typing import Any
from uuid import UUID

import structlog
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from chartkeep.accounts.system_box import system_sealer
from chartkeep.crypto.errors import CiphertextError

log = structlog.get_logger(__name__)

_TABLE, _COLUMN = "django_session", "session_data"


def row_of(session_key: str) -> UUID:
    """The place that sealed data of a session is bound to: its key is text, a place is a UUID."""
    return UUID(bytes=sha256(session_key.encode()).digest()[:16])


class SessionStore(DatabaseStore):
    """One session."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        """The data as sealed text."""
        plain = self.serializer().dumps(session_dict)
        row = row_of(self.session_key or "")  # `create_model_instance` has given it a key
        sealed = system_sealer().seal(plain, table=_TABLE, column=_COLUMN, row=row)
        return base64.b64encode(sealed).decode()

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """The data of sealed text; empty, as Django does it, when it is not intact."""
        try:
            sealed = base64.b64decode(session_data, validate=True)
            plain = system_sealer().open(
                sealed, table=_TABLE, column=_COLUMN, row=row_of(self.session_key or "")
            )
            data: dict[str, Any] = self.serializer().loads(plain)
        except (ValueError, CiphertextError):
            log.warning("session_data_not_intact")
            return {}
        return data
