"""Reading shares and the log of a patient, in a constant number of queries."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from chartkeep.accounts.access import patient_for
from chartkeep.accounts.queries import addresses_of
from chartkeep.audit.queries import EntryView, entries_for_patient
from chartkeep.keyring.vaults import vault_of, vaults_of
from chartkeep.lib.actor import Actor, ActorKind
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import InvalidInputError
from chartkeep.lib.paging import Page, decode_cursor, encode_cursor
from chartkeep.lib.sealing import FieldSealer
from chartkeep.records.queries import records_by_ids
from chartkeep.sharing.access import share_for, shares_of
from chartkeep.sharing.details import LogLine, ShareView, is_active, opened, share_view
from chartkeep.sharing.models import Share

MOST_ON_A_PAGE = 200


def get_share(*, actor: Actor, share: UUID) -> ShareView:
    """One share.

    Raises:
        NotFoundError: it is not of a patient of the actor.
    """
    row = share_for(actor, share)
    return share_view(row, vault_of(row.patient_id).fields, database_now())


def list_shares(
    *,
    actor: Actor,
    patient: UUID | None = None,
    live: bool | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ShareView]:
    """The shares of a patient, or of everyone the actor acts for, newest first.

    ``live`` chooses those that still open, or those that do not; by default all.

    Raises:
        NotFoundError: the patient is not the actor's.
        InvalidInputError: the cursor is none of this list, or the limit is not 1 to 200.
    """
    _check_limit(limit)
    rows = shares_of(actor, patient)
    if live is not None:
        rows = rows.filter(is_active() if live else ~is_active())
    if cursor:
        rows = rows.filter(_after(cursor))
    found = list(rows.prefetch_related("shown").order_by("-created_at", "-uuid")[: limit + 1])
    more = None
    if len(found) > limit:
        more = encode_cursor(found[limit - 1].created_at.isoformat(), str(found[limit - 1].uuid))
    vaults, now = vaults_of(row.patient_id for row in found), database_now()
    views = [share_view(row, vaults[row.patient_id].fields, now) for row in found[:limit]]
    return Page(tuple(views), more)


def access_log(
    *, actor: Actor, patient: UUID, share: UUID | None = None, cursor: str | None = None, limit: int = 50
) -> Page[LogLine]:
    """What happened to a patient's record, newest first, with names where the reader may know them.

    ``share`` narrows it to what was done with one share of the patient.

    Raises:
        NotFoundError: the patient is not the actor's.
        InvalidInputError: the cursor is none of this list, or the limit is not 1 to 200.
    """
    _check_limit(limit)
    patient_for(actor, patient)
    sealer = vault_of(patient).fields
    page = entries_for_patient(patient, sealer=sealer, share=share, cursor=cursor, limit=limit)
    records = _ids(entry.object_id for entry in page.items if _about_a_record(entry))
    titles = {view.id: view.title for view in records_by_ids(actor, records)}
    labels = _labels(_ids(entry.share for entry in page.items), sealer)
    users = _ids(entry.actor for entry in page.items if entry.actor_kind == ActorKind.USER)
    addresses = addresses_of(actor, patient, users)
    lines = tuple(_line(entry, titles, labels, addresses) for entry in page.items)
    return Page(lines, page.next_cursor)


def _after(cursor: str) -> Q:
    """What comes after the place of a cursor, newest first."""
    created, uuid = decode_cursor(cursor, str, str)
    try:
        moment, last = datetime.fromisoformat(created), UUID(uuid)
    except ValueError:
        raise InvalidInputError(field="cursor", problem="not a cursor that this list gave") from None
    if moment.tzinfo is None:
        raise InvalidInputError(field="cursor", problem="not a cursor that this list gave")
    return Q(created_at__lt=moment) | Q(created_at=moment, uuid__lt=last)


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= MOST_ON_A_PAGE:
        raise InvalidInputError(field="limit", problem=f"give a number from 1 to {MOST_ON_A_PAGE}")


def _about_a_record(entry: EntryView) -> bool:
    return entry.tag.startswith("record:")


def _line(
    entry: EntryView, titles: dict[UUID, str], labels: dict[UUID, str], addresses: dict[UUID, str]
) -> LogLine:
    record = entry.object_id if _about_a_record(entry) else None
    address = addresses.get(entry.actor, "") if entry.actor else ""
    return LogLine(
        at=entry.at,
        tag=entry.tag,
        outcome=entry.outcome,
        reason=entry.reason,
        actor_kind=entry.actor_kind,
        actor_label=address or entry.details.get("recipient") or entry.name,
        share=entry.share,
        share_label=labels.get(entry.share, "") if entry.share else "",
        record=record,
        record_title=titles.get(record, "") if record else "",
        address=entry.address,
        user_agent=entry.user_agent,
        details=entry.details,
    )


def _labels(shares: list[UUID], sealer: FieldSealer) -> dict[UUID, str]:
    return {row.uuid: opened(row, "label", sealer) for row in Share.objects.filter(uuid__in=shares)}


def _ids(found: Iterable[UUID | None]) -> list[UUID]:
    return [uuid for uuid in dict.fromkeys(found) if uuid is not None]
