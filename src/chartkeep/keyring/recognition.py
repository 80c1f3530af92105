"""Whether the configured master keys are the ones that this database knows."""

import hmac

from chartkeep.crypto.keys import KeyProvider
from chartkeep.keyring.models import MasterKeyState, VaultKey


def wrong_check_values(provider: KeyProvider) -> list[str]:
    """The ids of configured keys whose key check value differs from the stored one."""
    values = provider.check_values()
    states = MasterKeyState.objects.filter(key_id__in=values)
    return [
        state.key_id
        for state in states
        if not hmac.compare_digest(bytes(state.check_value), values[state.key_id])
    ]


def unknown_keys(provider: KeyProvider) -> list[str]:
    """The ids that live vault keys are wrapped under and that no configured key has, in order."""
    rows = VaultKey.objects.filter(destroyed_at=None).exclude(key_id__in=provider.key_ids)
    return sorted(rows.values_list("key_id", flat=True).distinct())
