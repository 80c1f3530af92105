"""Entries about an account: sealed by the account's own vault, or by the system's when there is none."""

from collections.abc import Mapping
from uuid import UUID

from chartkeep.audit.flows.record import record
from chartkeep.audit.tags import Outcome, Tag
from chartkeep.keyring.vaults import system_vault, vault_of
from chartkeep.lib.actor import Actor


def account_event(
    tag: Tag,
    *,
    actor: Actor,
    user: UUID | None,
    outcome: Outcome = Outcome.OK,
    reason: str = "",
    details: Mapping[str, str] | None = None,
) -> None:
    """Log what happened to the account ``user``; ``None`` is an address without an account.

    Call it in the transaction of the act, last.
    """
    vault = system_vault() if user is None else vault_of(user)
    record(
        tag=tag,
        actor=actor,
        sealer=vault.fields,
        object_id=user,
        outcome=outcome,
        reason=reason,
        details=details,
    )
