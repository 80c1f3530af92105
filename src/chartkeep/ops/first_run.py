"""The first start: a data directory and keys of its own, made once and never over existing ones."""

import contextlib
import fcntl
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import dj_database_url
import psycopg

from chartkeep.crypto.keys import MasterKey
from chartkeep.crypto.tokens import generate_rsa_pair, load_private_key
from chartkeep.ops.errors import CommandError, first_line
from chartkeep.settings import env

MASTER_KEY, RSA_PRIVATE, RSA_PUBLIC = "encryption_key", "rsa_private.pem", "rsa_public.pem"
SECRETS = {"secret_key": 50, "jwt_signing_key": 48}
_SEALED = "SELECT count(*) FROM keyring_vaultkey"


def prepare() -> list[Path]:
    """Make what is missing of the embedded set-up; gives the files made.

    Settings are read afterwards by Django, so nothing here imports them.

    Raises:
        CommandError: a key file is missing beside a database that was sealed with it.
    """
    data = data_directory()
    private_directory(data)
    keys = Path(env.text("KEY_DIR", str(data / "keys"))).absolute()
    with one_at_a_time(data):
        return [*_master_key(data, keys), *_rsa_pair(keys), *_secrets(keys)]


def data_directory() -> Path:
    """``DATA_DIR``, as the settings will read it."""
    return Path(env.text("DATA_DIR", "data")).absolute()


@contextlib.contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder, so that two first starts at once make one set of keys and one database."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _master_key(data: Path, keys: Path) -> list[Path]:
    if env.text("ENCRYPTION_KEY") or env.text("ENCRYPTION_KEY_FILE") or (keys / MASTER_KEY).exists():
        return []
    if _holds_sealed_data(data):
        raise CommandError(
            f"{keys / MASTER_KEY} is missing, but the database holds data sealed with it. "
            "Put the key file back, or set ENCRYPTION_KEY_FILE to it."
        )
    return _made(keys / MASTER_KEY, lambda: MasterKey.generate().to_text().encode())


def _rsa_pair(keys: Path) -> list[Path]:
    if env.text("RSA_PRIVATE_KEY_PATH"):
        return []
    private, public = keys / RSA_PRIVATE, keys / RSA_PUBLIC
    if not private.exists():
        if public.exists():
            raise CommandError(
                f"{private} is missing beside {public}. Put it back, "
                "or move the public key away to get a new pair."
            )
        return write_rsa_pair(keys)
    if env.text("RSA_PUBLIC_KEY_PATH") or public.exists():
        return []
    # A first start was interrupted between the two files.
    passphrase = env.secret("RSA_PRIVATE_KEY_PASSPHRASE").encode() or None
    key = load_private_key(private.read_bytes(), passphrase)
    return _made(public, lambda: key.public.jwk.as_pem(private=False))


def _secrets(keys: Path) -> list[Path]:
    made: list[Path] = []
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
    private_directory(path.parent)
    return [path] if write_new(path, content()) else []


def _holds_sealed_data(data: Path) -> bool:
    """Whether the database has vault keys: a new key would look like a start and be a loss."""
    url = env.secret("DATABASE_URL")
    if url.partition("://")[0] in {"postgres", "postgresql"}:
        return _postgresql_holds_keys(url)
    try:
        database = Path(dj_database_url.parse(url)["NAME"]) if url else data / "chartkeep.sqlite3"
    except ValueError:
        return False  # Django's settings will say what is wrong with the address
    return database.is_file() and _sqlite_holds_keys(database.absolute())


def _sqlite_holds_keys(database: Path) -> bool:
    with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            return bool(connection.execute(_SEALED).fetchone()[0])
        except sqlite3.OperationalError:
            return False  # there is no such table yet
        except sqlite3.DatabaseError as problem:
            raise CommandError(f"{database} cannot be used: {problem}. Restore it from a backup.") from None


def _postgresql_holds_keys(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            row = connection.execute(_SEALED).fetchone()
    except psycopg.errors.UndefinedTable:
        return False
    except psycopg.Error as problem:
        raise CommandError(f"The database cannot be used: {first_line(problem)}. See DATABASE_URL.") from None
    return bool(row and row[0])
