"""System checks of the RSA files: each misconfiguration refuses the start and names its fix."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from django.core.checks import Tags, run_checks

from chartkeep import wiring
from chartkeep.crypto.tokens import generate_rsa_pair
from chartkeep.sharing.checks import rsa_keys


@pytest.fixture(scope="module")
def pair() -> tuple[bytes, bytes]:
    return generate_rsa_pair()


@pytest.fixture
def keys(settings, tmp_path, pair):
    """A sound pair in files of its own: the folder."""
    settings.RSA_PRIVATE_KEY_PATH = tmp_path / "private.pem"
    settings.RSA_PUBLIC_KEY_PATH = tmp_path / "public.pem"
    settings.RSA_RETIRED_DIR = tmp_path / "retired"
    settings.RSA_RETIRED_DIR.mkdir()
    keep(tmp_path / "private.pem", pair[0])
    keep(tmp_path / "public.pem", pair[1])
    return tmp_path


def keep(path, data: bytes) -> None:
    path.write_bytes(data)
    path.chmod(0o600)


def private_pem(key, passphrase: bytes = b"") -> bytes:
    protection = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)


def problem() -> str:
    wiring.forget()
    (message,) = rsa_keys()
    assert message.id == "chartkeep.sharing.E001"
    assert "chartkeep keys generate" in message.hint
    return message.msg


def test_finds_nothing_wrong_with_a_sound_pair(keys, pair):
    wiring.forget()
    assert rsa_keys() == []
    keep(keys / "retired" / "2025.pem", generate_rsa_pair()[0])
    wiring.forget()
    assert rsa_keys() == []


@pytest.mark.parametrize("name", ["private.pem", "public.pem"])
def test_refuses_a_missing_file(keys, name):
    (keys / name).unlink()
    found = problem()
    assert f"{name} is not there" in found
    assert f"RSA_{name[:-4].upper()}_KEY_PATH" in found


@pytest.mark.parametrize("name", ["private.pem", "public.pem"])
def test_refuses_a_file_that_cannot_be_read(keys, name):
    (keys / name).unlink()
    (keys / name).mkdir()
    assert f"{name} cannot be read" in problem()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_refuses_a_private_key_that_others_can_read(keys, mode):
    (keys / "private.pem").chmod(mode)
    assert "chmod 600" in problem()


def test_refuses_a_retired_key_that_others_can_read(keys):
    keep(keys / "retired" / "2025.pem", generate_rsa_pair()[0])
    (keys / "retired" / "2025.pem").chmod(0o644)
    assert "chmod 600" in problem()


def test_refuses_two_halves_that_are_no_pair(keys):
    keep(keys / "public.pem", generate_rsa_pair()[1])
    assert "not the public half" in problem()


def test_refuses_a_key_that_is_too_short(keys):
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - to be refused
    keep(keys / "private.pem", private_pem(weak))
    assert "1024 bits" in problem()


def test_refuses_a_key_of_another_kind(keys):
    keep(keys / "private.pem", private_pem(ed25519.Ed25519PrivateKey.generate()))
    assert "not an RSA key" in problem()


@pytest.mark.parametrize(
    "data", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", bytes(range(64))]
)
def test_refuses_what_is_no_pem(keys, data):
    keep(keys / "private.pem", data)
    assert "cannot be read as PKCS #8 PEM" in problem()


def test_wants_the_passphrase(keys, pair, settings):
    key = serialization.load_pem_private_key(pair[0], None)
    keep(keys / "private.pem", private_pem(key, b"open sesame"))
    assert "RSA_PRIVATE_KEY_PASSPHRASE" in problem()
    settings.RSA_PRIVATE_KEY_PASSPHRASE = "wrong"
    assert "RSA_PRIVATE_KEY_PASSPHRASE" in problem()
    settings.RSA_PRIVATE_KEY_PASSPHRASE = "open sesame"
    wiring.forget()
    assert rsa_keys() == []


def test_refuses_a_key_that_occurs_twice(keys, pair):
    keep(keys / "retired" / "copy.pem", pair[0])
    assert "occurs twice" in problem()


def test_runs_with_django_s_own_checks(keys, db):
    (keys / "private.pem").chmod(0o644)
    wiring.forget()
    assert "chartkeep.sharing.E001" in {message.id for message in run_checks(tags=[Tags.security])}
