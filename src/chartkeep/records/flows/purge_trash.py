"""Erase what has been in the trash for ``TRASH_DAYS`` days."""

from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import ChartkeepError
from chartkeep.records.erasing import erase_row
from chartkeep.records.models import Record

_BATCH = 200
_log = structlog.get_logger(__name__)


def purge_trash(*, actor: Actor | None = None) -> int:
    """Erase the records whose days are over, each in its own transaction; gives their number.

    ``actor`` is the system unless told. A record that fails is logged and left for the next time.
    """
    acting = actor or Actor.system()
    cutoff = database_now() - timedelta(days=settings.TRASH_DAYS)
    due = Record.objects.filter(trashed_at__lt=cutoff).order_by("uuid")
    erased, last = 0, None
    while True:
        rows = due if last is None else due.filter(uuid__gt=last)
        batch = list(rows.values_list("uuid", flat=True)[:_BATCH])
        if not batch:
            return erased
        for record in batch:
            erased += _erase(acting, record, due)
        last = batch[-1]


def _erase(actor: Actor, record: UUID, due: QuerySet[Record]) -> int:
    try:
        with transaction.atomic():
            row = due.select_for_update().filter(uuid=record).first()  # it may have been restored meanwhile
            if row is None:
                return 0
            erase_row(actor, row, reason="days in the trash are over")
    except ChartkeepError as problem:
        _log.error("purge_failed", record=str(record), code=problem.code)
        return 0
    return 1
