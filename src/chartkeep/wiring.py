"""The only place where settings become objects. Each is made once per process."""

from functools import cache

from django.conf import settings

from chartkeep.crypto.container import Suite
from chartkeep.crypto.keys import KeyProvider, MasterKey, MasterKeyring
from chartkeep.crypto.tokens import TokenKeyring
from chartkeep.storage.base import BlobStore
from chartkeep.storage.factory import open_store


@cache
def blob_store() -> BlobStore:
    """Where sealed objects are kept, by ``STORAGE_URL``."""
    return open_store(
        settings.STORAGE_URL, options=settings.STORAGE_OPTIONS, min_free_bytes=settings.STORAGE_MIN_FREE
    )


@cache
def key_provider() -> KeyProvider:
    """The master keys: ``ENCRYPTION_KEY`` to wrap with, ``ENCRYPTION_KEY_FALLBACKS`` to unwrap only.

    Raises:
        KeyMaterialError: a key is missing, weak, malformed or named twice; the message names the fix.
    """
    return MasterKeyring(
        MasterKey.from_text(settings.ENCRYPTION_KEY),
        [MasterKey.from_text(text) for text in settings.ENCRYPTION_KEY_FALLBACKS],
    )


@cache
def token_keyring() -> TokenKeyring:
    """The RSA keys of share tokens, parsed once (parsing a PEM costs about 125 decrypts).

    Raises:
        KeyMaterialError: a file is missing, unreadable, readable by others or no match; with the fix.
    """
    return TokenKeyring.from_files(
        settings.RSA_PRIVATE_KEY_PATH,
        settings.RSA_PUBLIC_KEY_PATH,
        passphrase=settings.RSA_PRIVATE_KEY_PASSPHRASE.encode() or None,
        retired_dir=settings.RSA_RETIRED_DIR,
    )


def file_suite() -> Suite:
    """The suite that new objects are written in, by ``FILE_ENCRYPTION_SUITE``."""
    return Suite.FERNET if settings.FILE_ENCRYPTION_SUITE == "fernet" else Suite.AES_256_GCM


def forget() -> None:
    """Drop the objects, so that changed settings take effect (a server is restarted instead)."""
    for maker in (blob_store, key_provider, token_keyring):
        maker.cache_clear()
