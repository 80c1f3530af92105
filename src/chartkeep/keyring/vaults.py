"""Vaults: an owner's key, and what may be done with it (cryptography.md section 1).

A vault holds one unwrapped patient key in memory for as long as its object lives. Nothing but this
module unwraps, and nothing outside this app sees a key except the DEK of one record version.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction

from chartkeep.crypto.errors import CiphertextError, KeyMaterialError
from chartkeep.crypto.fields import open_field, seal_field
from chartkeep.crypto.keys import DataKey, PatientKey, WrappedKey
from chartkeep.crypto.wrapping import unwrap, wrap
from chartkeep.keyring.errors import KeysUnavailableError, VaultMissingError
from chartkeep.keyring.models import Deployment, VaultKey, VaultKind
from chartkeep.lib.clock import database_now
from chartkeep.lib.ids import new_id
from chartkeep.wiring import key_provider

_log = structlog.get_logger(__name__)

__all__ = [
    "FieldBox",
    "Vault",
    "VaultKind",
    "create_vault",
    "deployment_id",
    "system_vault",
    "vault_of",
    "vaults_of",
]


@dataclass(frozen=True, slots=True)
class FieldBox:
    """Seals and opens fields under one sub-key of a vault. Satisfies ``lib.sealing.FieldSealer``."""

    owner: UUID
    _key: bytes

    def __repr__(self) -> str:
        return f"FieldBox(owner={self.owner})"

    def seal(self, plaintext: bytes, *, table: str, column: str, row: UUID) -> bytes:
        """AES-256-GCM with a fresh nonce, bound to the place (section 3)."""
        return seal_field(self._key, plaintext, table=table, column=column, row=row)

    def open(self, sealed: bytes, *, table: str, column: str, row: UUID) -> bytes:
        """What ``seal`` sealed; ``CiphertextError`` when changed or moved."""
        return open_field(self._key, bytes(sealed), table=table, column=column, row=row)


class Vault:
    """The key of one patient, one account or the deployment, ready for use."""

    __slots__ = ("_key", "fields", "kind", "owner", "share_copies")

    def __init__(self, owner: UUID, kind: VaultKind, key: PatientKey) -> None:
        self.owner = owner
        self.kind = kind
        self._key = key
        self.fields = FieldBox(owner, key.field_key().reveal())
        self.share_copies = FieldBox(owner, key.share_copy_key().reveal())

    def __repr__(self) -> str:
        return f"Vault(owner={self.owner}, kind={self.kind})"

    def new_dek(self) -> tuple[DataKey, bytes]:
        """A fresh DEK and the same key wrapped for the database."""
        dek = DataKey.generate()
        return dek, wrap(self._key.dek_wrapping_key().reveal(), dek.reveal())

    def open_dek(self, wrapped: bytes) -> DataKey:
        """The DEK of a version; ``CiphertextError`` when the wrapping is not intact."""
        return DataKey(unwrap(self._key.dek_wrapping_key().reveal(), bytes(wrapped)))


def create_vault(owner: UUID, kind: VaultKind) -> Vault:
    """Make and store the key of a new owner, wrapped by the primary master key."""
    key = PatientKey.generate()
    wrapped = key_provider().wrap(key)
    VaultKey.objects.create(
        owner=owner,
        kind=kind,
        key_id=wrapped.key_id,
        key_version=wrapped.version,
        wrapped=wrapped.blob,
        created_at=database_now(),
    )
    return Vault(owner, kind, key)


def vault_of(owner: UUID) -> Vault:
    """The vault of an owner.

    Raises:
        VaultMissingError: there is none, or it was destroyed.
        KeysUnavailableError: the master key that wraps it is not configured.
    """
    return vaults_of([owner])[owner]


def vaults_of(owners: Iterable[UUID]) -> dict[UUID, Vault]:
    """The vaults of many owners in one query; raises like ``vault_of`` when one is not there."""
    wanted = set(owners)
    rows = VaultKey.objects.filter(owner__in=wanted, destroyed_at=None)
    vaults = {row.owner: _open(row) for row in rows}
    if wanted - vaults.keys():
        raise VaultMissingError
    return vaults


def deployment_id() -> UUID:
    """The id of this deployment, made on first use."""
    row = Deployment.objects.first()
    if row is None:
        row, _ = Deployment.objects.get_or_create(
            only=1, defaults={"uuid": new_id(), "created_at": database_now()}
        )
    return row.uuid


def system_vault() -> Vault:
    """The deployment's own vault, made on first use: second-factor secrets, log entries about nobody."""
    owner = deployment_id()
    try:
        return vault_of(owner)
    except VaultMissingError:
        try:
            with transaction.atomic():
                return create_vault(owner, VaultKind.SYSTEM)
        except IntegrityError:  # another process made it in the meantime
            return vault_of(owner)


def _open(row: VaultKey) -> Vault:
    wrapped = WrappedKey(row.key_id, row.key_version, bytes(row.wrapped))
    try:
        key = key_provider().unwrap(wrapped)
    except KeyMaterialError as problem:
        raise KeysUnavailableError(key_id=row.key_id) from problem
    except CiphertextError as problem:
        _log.error("vault_key_damaged", owner=str(row.owner))
        raise VaultMissingError from problem
    return Vault(row.owner, VaultKind(row.kind), key)
