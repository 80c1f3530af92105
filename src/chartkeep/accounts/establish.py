"""What every new account gets, whoever makes it: a vault key, and an entry in the log."""

from chartkeep.accounts.journal import account_event
from chartkeep.accounts.models import ClinicianState, User
from chartkeep.audit.tags import Tag
from chartkeep.keyring.vaults import VaultKind, create_vault
from chartkeep.lib.actor import Actor, ActorKind


def establish(user: User, actor: Actor, *, how: str) -> None:
    """Save a user who is not in the database yet, with vault and entry. Call it in a transaction.

    ``how`` is ``operator``, ``set_up``, ``invitation`` or ``sign_up``. Nobody in particular who makes an
    account is, from then on, its user.
    """
    user.save(force_insert=True)
    create_vault(user.id, VaultKind.ACCOUNT)
    if actor.kind == ActorKind.ANONYMOUS:
        actor = Actor.person(user.id, origin=actor.origin)
    account_event(Tag.ACCOUNT_CREATE, actor=actor, user=user.id, details={"how": how, **_roles(user)})


def _roles(user: User) -> dict[str, str]:
    roles = [
        name
        for name, held in (
            ("administrator", user.is_administrator),
            ("clinician", user.clinician_state == ClinicianState.CONFIRMED),
        )
        if held
    ]
    return {"roles": ", ".join(roles)} if roles else {}
