"""Second factors: enrolled, asked for, sealed, logged."""

import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

from chartkeep.accounts.adapters import MFAAdapter
from chartkeep.crypto.errors import CiphertextError


def totp(secret):
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


@pytest.fixture
def enrolled(app, alice):
    """Alice's app with TOTP switched on; its secret."""
    app.sign_in(alice)
    assert app.call("GET", "/account/authenticators/totp").status_code in {401, 404}
    app.confirm_password(alice)
    secret = app.call("GET", "/account/authenticators/totp").json()["meta"]["secret"]
    answer = app.call("POST", "/account/authenticators/totp", {"code": totp(secret)})
    assert answer.status_code == 200
    return secret


def test_asks_for_the_second_factor_and_takes_each_code_once(enrolled, new_app, alice, log_of):
    other = new_app()
    assert other.sign_in(alice).status_code == 401
    assert not other.is_in()
    assert other.call("POST", "/auth/2fa/authenticate", {"code": "000000"}).status_code == 400
    code = totp(enrolled)
    assert other.call("POST", "/auth/2fa/authenticate", {"code": code}).status_code == 200
    third = new_app()
    third.sign_in(alice)
    assert third.call("POST", "/auth/2fa/authenticate", {"code": code}).status_code == 400
    assert other.is_in()
    assert ("account:sign_in", "failed") in log_of(alice)


def test_takes_each_recovery_code_once(enrolled, app, new_app, alice):
    codes = app.call("GET", "/account/authenticators/recovery-codes").json()["data"]["unused_codes"]
    assert len(codes) == 10
    for expected in (200, 400):
        other = new_app()
        other.sign_in(alice)
        assert other.call("POST", "/auth/2fa/authenticate", {"code": codes[0]}).status_code == expected


def test_seals_secrets_and_seeds(enrolled):
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert enrolled not in stored
    seed = Authenticator.objects.get(type="recovery_codes").data["seed"]
    plain = MFAAdapter().decrypt(seed)
    assert len(plain) == 80
    assert plain not in stored


def test_refuses_a_sealed_secret_that_was_changed(db):
    import base64

    sealed = bytearray(base64.b64decode(MFAAdapter().encrypt("JBSWY3DPEHPK3PXP")))
    sealed[-1] ^= 1
    with pytest.raises(CiphertextError):
        MFAAdapter().decrypt(base64.b64encode(sealed).decode())


def test_logs_factors_added_and_removed(enrolled, app, alice, log_of):
    assert [tag for tag, _ in log_of(alice)].count("account:mfa_add") == 2
    assert app.call("DELETE", "/account/authenticators/totp").status_code == 200
    assert "account:mfa_remove" in [tag for tag, _ in log_of(alice)]


def test_offers_passkeys(app, alice):
    app.sign_in(alice)
    assert app.call("GET", "/account/authenticators/webauthn").status_code == 401
    app.confirm_password(alice)
    answer = app.call("GET", "/account/authenticators/webauthn")
    assert answer.status_code == 200
    assert answer.json()["data"]["creation_options"]["publicKey"]["challenge"]
