"""Mail: to a mail server by ``EMAIL_URL``, else into a sealed folder that administrators read.

A mail holds an address and a code, so each file is sealed under the system's vault key and bound to its
name. The folder belongs to one machine: a deployment of several nodes needs a mail server.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage as ParsedMessage
from email.policy import default as modern
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend

from chartkeep.accounts.access import administrator
from chartkeep.accounts.mail_url import read_email_url
from chartkeep.accounts.system_box import system_sealer
from chartkeep.crypto.errors import CiphertextError
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import NotFoundError
from chartkeep.lib.ids import new_id

log = structlog.get_logger(__name__)

KEPT = timedelta(days=7)
_LISTED = 200
_TIME = "%Y%m%dT%H%M%S%f"
_NAME = re.compile(r"(\d{8}T\d{12})-([0-9a-f-]{36})\.mail")
_TABLE, _COLUMN = "mailbox", "message"


@dataclass(frozen=True, slots=True)
class MailView:
    """A mail in the folder; ``at`` is UTC."""

    id: UUID
    at: datetime
    to: str
    subject: str
    text: str


class EmailBackend(BaseEmailBackend):
    """Django's mail backend of this deployment."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send or store each; gives how many went. Raises what the mail server or the disk raises."""
        if settings.EMAIL_URL:
            return _smtp().send_messages(email_messages) or 0
        for message in email_messages:
            _store(message)
        return len(email_messages)


def list_messages(actor: Actor) -> list[MailView]:
    """The newest mails of the folder, newest first, at most 200.

    Raises:
        NotFoundError: the actor is no administrator.
    """
    administrator(actor)
    names = sorted((name for name in _names()), reverse=True)[:_LISTED]
    found = (_opened(name) for name in names)
    return [view for view in found if view is not None]


def read_message(actor: Actor, message: UUID) -> MailView:
    """One mail.

    Raises:
        NotFoundError: there is none, or the actor is no administrator.
    """
    administrator(actor)
    for name in _names():
        if name.endswith(f"-{message}.mail") and (view := _opened(name)):
            return view
    raise NotFoundError


def purge(*, older_than: timedelta = KEPT) -> int:
    """Remove mails of that age, and what a crash left half-written; gives how many mails went."""
    gone, limit = 0, datetime.now(UTC) - older_than
    for path in sorted(Path(settings.MAILBOX_DIR).glob("*")):
        named = _NAME.fullmatch(path.name)
        if named and _at(named[1]) < limit:
            path.unlink(missing_ok=True)
            gone += 1
        elif path.suffix == ".part" and datetime.fromtimestamp(path.stat().st_mtime, UTC) < limit:
            path.unlink(missing_ok=True)
    return gone


def _smtp() -> SmtpBackend:
    server = read_email_url(settings.EMAIL_URL)
    return SmtpBackend(
        host=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        use_tls=server.starttls,
        use_ssl=server.tls,
        timeout=server.timeout,
    )


def _store(message: EmailMessage) -> None:
    folder = Path(settings.MAILBOX_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    message_id = new_id()
    sealed = system_sealer().seal(message.message().as_bytes(), table=_TABLE, column=_COLUMN, row=message_id)
    target = folder / f"{datetime.now(UTC).strftime(_TIME)}-{message_id}.mail"
    part = target.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    part.rename(target)


def _names() -> list[str]:
    folder = Path(settings.MAILBOX_DIR)
    if not folder.is_dir():
        return []
    return [path.name for path in folder.iterdir() if _NAME.fullmatch(path.name)]


def _opened(name: str) -> MailView | None:
    """A mail by its file's name; ``None`` when it is gone or not intact, which does not hide the others."""
    named = _NAME.fullmatch(name)
    if named is None:
        return None
    message_id = UUID(named[2])
    try:
        sealed = (Path(settings.MAILBOX_DIR) / name).read_bytes()
        plain = system_sealer().open(sealed, table=_TABLE, column=_COLUMN, row=message_id)
    except FileNotFoundError:
        return None
    except CiphertextError:
        log.warning("mail_not_intact", file=name)
        return None
    parsed: Any = message_from_bytes(plain, policy=modern)
    return MailView(message_id, _at(named[1]), str(parsed["To"]), str(parsed["Subject"]), _text(parsed))


def _text(parsed: ParsedMessage) -> str:
    body = parsed.get_body(preferencelist=("plain", "html"))
    return str(body.get_content()) if body is not None else ""


def _at(text: str) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
