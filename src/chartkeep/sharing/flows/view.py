"""Look at what a share shows, for as long as it lives: asked of the database at every read."""

import re
import time
from datetime import timedelta
from typing import Self
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from chartkeep.accounts.access import patient_of_viewer
from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Outcome, Tag
from chartkeep.crypto.claims import token_hash
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor, ActorKind, Origin
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import NotFoundError
from chartkeep.records.flows.read import Content, read
from chartkeep.records.queries import records_by_ids
from chartkeep.sharing.details import SharedView, opened
from chartkeep.sharing.errors import ShareRefusedError
from chartkeep.sharing.models import ViewerSession
from chartkeep.sharing.refusals import vault_if_any

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
RECHECK_SECONDS = 1.0
RECHECK_BYTES = 4 * 2**20
_KEPT = timedelta(days=1)


def viewer(*, secret: str, origin: Origin, user: UUID | None = None) -> Actor:
    """The actor behind a viewer session's secret. ``user`` is who is signed in beside it, if anybody.

    A clinicians-only share stays with the clinician who opened it: nobody else who is signed in holds it.

    Raises:
        ShareRefusedError: there is no such session, or it or its share is over.
    """
    if not _SECRET.fullmatch(secret):
        raise ShareRefusedError
    session = _live().filter(secret_hash=token_hash(secret)).select_related("share").first()
    if session is None:
        raise ShareRefusedError
    share = session.share
    vault = vault_if_any(share)
    if vault is None or (share.clinicians_only and user not in {None, session.user_id}):
        raise ShareRefusedError
    return Actor.viewer(
        session.uuid,
        share=share.uuid,
        patient=share.patient_id,
        records=frozenset(share.shown.values_list("record_id", flat=True)),
        user=session.user_id or user,
        name=opened(session, "recipient", vault.fields),
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
    share = session.share
    return SharedView(
        patient=patient.id,
        patient_name=patient.name,
        patient_birth_date=patient.birth_date,
        label=opened(share, "label", vault_of(patient.id).fields),
        expires_at=min(session.expires_at, share.expires_at),
        records=tuple(records_by_ids(actor, share.shown.values_list("record_id", flat=True))),
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
    return Content(content.view, content.size, _Watched(actor, record, content), content.start, content.stop)


def end(*, actor: Actor) -> None:
    """End the viewer session. Doing it again changes nothing."""
    _sessions_of(actor).update(expires_at=Now())


def forget_ended() -> int:
    """Remove viewer sessions that ended a day ago; gives how many. For the maintenance job."""
    return ViewerSession.objects.filter(expires_at__lt=database_now() - _KEPT).delete()[0]


class _Watched:
    """The pieces of a content, as long as the viewer's session lives: asked each second and each 4 MiB."""

    def __init__(self, actor: Actor, record: UUID, content: Content) -> None:
        self._actor = actor
        self._record = record
        self._stream = content.stream
        self._over = False
        self._flowed_again()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        if self._over:
            raise ShareRefusedError
        piece = next(self._stream)
        late = time.monotonic() - self._asked >= RECHECK_SECONDS
        if late or self._unwatched >= RECHECK_BYTES:
            self._ask()
        self._unwatched += len(piece)
        return piece

    def close(self) -> None:
        """Let go of the stored object."""
        self._stream.close()

    def _flowed_again(self) -> None:
        self._asked, self._unwatched = time.monotonic(), 0

    def _ask(self) -> None:
        try:
            _still(self._actor)
        except ShareRefusedError:
            self._over = True
            self.close()
            _log_cut(self._actor, self._record)
            raise
        finally:
            _let_go()
        self._flowed_again()


def _log_cut(actor: Actor, record: UUID) -> None:
    """Log that a reading was cut off in the middle."""
    patient = patient_of_viewer(actor).id
    with transaction.atomic():
        log(
            tag=Tag.RECORD_READ,
            actor=actor,
            sealer=vault_of(patient).fields,
            patient=patient,
            object_id=record,
            outcome=Outcome.REFUSED,
            reason="over",
        )


def _let_go() -> None:
    """Give the connection back: a slow download must not hold one of few."""
    if not connection.in_atomic_block:
        connection.close()


def _live() -> QuerySet[ViewerSession]:
    """Sessions that show something now; a clinicians-only share asks for the confirmation again."""
    clinician = Q(user__is_active=True, user__clinician_state="confirmed")
    return ViewerSession.objects.filter(
        Q(share__clinicians_only=False) | clinician,
        expires_at__gt=Now(),
        share__expires_at__gt=Now(),
        share__revoked_at=None,
    )


def _sessions_of(actor: Actor) -> QuerySet[ViewerSession]:
    if actor.kind != ActorKind.VIEWER or actor.id is None:
        return ViewerSession.objects.none()
    return _live().filter(uuid=actor.id)


def _still(actor: Actor) -> ViewerSession:
    session = _sessions_of(actor).select_related("share").first()
    if session is None:
        raise ShareRefusedError
    return session
