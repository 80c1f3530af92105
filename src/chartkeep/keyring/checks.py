"""System checks of the keys: every refusal to start of cryptography.md section 1."""

import hmac
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's name
from django.db import connections

from chartkeep.crypto.errors import KeyMaterialError
from chartkeep.crypto.keys import MasterKey
from chartkeep.keyring.models import MasterKeyState, VaultKey
from chartkeep.keyring.recognition import unknown_keys, wrong_check_values
from chartkeep.wiring import key_provider

_GENERATE = (
    "Make one with `chartkeep keys generate`, keep it safe, and set ENCRYPTION_KEY or ENCRYPTION_KEY_FILE."
)
_OTHER_SECRETS = ("SECRET_KEY", "JWT_SIGNING_KEY", "RSA_PRIVATE_KEY_PASSPHRASE")


@register(Tags.security)
def encryption_keys(**_: Any) -> list[CheckMessage]:
    """E001 to E004: each key by itself, against the other secrets, and against its neighbours."""
    texts = [
        ("ENCRYPTION_KEY", settings.ENCRYPTION_KEY),
        *(("ENCRYPTION_KEY_FALLBACKS", text) for text in settings.ENCRYPTION_KEY_FALLBACKS),
    ]
    found: list[CheckMessage] = []
    keys: list[MasterKey] = []
    for name, text in texts:
        if not text:
            found.append(Error(f"{name} is not set.", hint=_GENERATE, id="chartkeep.keyring.E001"))
            continue
        try:
            keys.append(MasterKey.from_text(text))
        except KeyMaterialError as problem:
            found.append(Error(f"{name}: {problem}", hint=_GENERATE, id="chartkeep.keyring.E002"))
        found += _equal_secrets(name, text)
    ids = [key.key_id for key in keys]
    if len(set(ids)) < len(ids):
        found.append(
            Error(
                "The same key occurs twice in ENCRYPTION_KEY and ENCRYPTION_KEY_FALLBACKS.",
                hint="Name each key once: the newest in ENCRYPTION_KEY, earlier ones in the fallbacks.",
                id="chartkeep.keyring.E004",
            )
        )
    return found


def _equal_secrets(name: str, text: str) -> list[CheckMessage]:
    return [
        Error(
            f"{name} has the same value as {other}.",
            hint=f"One key, one purpose: give {other} a value of its own.",
            id="chartkeep.keyring.E003",
        )
        for other in _OTHER_SECRETS
        if hmac.compare_digest(text.encode(), getattr(settings, other).encode())
    ]


@register(Tags.database)
def keys_of_the_database(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """E005 and E006: whether the configured keys are those that this database has been used with."""
    if not databases or "default" not in databases or not _migrated():
        return []
    try:
        provider = key_provider()
    except KeyMaterialError:
        return []  # E001 to E004 tell of it
    found: list[CheckMessage] = [
        Error(
            f"The key check value of key {key_id} is not the one in the database.",
            hint="The database was changed by hand or is another deployment's. Restore both from one backup.",
            id="chartkeep.keyring.E005",
        )
        for key_id in wrong_check_values(provider)
    ]
    found += [
        Error(
            f"The database holds keys wrapped by key {key_id}, which is not configured.",
            hint="Put that key back as ENCRYPTION_KEY, or add it to ENCRYPTION_KEY_FALLBACKS.",
            id="chartkeep.keyring.E006",
        )
        for key_id in unknown_keys(provider)
    ]
    return found


@register(Tags.security, deploy=True)
def keys_beside_the_data(**_: Any) -> list[CheckMessage]:
    """W001: whoever copies the data directory copies the key with it."""
    if not settings.ENCRYPTION_KEY or not settings.ENCRYPTION_KEY_FROM_DATA_DIR:
        return []
    return [
        Warning(
            "The encryption key lies in the data directory, beside what it protects.",
            hint="Move it out and set ENCRYPTION_KEY_FILE, or hand it over in the environment.",
            id="chartkeep.keyring.W001",
        )
    ]


def _migrated() -> bool:
    tables = set(connections["default"].introspection.table_names())
    return {VaultKey._meta.db_table, MasterKeyState._meta.db_table} <= tables
