"""Refusals: one answer in one time for the viewer, the true reason for the owner (section 4)."""

import math
import time
from contextlib import suppress
from dataclasses import dataclass

from django.core.cache import cache
from django.db import connection, transaction

from chartkeep.accounts.errors import TooManyTriesError
from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Outcome, Tag
from chartkeep.keyring.errors import VaultMissingError
from chartkeep.keyring.vaults import Vault, system_vault, vault_of
from chartkeep.lib.actor import Actor
from chartkeep.sharing.errors import ShareRefusedError
from chartkeep.sharing.models import Share

REFUSAL_SECONDS = 0.25
REFUSALS_A_MINUTE = (
    60  # from one address: a whole clinic may stand behind one, and guessing is hopeless anyway
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One who tries to open something, and who they say to be."""

    actor: Actor
    recipient: str

    def refuse(self, share: Share | None, reason: str) -> ShareRefusedError:
        """Log the true reason in a transaction of its own; gives the error to raise."""
        with transaction.atomic():
            self.log_refusal(share, reason)
        _count_refusal(self.actor)
        return ShareRefusedError()

    def log_refusal(self, share: Share | None, reason: str) -> None:
        """Log a refusal in the caller's transaction: where the owner sees it, when the share is known."""
        vault = share and vault_if_any(share)
        log(
            tag=Tag.SHARE_REDEEM,
            actor=self.actor,
            sealer=(vault or system_vault()).fields,
            patient=share.patient_id if share else None,
            object_id=share.uuid if share else None,
            share=share.uuid if share else None,
            outcome=Outcome.REFUSED,
            reason=reason,
            details={"recipient": self.recipient} if self.recipient else None,
        )


def check_pace(actor: Actor) -> None:
    """Hold off an address that was refused too often in the last minute: refusals cost threads and entries.

    Raises:
        TooManyTriesError: it was.
    """
    if actor.origin.address and int(cache.get(_pace_key(actor), 0)) >= REFUSALS_A_MINUTE:
        raise TooManyTriesError


def _count_refusal(actor: Actor) -> None:
    if actor.origin.address and not cache.add(_pace_key(actor), 1, timeout=60):
        with suppress(ValueError):  # it ran out between the two
            cache.incr(_pace_key(actor))


def _pace_key(actor: Actor) -> str:
    return f"share-refusals:{actor.origin.address}"


def vault_if_any(share: Share) -> Vault | None:
    """The vault of the share's patient; none when it was destroyed, which erased what it sealed."""
    try:
        return vault_of(share.patient_id)
    except VaultMissingError:
        return None


def wait_for_the_same_time(started: float) -> None:
    """Wait until a whole number of ``REFUSAL_SECONDS`` has passed since ``started`` (monotonic clock).

    Every refusal is done sooner than that, whatever it had to look at; under load all slip by whole steps.
    The wait holds a thread of the server and no database connection. Who floods the server with refusals
    so costs it threads: `check_pace` limits how often an address may.
    """
    if not connection.in_atomic_block:
        connection.close()
    elapsed = time.monotonic() - started
    time.sleep(math.ceil(elapsed / REFUSAL_SECONDS) * REFUSAL_SECONDS - elapsed)
