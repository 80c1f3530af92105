"""What can go wrong with keys, told to people."""

from chartkeep.lib.errors import ChartkeepError


class VaultMissingError(ChartkeepError):
    """There is no vault key for this owner, or it has been destroyed."""

    code = "vault_missing"
    message = "The key of this record is gone. What it protected can no longer be opened."


class KeysUnavailableError(ChartkeepError):
    """The master key that wraps a vault key is not at hand; facts: ``key_id``."""

    code = "keys_unavailable"
    message = (
        "The encryption key {key_id} is missing: the administrator must add it to ENCRYPTION_KEY_FALLBACKS."
    )
