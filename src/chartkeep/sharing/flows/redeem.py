"""Redeem: a deliberate opening of a share, counted in the transaction that logs it (section 4)."""

import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Outcome, Tag
from chartkeep.crypto.claims import new_secret_token, token_hash
from chartkeep.crypto.digests import Sha256
from chartkeep.keyring import sealed
from chartkeep.keyring.vaults import Vault, system_vault, vault_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import InvalidInputError
from chartkeep.lib.ids import new_id
from chartkeep.sharing.details import MAX_WRONG_PASSCODES, Redeemed, clean_recipient, state_of
from chartkeep.sharing.errors import ClinicianRequiredError, PasscodeRequiredError, ShareRefusedError
from chartkeep.sharing.models import Share, ViewerSession
from chartkeep.sharing.tokens import Found, find_by_token, find_by_token_id

VIEWING = timedelta(minutes=30)
REPEATABLE = timedelta(minutes=2)
REFUSAL_SECONDS = 0.25  # more than any refusal takes, so that all take the same
_KEY_LENGTHS = range(16, 129)


@dataclass(frozen=True, slots=True)
class _Opening:
    """One attempt: who, on which share, and the hash of the client's idempotency key."""

    actor: Actor
    share: Share
    vault: Vault
    idempotency_hash: bytes
    recipient: str


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

    A client that lost the answer repeats with the same ``idempotency_key`` (16 to 128 characters) within two
    minutes: it gets the same session with a new secret, and nothing is counted again.

    Raises:
        ShareRefusedError: whatever the reason; the owner's log has the true one. Takes a fixed time.
        PasscodeRequiredError, ClinicianRequiredError: only to the holder of a token that would open else.
        InvalidInputError: the key or the recipient cannot be taken.
    """
    started = time.monotonic()
    if len(idempotency_key) not in _KEY_LENGTHS:
        raise InvalidInputError(field="idempotency_key", problem="16 to 128 characters")
    recipient = clean_recipient(recipient)
    try:
        found = find_by_token(token) if token else find_by_token_id(token_id)
        idempotency_hash = Sha256(idempotency_key.encode()).digest()
        share = _counting(actor, found, idempotency_hash)
        opening = _Opening(actor, share, vault_of(share.patient_id), idempotency_hash, recipient)
        _check_passcode(opening, passcode)
        _check_clinician(opening)
        return _open(opening)
    except ShareRefusedError:
        time.sleep(max(0.0, REFUSAL_SECONDS - (time.monotonic() - started)))
        raise


def _counting(actor: Actor, found: Found, idempotency_hash: bytes) -> Share:
    """The share, if it could be opened as far as token and state tell."""
    share = found.share
    if share is None:
        raise _refused(actor, None, found.reason)
    if found.reason:
        raise _refused(actor, share, found.reason)
    state = state_of(share, database_now())
    if state == "exhausted" and share.sessions.filter(idempotency_hash=idempotency_hash).exists():
        return share  # the one that used it up may be repeating a lost request
    if state != "active":
        raise _refused(actor, share, state)
    return share


def _refused(actor: Actor, share: Share | None, reason: str) -> ShareRefusedError:
    """Log the true reason where the owner sees it, and give the one answer."""
    _log_refusal(actor, share, reason)
    return ShareRefusedError()


def _log_refusal(actor: Actor, share: Share | None, reason: str, tag: Tag = Tag.SHARE_REDEEM) -> None:
    vault = vault_of(share.patient_id) if share else system_vault()
    with transaction.atomic():
        log(
            tag=tag,
            actor=actor,
            sealer=vault.fields,
            patient=share.patient_id if share else None,
            object_id=share.uuid if share else None,
            share=share.uuid if share else None,
            outcome=Outcome.REFUSED,
            reason=reason,
        )


def _check_passcode(opening: _Opening, passcode: str) -> None:
    """A try is taken before the passcode is looked at, and given back when it was right.

    So guesses at the same moment cannot be more than ten together.
    """
    share = opening.share
    if not share.passcode:
        return
    if not passcode:
        raise PasscodeRequiredError(remaining=MAX_WRONG_PASSCODES - share.wrong_passcodes)
    rows = Share.objects.filter(uuid=share.uuid)
    if not rows.filter(wrong_passcodes__lt=MAX_WRONG_PASSCODES).update(
        wrong_passcodes=F("wrong_passcodes") + 1
    ):
        raise _refused(opening.actor, share, "locked")
    if check_password(passcode, share.passcode):
        rows.update(wrong_passcodes=F("wrong_passcodes") - 1)
        return
    wrong = rows.values_list("wrong_passcodes", flat=True).get()
    _log_refusal(opening.actor, share, "wrong_passcode")
    if wrong >= MAX_WRONG_PASSCODES:
        _log_refusal(opening.actor, share, "wrong_passcode", Tag.SHARE_LOCK)
        raise ShareRefusedError
    raise PasscodeRequiredError(remaining=MAX_WRONG_PASSCODES - wrong)


def _check_clinician(opening: _Opening) -> None:
    if opening.share.clinicians_only and not opening.actor.is_clinician:
        _log_refusal(opening.actor, opening.share, "not_a_clinician")
        raise ClinicianRequiredError


def _open(opening: _Opening) -> Redeemed:
    try:
        with transaction.atomic():
            return _repeated(opening) or _counted(opening)
    except IntegrityError:  # the same key at the same moment: the other one was counted
        with transaction.atomic():
            repeated = _repeated(opening)
        if repeated is None:
            raise
        return repeated
    except _NotCountedError as problem:
        raise _refused(opening.actor, opening.share, problem.reason) from None


class _NotCountedError(Exception):
    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def _repeated(opening: _Opening) -> Redeemed | None:
    """The session that this key gave before, with a new secret, while that was less than two minutes ago."""
    rows = ViewerSession.objects.select_for_update().select_related("share")
    session = rows.filter(share=opening.share, idempotency_hash=opening.idempotency_hash).first()
    if session is None:
        return None
    now = database_now()
    if state_of(session.share, now) not in {"active", "exhausted"}:
        raise _NotCountedError(state_of(session.share, now))
    if now - session.created_at > REPEATABLE or session.user_id != opening.actor.user:
        raise _NotCountedError("replayed")
    return _with_secret(session)


def _counted(opening: _Opening) -> Redeemed:
    """Count, make a session and log, in the caller's transaction."""
    counted = Share.objects.filter(
        Q(max_access_count=None) | Q(access_count__lt=F("max_access_count")),
        uuid=opening.share.uuid,
        revoked_at=None,
        expires_at__gt=Now(),
    ).update(access_count=F("access_count") + 1)
    now = database_now()
    share = Share.objects.get(uuid=opening.share.uuid)
    if counted != 1:
        raise _NotCountedError(state_of(share, now))
    session = _session(opening, share, now)
    redeemed = _with_secret(session)
    log(
        tag=Tag.SHARE_REDEEM,
        actor=opening.actor,
        sealer=opening.vault.fields,
        patient=share.patient_id,
        object_id=share.uuid,
        share=share.uuid,
        details={"recipient": opening.recipient, "opening": str(share.access_count)},
    )
    return redeemed


def _session(opening: _Opening, share: Share, now: datetime) -> ViewerSession:
    session = ViewerSession(
        uuid=new_id(),
        share=share,
        secret_hash=secrets.token_bytes(32),  # a placeholder that no secret has, until there is one
        idempotency_hash=opening.idempotency_hash,
        user_id=opening.actor.user,
        created_at=now,
        expires_at=min(now + VIEWING, share.expires_at),
    )
    sealed.write(session, "recipient", opening.recipient, opening.vault.fields)
    session.save(force_insert=True)
    return session


def _with_secret(session: ViewerSession) -> Redeemed:
    secret = new_secret_token()
    session.secret_hash = token_hash(secret)
    session.save(update_fields=["secret_hash"])
    return Redeemed(
        secret=secret, session=session.uuid, share=session.share_id, expires_at=session.expires_at
    )
