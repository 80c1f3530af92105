"""Who saw my records: the log of a patient, refusals included."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from chartkeep.api.auth import caller
from chartkeep.sharing.details import LogLine
from chartkeep.sharing.queries import access_log

router = Router(tags=["access log"])


class LogLineOut(Schema):
    """One act: ``tag`` is ``subject:action``, ``outcome`` ``ok``, ``refused`` or ``failed``."""

    at: datetime
    tag: str
    outcome: str
    reason: str
    actor_kind: str
    actor_label: str
    share: UUID | None
    share_label: str
    record: UUID | None
    record_title: str
    address: str
    user_agent: str

    @classmethod
    def of(cls, line: LogLine) -> "LogLineOut":
        """From the domain."""
        return cls(**{name: getattr(line, name) for name in cls.model_fields})


class LogPage(Schema):
    """Some acts, newest first, and the cursor of the next page."""

    items: list[LogLineOut]
    next_cursor: str | None


@router.get("", response=LogPage)
def get_access_log(
    request: HttpRequest,
    patient: UUID,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> LogPage:
    """What happened to a patient's record."""
    page = access_log(actor=caller(request), patient=patient, cursor=cursor, limit=limit)
    return LogPage(items=[LogLineOut.of(line) for line in page.items], next_cursor=page.next_cursor)
