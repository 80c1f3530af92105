"""Refusals: one answer in one time for the viewer, the true reason for the owner (section 4)."""

import math
import time
from dataclasses import dataclass

from django.db import connection, transaction

from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Outcome, Tag
from chartkeep.keyring.errors import VaultMissingError
from chartkeep.keyring.vaults import Vault, system_vault, vault_of
from chartkeep.lib.actor import Actor
from chartkeep.sharing.errors import ShareRefusedError
from chartkeep.sharing.models import Share

REFUSAL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Attempt:
    """One who tries to open something, and who they say to be."""

    actor: Actor
    recipient: str

    def refuse(self, share: Share | None, reason: str) -> ShareRefusedError:
        """Log the true reason in a transaction of its own; gives the error to raise."""
        with transaction.atomic():
            self.log_refusal(share, reason)
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
    so costs it threads: the faces limit how often an address may try.
    """
    if not connection.in_atomic_block:
        connection.close()
    elapsed = time.monotonic() - started
    time.sleep(math.ceil(elapsed / REFUSAL_SECONDS) * REFUSAL_SECONDS - elapsed)
