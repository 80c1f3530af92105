"""System checks: each misconfiguration by its id, with a hint; none on a sound set-up."""

import pytest

from chartkeep.accounts import checks

GOOD = {
    "SECRET_KEY": "s" * 40,
    "JWT_SIGNING_KEY": "j" * 40,
    "ENCRYPTION_KEY": "e" * 44,
    "EMAIL_URL": "",
    "SIGNUP_MODE": "invitation",
    "TRUSTED_PROXIES": [],
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"EMAIL_URL": "smtp://mail.example.org/?tls=true", "SIGNUP_MODE": "open"}, []),
        ({"TRUSTED_PROXIES": ["10.0.0.5", "10.0.0.0/8", "fd00::/8"]}, []),
        ({"SECRET_KEY": ""}, ["E001"]),
        ({"JWT_SIGNING_KEY": ""}, ["E001"]),
        ({"SECRET_KEY": "short"}, ["E002"]),
        ({"JWT_SIGNING_KEY": "j" * 31}, ["E002"]),
        ({"JWT_SIGNING_KEY": "s" * 40}, ["E003"]),
        ({"JWT_SIGNING_KEY": "e" * 44}, ["E003"]),
        ({"EMAIL_URL": "mail.example.org"}, ["E004"]),
        ({"TRUSTED_PROXIES": ["proxy.example.org"]}, ["E005"]),
        ({"SIGNUP_MODE": "open"}, ["W001"]),
        ({"EMAIL_URL": "smtp://mail.example.org"}, ["W002"]),
        ({"TRUSTED_PROXIES": ["0.0.0.0/0"]}, ["W003"]),
    ],
)
def test_names_each_misconfiguration_and_its_fix(settings, changed, expected):
    for name, value in {**GOOD, **changed}.items():
        setattr(settings, name, value)
    found = [*checks.secrets_of_sign_in(), *checks.mail(), *checks.proxies()]
    assert [message.id for message in found] == [f"chartkeep.accounts.{number}" for number in expected]
    assert all(message.hint for message in found)


def test_repeats_no_secret(settings):
    settings.EMAIL_URL = "smtp://me:hunter2@host:x"
    settings.JWT_SIGNING_KEY = settings.SECRET_KEY = "hunter2"
    found = [*checks.secrets_of_sign_in(), *checks.mail()]
    assert found
    assert not any("hunter2" in str(message) for message in found)
