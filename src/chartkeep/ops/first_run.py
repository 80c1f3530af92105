"""The first start: a data directory and keys of its own, made once and never over existing ones."""

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

from chartkeep.crypto.keys import MasterKey
from chartkeep.crypto.tokens import generate_rsa_pair
from chartkeep.ops.errors import CommandError

MASTER_KEY, RSA_PRIVATE, RSA_PUBLIC = "encryption_key", "rsa_private.pem", "rsa_public.pem"
SECRETS = {"secret_key": 50, "jwt_signing_key": 48}


def prepare() -> list[Path]:
    """Make what is missing of the embedded set-up; gives the files made.

    Settings are read afterwards by Django, so nothing here imports them.

    Raises:
        CommandError: a key file is missing beside a database that was sealed with it.
    """
    from chartkeep.settings import env

    data = Path(env.text("DATA_DIR", "data")).absolute()
    keys = Path(env.text("KEY_DIR", str(data / "keys"))).absolute()
    private_directory(data)
    private_directory(keys)
    made: list[Path] = []
    if not (env.text("ENCRYPTION_KEY") or env.text("ENCRYPTION_KEY_FILE") or (keys / MASTER_KEY).exists()):
        _refuse_to_strand(data, keys)
        made += _made(keys / MASTER_KEY, lambda: MasterKey.generate().to_text().encode())
    if not (env.text("RSA_PRIVATE_KEY_PATH") or (keys / RSA_PRIVATE).exists()):
        made += write_rsa_pair(keys)
    for name, size in SECRETS.items():
        given = env.text(name.upper()) or env.text(f"{name.upper()}_FILE")
        if not given and not (keys / name).exists():
            made += _made(keys / name, partial(_random, size))
    return made


def write_rsa_pair(folder: Path, *, bits: int = 2048, passphrase: bytes | None = None) -> list[Path]:
    """An RSA pair as PKCS#8 and SubjectPublicKeyInfo PEM; the private half only for its owner to read."""
    private, public = generate_rsa_pair(bits, passphrase=passphrase)
    made = _made(folder / RSA_PRIVATE, lambda: private)
    return made + (_made(folder / RSA_PUBLIC, lambda: public) if made else [])


def private_directory(path: Path) -> None:
    """Make a directory that only its owner enters (0700)."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise CommandError(f"{path} cannot be made: {problem.strerror}. Choose another --data-dir.") from None


def write_new(path: Path, content: bytes) -> bool:
    """Write a file (0600) whole and durably, unless it is there; whether this call made it."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)
        except FileExistsError:
            return False
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return True


def _random(size: int) -> bytes:
    return secrets.token_urlsafe(size).encode()


def _made(path: Path, content: Callable[[], bytes]) -> list[Path]:
    return [path] if write_new(path, content()) else []


def _refuse_to_strand(data: Path, keys: Path) -> None:
    """A new key beside old sealed data would look like a start and be a loss."""
    database = data / "chartkeep.sqlite3"
    if not database.is_file():
        return
    with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            (count,) = connection.execute("SELECT count(*) FROM keyring_vaultkey").fetchone()
        except sqlite3.Error:
            return
    if count:
        raise CommandError(
            f"{keys / MASTER_KEY} is missing, but {database} holds data sealed with it. "
            "Put the key file back, or set ENCRYPTION_KEY_FILE to it."
        )
