"""Look at what a share shows, for as long as it lives: asked of the database at every read."""

import re
import time
from collections.abc import Generator
from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from chartkeep.accounts.access import patient_of_viewer
from chartkeep.crypto.claims import token_hash
from chartkeep.keyring import sealed
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor, ActorKind, Origin
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import NotFoundError
from chartkeep.records.flows.read import Content, read
from chartkeep.records.queries import records_by_ids
from chartkeep.sharing.details import SharedView
from chartkeep.sharing.errors import ShareRefusedError
from chartkeep.sharing.models import ShareRecord, ViewerSession

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
RECHECK_SECONDS = 1.0
_KEPT = timedelta(days=1)


def viewer(secret: str, *, origin: Origin, user: UUID | None = None) -> Actor:
    """The actor behind a viewer session's secret. ``user`` is who is signed in beside it, if anybody.

    Raises:
        ShareRefusedError: there is no such session, or it or its share is over.
    """
    if not _SECRET.fullmatch(secret):
        raise ShareRefusedError
    session = _live().filter(secret_hash=token_hash(secret)).select_related("share").first()
    if session is None:
        raise ShareRefusedError
    share = session.share
    records = ShareRecord.objects.filter(share=share).values_list("record_id", flat=True)
    return Actor.viewer(
        session.uuid,
        share=share.uuid,
        patient=share.patient_id,
        records=frozenset(records),
        user=session.user_id or user,
        name=sealed.read(session, "recipient", vault_of(share.patient_id).fields),
        origin=origin,
    )


def shared_records(*, actor: Actor) -> SharedView:
    """What the session shows: the patient first, then the records in the owner's order.

    Raises:
        NotFoundError: the actor holds no viewer session.
        ShareRefusedError: the session or its share is over.
    """
    patient = patient_of_viewer(actor)
    session = _still(actor)
    shown = ShareRecord.objects.filter(share_id=session.share_id).values_list("record_id", flat=True)
    return SharedView(
        patient=patient.id,
        patient_name=patient.name,
        patient_birth_date=patient.birth_date,
        label=sealed.read(session.share, "label", vault_of(patient.id).fields),
        expires_at=min(session.expires_at, session.share.expires_at),
        records=tuple(records_by_ids(actor, list(shown))),
    )


def read_shared(*, actor: Actor, record: UUID, start: int = 0, stop: int | None = None) -> Content:
    """Read a shared record; the share is asked for again while the bytes flow, so that revoking ends it.

    Raises:
        NotFoundError: the record is not in the share.
        ShareRefusedError: the session or its share is over, before or in the middle.
        IntegrityFailureError, StorageDownError, RangeInvalidError: as in ``records.flows.read``.
    """
    if actor.kind != ActorKind.VIEWER:
        raise NotFoundError
    _still(actor)
    content = read(actor=actor, record=record, start=start, stop=stop)
    return Content(content.view, content.size, _watched(actor, content), content.start, content.stop)


def end(*, actor: Actor) -> None:
    """End the viewer session. Doing it again changes nothing."""
    if actor.kind == ActorKind.VIEWER and actor.id is not None:
        ViewerSession.objects.filter(uuid=actor.id).update(expires_at=Now())


def forget_ended() -> int:
    """Remove viewer sessions that ended a day ago; gives how many. For the maintenance job."""
    gone, _ = ViewerSession.objects.filter(expires_at__lt=database_now() - _KEPT).delete()
    return gone


def _live() -> QuerySet[ViewerSession]:
    """Sessions that show something now; a clinicians-only share asks for the confirmation again."""
    clinician = Q(user__is_active=True, user__clinician_state="confirmed")
    return ViewerSession.objects.filter(
        Q(share__clinicians_only=False) | clinician,
        expires_at__gt=Now(),
        share__expires_at__gt=Now(),
        share__revoked_at=None,
    )


def _still(actor: Actor) -> ViewerSession:
    session = actor.id and _live().filter(uuid=actor.id).select_related("share").first()
    if not session:
        raise ShareRefusedError
    return session


def _watched(actor: Actor, content: Content) -> Generator[bytes, None, None]:
    checked = time.monotonic()
    try:
        for piece in content.stream:
            if time.monotonic() - checked >= RECHECK_SECONDS:
                _still(actor)
                checked = time.monotonic()
            yield piece
    finally:
        content.stream.close()
