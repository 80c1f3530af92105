import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from chartkeep.crypto.errors import KeyMaterialError
from chartkeep.crypto.tokens import TokenKeyring, generate_rsa_pair, load_private_key, load_public_key

PRIVATE, PUBLIC = generate_rsa_pair()
OTHER_PRIVATE, OTHER_PUBLIC = generate_rsa_pair()
SEALED_PRIVATE, SEALED_PUBLIC = generate_rsa_pair(passphrase=b"open sesame")


def pems_of(key) -> tuple[bytes, bytes]:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


WEAK = pems_of(rsa.generate_private_key(public_exponent=65537, key_size=1024))  # noqa: S505 - it is here to be refused
ODD = pems_of(rsa.generate_private_key(public_exponent=65537, key_size=2056))
CURVE = pems_of(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "retired").mkdir()
    write(tmp_path / "private.pem", PRIVATE)
    write(tmp_path / "public.pem", PUBLIC, mode=0o644)
    return tmp_path


def write(path: Path, pem: bytes, mode: int = 0o600) -> None:
    path.write_bytes(pem)
    path.chmod(mode)


def keyring_of(folder: Path, passphrase: bytes | None = None) -> TokenKeyring:
    paths = folder / "private.pem", folder / "public.pem"
    return TokenKeyring.from_files(*paths, passphrase=passphrase, retired_dir=folder / "retired")


def test_makes_pairs_in_the_policys_formats() -> None:
    assert PRIVATE.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert SEALED_PRIVATE.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert PUBLIC.startswith(b"-----BEGIN PUBLIC KEY-----\n")
    assert load_private_key(PRIVATE).kid == load_public_key(PUBLIC).kid
    with pytest.raises(KeyMaterialError, match="ask for 2048, 3072 or 4096"):
        generate_rsa_pair(1024)


def test_reads_a_pair_and_its_retired_keys(folder: Path) -> None:
    write(folder / "retired" / "2025.pem", OTHER_PRIVATE)
    write(folder / "retired" / "notes.txt", b"not looked at")
    keyring = keyring_of(folder)
    assert keyring.kids == (load_public_key(PUBLIC).kid, load_public_key(OTHER_PUBLIC).kid)
    assert (
        TokenKeyring.from_files(str(folder / "private.pem"), str(folder / "public.pem")).kids
        == keyring.kids[:1]
    )


def test_needs_no_retired_directory(folder: Path) -> None:
    (folder / "retired").rmdir()
    assert len(keyring_of(folder).kids) == 1


def test_reads_a_key_with_a_passphrase_beside_retired_ones_without(folder: Path) -> None:
    write(folder / "private.pem", SEALED_PRIVATE)
    write(folder / "public.pem", SEALED_PUBLIC)
    write(folder / "retired" / "old.pem", OTHER_PRIVATE)
    assert len(keyring_of(folder, b"open sesame").kids) == 2


@pytest.mark.parametrize(
    ("file", "pem", "mode", "complaint"),
    [
        ("private.pem", None, 0o600, "is not there.*chartkeep keys generate.*RSA_PRIVATE_KEY_PATH"),
        ("public.pem", None, 0o644, "is not there.*chartkeep keys generate.*RSA_PUBLIC_KEY_PATH"),
        ("private.pem", PRIVATE, 0o644, "chmod 600"),
        ("private.pem", PRIVATE, 0o640, "chmod 600"),
        ("private.pem", PRIVATE, 0o602, "chmod 600"),
        ("private.pem", b"", 0o600, "cannot be read as PKCS #8 PEM: make a pair"),
        ("private.pem", PUBLIC, 0o600, "cannot be read as PKCS #8 PEM"),
        (
            "private.pem",
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            0o600,
            "cannot be read",
        ),
        ("private.pem", SEALED_PRIVATE, 0o600, "set RSA_PRIVATE_KEY_PASSPHRASE"),
        ("private.pem", CURVE[0], 0o600, "not an RSA key"),
        ("private.pem", WEAK[0], 0o600, "has 1024 bits, but must have 2048, 3072 or 4096"),
        ("private.pem", ODD[0], 0o600, "has 2056 bits"),
        ("private.pem", OTHER_PRIVATE, 0o600, "not the public half.*one pair"),
        ("public.pem", b"garbage", 0o644, "cannot be read as SubjectPublicKeyInfo PEM"),
        ("public.pem", PRIVATE, 0o644, "cannot be read as SubjectPublicKeyInfo PEM"),
        ("public.pem", CURVE[1], 0o644, "not an RSA key"),
        ("public.pem", WEAK[1], 0o644, "has 1024 bits"),
        ("public.pem", OTHER_PUBLIC, 0o644, "not the public half"),
        ("retired/old.pem", OTHER_PRIVATE, 0o604, "chmod 600"),
        ("retired/old.pem", b"garbage", 0o600, "old.pem: The RSA private key cannot be read"),
        ("retired/old.pem", PRIVATE, 0o600, "occurs twice: remove the copy"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # keys are random
)
def test_refuses_a_file_and_names_it_and_the_fix(folder: Path, file, pem, mode, complaint) -> None:
    (folder / file).unlink(missing_ok=True)
    if pem is not None:
        write(folder / file, pem, mode)
    with pytest.raises(KeyMaterialError, match=f"(?s).*{complaint}") as refusal:
        keyring_of(folder)
    assert "BEGIN" not in str(refusal.value)


def test_refuses_a_wrong_passphrase(folder: Path) -> None:
    write(folder / "private.pem", SEALED_PRIVATE)
    write(folder / "public.pem", SEALED_PUBLIC)
    with pytest.raises(KeyMaterialError, match="check RSA_PRIVATE_KEY_PASSPHRASE"):
        keyring_of(folder, b"open barley")


def test_refuses_a_directory_and_a_file_that_it_may_not_read(folder: Path) -> None:
    with pytest.raises(KeyMaterialError, match=r"cannot be read.*RSA_PRIVATE_KEY_PATH"):
        TokenKeyring.from_files(folder / "retired", folder / "public.pem")
    if os.geteuid() != 0:
        (folder / "public.pem").chmod(0)
        with pytest.raises(KeyMaterialError, match=r"cannot be read.*RSA_PUBLIC_KEY_PATH"):
            keyring_of(folder)
