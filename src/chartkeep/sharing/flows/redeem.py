"""Redeem: a deliberate opening of a share, counted in the transaction that logs it (section 4)."""

import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Tag
from chartkeep.crypto.claims import new_secret_token, token_hash
from chartkeep.crypto.digests import Sha256
from chartkeep.keyring import sealed
from chartkeep.keyring.vaults import Vault
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import InvalidInputError
from chartkeep.lib.ids import new_id
from chartkeep.sharing import passcodes
from chartkeep.sharing.details import Redeemed, clean_recipient, is_active, opened, state_of
from chartkeep.sharing.errors import ClinicianRequiredError, ShareRefusedError
from chartkeep.sharing.models import MAXIMUM_VIEWING, Share, ViewerSession
from chartkeep.sharing.refusals import Attempt, check_pace, vault_if_any, wait_for_the_same_time
from chartkeep.sharing.tokens import Found, find_by_token, find_by_token_id

REPEATABLE = timedelta(minutes=2)
_KEY = re.compile(r"[!-~]{16,128}")


@dataclass(frozen=True, slots=True)
class _Opening:
    """An attempt whose token counts: on which share, and the hash of the client's idempotency key."""

    attempt: Attempt
    share: Share
    vault: Vault
    idempotency_hash: bytes

    @property
    def user(self) -> UUID | None:
        """The account of the one who opens, if any."""
        return self.attempt.actor.user


def redeem(
    *,
    actor: Actor,
    token: str = "",
    token_id: str = "",
    passcode: str = "",
    recipient: str = "",
    idempotency_key: str,
) -> Redeemed:
    """Open the share that a QR code's ``token`` or a link's ``token_id`` leads to.

    ``idempotency_key`` is 16 to 128 visible ASCII characters that the client makes up for each opening. A
    client that lost the answer repeats with the same key within two minutes: it gets the same session,
    and nothing is counted again. Later, or as somebody else, the key is refused.

    Raises:
        ShareRefusedError: whatever the reason; the owner's log has the true one. Takes a fixed time.
        PasscodeRequiredError, ClinicianRequiredError: only to the holder of a token that would open else.
        InvalidInputError: the key or the recipient cannot be taken.
        TooManyTriesError: this address was refused too often in the last minute.
    """
    started = time.monotonic()
    if not _KEY.fullmatch(idempotency_key):
        problem = "16 to 128 letters, digits and signs, made up anew for each opening"
        raise InvalidInputError(field="idempotency_key", problem=problem)
    check_pace(actor)
    attempt = Attempt(actor, clean_recipient(recipient))
    try:
        found = find_by_token(token) if token else find_by_token_id(token_id)
        opening = _opening(attempt, found, Sha256(idempotency_key.encode()).digest())
        _check_clinician(opening)
        passcodes.check(attempt, opening.share, opening.vault, passcode)
        return _open(opening)
    except ShareRefusedError:
        wait_for_the_same_time(started)
        raise


def _opening(attempt: Attempt, found: Found, idempotency_hash: bytes) -> _Opening:
    """What could be opened, as far as token and state of the share tell."""
    share = found.share
    if share is None or found.reason:
        raise attempt.refuse(share, found.reason)
    vault = vault_if_any(share)
    if vault is None:
        raise attempt.refuse(share, "erased")
    state = state_of(share, database_now())
    # The one who used it up may be repeating a lost request.
    repeats = state == "exhausted" and share.sessions.filter(idempotency_hash=idempotency_hash).exists()
    if state != "active" and not repeats:
        raise attempt.refuse(share, state)
    return _Opening(attempt, share, vault, idempotency_hash)


def _check_clinician(opening: _Opening) -> None:
    """Before the passcode, so that nobody else can use up its tries."""
    if opening.share.clinicians_only and not opening.attempt.actor.is_clinician:
        opening.attempt.refuse(opening.share, "not_a_clinician")
        raise ClinicianRequiredError


def _open(opening: _Opening) -> Redeemed:
    with transaction.atomic():
        # The openings of one share follow each other, so that two requests with one key see each other.
        share = Share.objects.select_for_update().get(uuid=opening.share.uuid)
        session = share.sessions.filter(idempotency_hash=opening.idempotency_hash).first()
        outcome = _repeat(opening, share, session) if session else _count(opening)
    if isinstance(outcome, str):
        raise opening.attempt.refuse(opening.share, outcome)
    return outcome


def _repeat(opening: _Opening, share: Share, session: ViewerSession) -> Redeemed | str:
    """The session that this key gave before; or the reason why not."""
    now = database_now()
    state = state_of(share, now)
    if state not in {"active", "exhausted"}:
        return state
    late = now - session.created_at > REPEATABLE or session.expires_at <= now
    if late or session.user_id != opening.user:
        return "replayed"
    _log(opening, {"repeated": "yes"})
    return _redeemed(share, session, opened(session, "secret_copy", opening.vault.share_copies))


def _count(opening: _Opening) -> Redeemed | str:
    """Count, make a session and log; or the reason why not."""
    rows = Share.objects.filter(uuid=opening.share.uuid)
    counted = rows.filter(is_active()).update(access_count=F("access_count") + 1)
    share, now = rows.get(), database_now()
    if counted != 1:
        return state_of(share, now)
    secret = new_secret_token()
    session = _session(opening, share, secret, now)
    _log(opening, {"opening": str(share.access_count)})
    return _redeemed(share, session, secret)


def _session(opening: _Opening, share: Share, secret: str, now: datetime) -> ViewerSession:
    session = ViewerSession(
        uuid=new_id(),
        share=share,
        secret_hash=token_hash(secret),
        idempotency_hash=opening.idempotency_hash,
        user_id=opening.user,
        created_at=now,
        expires_at=min(now + MAXIMUM_VIEWING, share.expires_at),
    )
    sealed.write(session, "secret_copy", secret, opening.vault.share_copies)
    sealed.write(session, "recipient", opening.attempt.recipient, opening.vault.fields)
    session.save(force_insert=True)
    return session


def _redeemed(share: Share, session: ViewerSession, secret: str) -> Redeemed:
    return Redeemed(
        secret=secret,
        session=session.uuid,
        share=share.uuid,
        expires_at=min(session.expires_at, share.expires_at),
    )


def _log(opening: _Opening, details: dict[str, str]) -> None:
    log(
        tag=Tag.SHARE_REDEEM,
        actor=opening.attempt.actor,
        sealer=opening.vault.fields,
        patient=opening.share.patient_id,
        object_id=opening.share.uuid,
        share=opening.share.uuid,
        details=details | {"recipient": opening.attempt.recipient},
    )
