"""What an operator may know about keys."""

from dataclasses import dataclass

from django.db.models import Count

from chartkeep.keyring.models import VaultKey
from chartkeep.wiring import key_provider


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """One master key, its role (``primary``, ``decrypt-only``, ``missing``) and its number of vault keys."""

    key_id: str
    version: str
    role: str
    vault_keys: int


def key_status() -> list[KeyStatus]:
    """Every master key that is configured or still needed, the primary first."""
    provider = key_provider()
    counts = {
        (row["key_id"], row["key_version"]): row["count"]
        for row in VaultKey.objects.filter(destroyed_at=None)
        .values("key_id", "key_version")
        .annotate(count=Count("owner"))
    }
    for key_id in provider.key_ids:
        counts.setdefault((key_id, provider.version), 0)

    def role(key_id: str) -> str:
        if key_id == provider.primary_id:
            return "primary"
        return "decrypt-only" if key_id in provider.key_ids else "missing"

    order = {"primary": 0, "decrypt-only": 1, "missing": 2}
    found = [KeyStatus(key_id, version, role(key_id), count) for (key_id, version), count in counts.items()]
    return sorted(found, key=lambda status: (order[status.role], status.key_id, status.version))
