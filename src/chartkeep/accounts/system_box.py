"""The deployment's own sealer, kept for five minutes, since every session is opened with it."""

import threading
import time

from django.db import connection

from chartkeep.keyring.vaults import system_vault
from chartkeep.lib.sealing import FieldSealer

_KEPT_SECONDS = 300.0  # cryptography.md section 1: a key stays in memory for at most five minutes
_lock = threading.Lock()
_kept: tuple[float, FieldSealer] | None = None


def system_sealer() -> FieldSealer:
    """Seals for the deployment. Never kept from inside a transaction: a vault made there may be undone."""
    global _kept  # noqa: PLW0603 - one value per process, behind a lock
    if connection.in_atomic_block:
        return system_vault().fields
    with _lock:
        if _kept is not None and time.monotonic() - _kept[0] < _KEPT_SECONDS:
            return _kept[1]
    sealer = system_vault().fields
    with _lock:
        _kept = (time.monotonic(), sealer)
    return sealer


def forget() -> None:
    """Drop the kept sealer, as a new database needs it."""
    global _kept  # noqa: PLW0603 - as above
    with _lock:
        _kept = None
