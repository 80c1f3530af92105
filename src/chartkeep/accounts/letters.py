"""The mails that this app writes itself; allauth writes those about sign-in."""

from datetime import datetime
from smtplib import SMTPException

import structlog
from django.core.mail import EmailMessage

from chartkeep.lib.clock import rfc3339

log = structlog.get_logger(__name__)

_INVITATION = """Hello,

you are invited to make an account on Chartkeep, where medical records are kept encrypted.
Open this link to begin; it works once, until {until}:

{url}

If you did not expect this, do nothing.
"""


def send_invitation(email: str, *, url: str, expires_at: datetime) -> bool:
    """Mail an invitation link. Says whether the mail server took it."""
    text = _INVITATION.format(url=url, until=rfc3339(expires_at))
    return deliver(EmailMessage("Your invitation to Chartkeep", text, to=[email]))


def deliver(message: EmailMessage) -> bool:
    """Send; a mail server that fails is logged, without address or text, and never breaks the page."""
    try:
        return message.send() == 1
    except (OSError, SMTPException) as problem:
        log.warning("mail_not_sent", problem=type(problem).__name__)
        return False
