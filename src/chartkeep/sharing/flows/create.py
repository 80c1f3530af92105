"""Make a share: a row that is the authority, and a token that finds it (cryptography.md section 4)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from chartkeep.accounts.access import writable_patient_for
from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Tag
from chartkeep.crypto.claims import Claims, new_secret_token, token_hash
from chartkeep.crypto.tokens import seal_claims
from chartkeep.keyring import sealed
from chartkeep.keyring.vaults import Vault, deployment_id, vault_of
from chartkeep.lib import qr
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now, whole_seconds
from chartkeep.lib.errors import InvalidInputError, NotFoundError
from chartkeep.lib.ids import new_id
from chartkeep.records.queries import records_by_ids
from chartkeep.sharing import passcodes
from chartkeep.sharing.details import (
    MAX_QR_RECORDS,
    MAX_RECORDS,
    ShareRequest,
    ShareView,
    clean_label,
    clean_lifetime,
    clean_limit,
    share_view,
)
from chartkeep.sharing.models import Method, Share, ShareRecord
from chartkeep.sharing.tokens import address_of, claims_digest
from chartkeep.wiring import token_keyring


def create(*, actor: Actor, request: ShareRequest) -> ShareView:
    """Share records of one patient, for at most seven days.

    A selection that does not fit into a QR code that scans reliably (more than 12 records, or fewer with
    RSA keys longer than the policy's) becomes the URL form, whose link the QR code then shows.

    Raises:
        NotFoundError: the patient is not the actor's to share, or a record is not there.
        InvalidInputError: lifetime, limit, passcode, label, method or selection cannot be taken.
    """
    writable_patient_for(actor, request.patient)
    method, records = _method(request), _selection(actor, request)
    lifetime, limit = clean_lifetime(request.expires_in), clean_limit(request.max_access_count)
    label, passcode = clean_label(request.label), passcodes.hashed(request.passcode)
    vault = vault_of(request.patient)
    with transaction.atomic():
        now = database_now()
        created_at = whole_seconds(now)
        share = Share(
            uuid=new_id(),
            patient_id=request.patient,
            created_by_id=actor.user,
            created_at=created_at,
            expires_at=created_at + lifetime,
            token_expires_at=created_at + lifetime,
            max_access_count=limit,
            passcode=passcode,
            clinicians_only=request.clinicians_only,
        )
        sealed.write(share, "label", label, vault.fields)
        _issue(share, method, records, created_at, vault)
        _save(share, records)
        log(
            tag=Tag.SHARE_CREATE,
            actor=actor,
            sealer=vault.fields,
            patient=share.patient_id,
            object_id=share.uuid,
            share=share.uuid,
            details={"method": share.method, "records": str(len(records))},
        )
    return share_view(share, vault.fields, now)


def _method(request: ShareRequest) -> Method:
    try:
        return Method(request.method)
    except ValueError:
        raise InvalidInputError(field="method", problem="qr or url") from None


def _selection(actor: Actor, request: ShareRequest) -> tuple[UUID, ...]:
    wanted = tuple(dict.fromkeys(request.record_ids))
    if not 1 <= len(wanted) <= MAX_RECORDS:
        raise InvalidInputError(field="record_ids", problem=f"choose 1 to {MAX_RECORDS} records")
    found = [view.id for view in records_by_ids(actor, wanted) if view.patient == request.patient]
    if len(found) != len(wanted):
        raise NotFoundError
    return wanted


def _issue(
    share: Share, method: Method, records: tuple[UUID, ...], created_at: datetime, vault: Vault
) -> None:
    """Fill in the token columns: what finds the share, and the owner's copy of what opens it."""
    claims = Claims(
        patient_uuid=share.patient_id,
        record_ids=records,
        created_at=created_at,
        expires_at=share.token_expires_at,
        jti=new_secret_token(),
        typ=method.value,
        iss=str(deployment_id()),
    )
    token = seal_claims(claims, token_keyring().public_key)
    if method == Method.QR and not (len(records) <= MAX_QR_RECORDS and qr.fits(address_of(method, token))):
        _issue(share, Method.URL, records, created_at, vault)
        return
    share.method = method
    share.jti_hash = claims.jti_hash
    share.claims_digest = claims_digest(claims)
    credential = token
    if method == Method.URL:
        credential = new_secret_token()
        share.token_id_hash = token_hash(credential)
        share.stored_token = token
    sealed.write(share, "owner_copy", credential, vault.share_copies)


def _save(share: Share, records: tuple[UUID, ...]) -> None:
    share.save(force_insert=True)
    ShareRecord.objects.bulk_create(
        ShareRecord(share=share, record_id=record, position=place) for place, record in enumerate(records)
    )
