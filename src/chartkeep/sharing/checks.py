"""System checks of the RSA keys that share tokens are sealed with."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from chartkeep.crypto.errors import KeyMaterialError
from chartkeep.wiring import token_keyring


@register(Tags.security)
def rsa_keys(**_: Any) -> list[CheckMessage]:
    """E001: the RSA pair is missing, unreadable, readable by others, too small or no pair."""
    try:
        token_keyring()
    except KeyMaterialError as problem:
        return [
            Error(
                f"The RSA keys of share tokens cannot be used: {problem}",
                hint="See RSA_PRIVATE_KEY_PATH and RSA_PUBLIC_KEY_PATH, or run `chartkeep keys generate`.",
                id="chartkeep.sharing.E001",
            )
        ]
    return []
