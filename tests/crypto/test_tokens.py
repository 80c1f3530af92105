import base64
import hashlib
import json
import os
import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from chartkeep.crypto import tokens
from chartkeep.crypto.errors import KeyMaterialError, TokenError
from chartkeep.crypto.tokens import (
    MAX_RECORD_IDS,
    MAX_TOKEN_CHARS,
    Claims,
    TokenKeyring,
    generate_rsa_pair,
    load_private_key,
    load_public_key,
    new_secret_token,
    open_token,
    same,
    seal_claims,
    token_hash,
)

PEMS = generate_rsa_pair()
PRIVATE = load_private_key(PEMS[0])
KEYRING = TokenKeyring(PRIVATE)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CLAIMS = Claims(
    patient_uuid=uuid4(),
    record_ids=(uuid4(), uuid4()),
    created_at=NOW,
    expires_at=NOW + timedelta(hours=24),
    jti=new_secret_token(),
    typ="qr",
    iss=str(uuid4()),
)
HEADER = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": PRIVATE.kid}
MEMBERS = json.loads(CLAIMS.to_json())


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def mint(header: object = HEADER, payload: bytes = CLAIMS.to_json(), *, cek: bytes | None = None) -> str:
    """A token made by hand from RFC 7516 and the public key alone, as a forger would."""
    cek = os.urandom(32) if cek is None else cek
    first = b64(header if isinstance(header, bytes) else json.dumps(header).encode())
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    wrapped = PRIVATE.public.jwk.public_key.encrypt(cek, oaep)
    iv = os.urandom(12)
    sealed = AESGCM(cek).encrypt(iv, payload, first.encode())
    return ".".join([first, b64(wrapped), b64(iv), b64(sealed[:-16]), b64(sealed[-16:])])


def claims_with(**changes: object) -> bytes:
    return json.dumps(MEMBERS | changes).encode()


def refuse(token: str, keyring: TokenKeyring = KEYRING) -> None:
    with pytest.raises(TokenError) as refusal:
        open_token(token, keyring)
    assert str(refusal.value) == "the token is not acceptable"
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


def test_opens_what_it_sealed() -> None:
    token = seal_claims(CLAIMS, KEYRING.public_key)
    assert open_token(token, KEYRING) == CLAIMS
    assert token != seal_claims(CLAIMS, KEYRING.public_key)
    head = token.split(".")[0]
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == HEADER


def test_opens_what_another_implementation_made() -> None:
    assert open_token(mint(), KEYRING) == CLAIMS


def test_seals_the_policys_claims_in_the_policys_form() -> None:
    assert {
        "patient_uuid": str(CLAIMS.patient_uuid),
        "record_ids": [str(record) for record in CLAIMS.record_ids],
        "created_at": "2026-03-01T12:00:00Z",
        "expires_at": "2026-03-02T12:00:00Z",
        "jti": CLAIMS.jti,
        "typ": "qr",
        "iss": CLAIMS.iss,
    } == MEMBERS


@settings(max_examples=25, deadline=None)
@given(
    records=st.lists(st.uuids(), min_size=1, max_size=MAX_RECORD_IDS, unique=True),
    created=st.integers(-(2 * 10**9), 2 * 10**11).map(lambda t: datetime.fromtimestamp(t, UTC)),
    seconds=st.integers(1, 10**9),
    typ=st.sampled_from(["qr", "url"]),
)
def test_opens_any_claims_it_sealed(records, created, seconds, typ) -> None:
    claims = replace(
        CLAIMS,
        record_ids=tuple(records),
        created_at=created,
        expires_at=created + timedelta(seconds=seconds),
        typ=typ,
        jti=new_secret_token(),
    )
    assert open_token(seal_claims(claims, KEYRING.public_key), KEYRING) == claims


@pytest.mark.slow
def test_fits_the_largest_selection_into_the_largest_key() -> None:
    keyring = TokenKeyring(load_private_key(generate_rsa_pair(4096)[0]))
    claims = replace(CLAIMS, record_ids=tuple(uuid4() for _ in range(MAX_RECORD_IDS)), iss="x" * 64)
    token = seal_claims(claims, keyring.public_key)
    assert len(token) <= MAX_TOKEN_CHARS
    assert open_token(token, keyring) == claims


@pytest.mark.parametrize(
    "header",
    [
        HEADER | {"zip": "DEF"},
        HEADER | {"crit": ["exp"], "exp": 1},
        HEADER | {"jku": "https://example.org/keys"},
        HEADER | {"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}},
        HEADER | {"p2c": 10**9},
        HEADER | {"typ": "JWE"},
        HEADER | {"cty": "JWT"},
        HEADER | {"alg": "RSA-OAEP"},
        HEADER | {"alg": "RSA1_5"},
        HEADER | {"alg": "dir"},
        HEADER | {"alg": None},
        HEADER | {"enc": "A128GCM"},
        HEADER | {"enc": "A256CBC-HS512"},
        HEADER | {"enc": ["A256GCM"]},
        HEADER | {"kid": "another"},
        HEADER | {"kid": 5},
        HEADER | {"kid": [PRIVATE.kid]},
        {"alg": "RSA-OAEP-256", "enc": "A256GCM"},
        {"enc": "A256GCM", "kid": PRIVATE.kid},
        {},
        [],
        "text",
        None,
        b"{",
        b"[" * 2500,
        b"\xff\xfe{\x00}\x00",
        json.dumps(HEADER)[:-1].encode() + b', "alg": "RSA-OAEP-256"}',
        json.dumps(HEADER).encode("utf-16"),
    ],
    ids=lambda _: "header",
)
def test_refuses_any_other_header(header: object) -> None:
    refuse(mint(header))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"not json",
        b"[" * 1500,
        CLAIMS.to_json() + b" x",
        CLAIMS.to_json().replace(b'"typ":"qr"', b'"typ":"qr","typ":"qr"'),
        claims_with(admin=True),
        *(json.dumps({k: v for k, v in MEMBERS.items() if k != name}).encode() for name in MEMBERS),
        *(claims_with(**{name: None}) for name in MEMBERS),
        *(claims_with(**{name: 5}) for name in MEMBERS),
        claims_with(patient_uuid=MEMBERS["patient_uuid"].upper().replace("A", "a") + " "),
        claims_with(patient_uuid=MEMBERS["patient_uuid"].replace("-", "")),
        claims_with(patient_uuid="{" + MEMBERS["patient_uuid"] + "}"),
        claims_with(patient_uuid="urn:uuid:" + MEMBERS["patient_uuid"]),
        claims_with(patient_uuid="ABCDEF00-0000-4000-8000-000000000000"),
        claims_with(patient_uuid="not a uuid"),
        claims_with(record_ids=[]),
        claims_with(record_ids=MEMBERS["record_ids"][0]),
        claims_with(record_ids=[5]),
        claims_with(record_ids=[MEMBERS["record_ids"][0]] * 2),
        claims_with(record_ids={MEMBERS["record_ids"][0]: 1}),
        claims_with(record_ids=list(range(MAX_RECORD_IDS + 1))),
        claims_with(created_at="2026-03-01T12:00:00+00:00"),
        claims_with(created_at="2026-03-01T12:00:00"),
        claims_with(created_at="2026-03-01T12:00:00.5Z"),
        claims_with(created_at="2026-03-01 12:00:00Z"),
        claims_with(created_at="2026-02-30T12:00:00Z"),
        claims_with(created_at="2026-03-01T12:00:60Z"),
        claims_with(created_at="2026-03-01T12:00:00Z\n"),
        claims_with(created_at="٢٠٢٦-03-01T12:00:00Z"),
        claims_with(created_at=1772366400),
        claims_with(created_at=MEMBERS["expires_at"]),
        claims_with(expires_at="2026-02-01T12:00:00Z"),
        claims_with(jti="short"),
        claims_with(jti=MEMBERS["jti"] + "="),
        claims_with(jti="!" * 43),
        claims_with(jti=b64(bytes(31))),
        claims_with(jti=b64(bytes(33))),
        claims_with(typ="QR"),
        claims_with(typ=""),
        claims_with(iss=""),
        claims_with(iss="x" * 65),
        claims_with(iss="two words"),
        claims_with(iss="ünï"),
    ],
    ids=lambda _: "claims",  # what they say is random
)
def test_refuses_any_other_claims(payload: bytes) -> None:
    refuse(mint(payload=payload))


def test_refuses_text_that_is_no_token() -> None:
    whole = mint()
    parts = whole.split(".")
    for text in (
        "",
        ".",
        "....",
        ".....",
        "x" * 50,
        ".".join(parts[:4]),
        whole + ".",
        whole + "." + parts[4],
        whole + "=",
        " " + whole,
        whole + "\n",
        whole.replace(".", " ", 1),
        whole.replace(parts[2], parts[2] + "AAAA"),
        ".".join([parts[0], "", *parts[2:]]),
        ".".join([*parts[:4], parts[4][:-2]]),
        ".".join([*parts[:3], "", parts[4]]),
        "é" + whole[1:],
        "\ud800" + whole[1:],
    ):
        refuse(text)


def test_refuses_every_changed_character() -> None:
    token = mint()
    for at in range(0, len(token), 7):
        changed = "A" if token[at] != "A" else "B"
        refuse(token[:at] + changed + token[at + 1 :])


def test_refuses_spare_bits_at_the_end_of_a_part() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = mint()
    assert len(token.split(".")[4]) == 22  # 16 bytes: four spare bits
    spare = alphabet[alphabet.index(token[-1]) ^ 1]
    refuse(token[:-1] + spare)


def test_refuses_parts_of_two_tokens() -> None:
    one, two = mint().split("."), mint().split(".")
    for at in range(1, 5):
        refuse(".".join([*one[:at], two[at], *one[at + 1 :]]))


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_refuses_a_content_key_of_another_length(length: int, monkeypatch) -> None:
    real = AESGCM.generate_key(256)
    token = mint(cek=real)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    wrapped = PRIVATE.public.jwk.public_key.encrypt(bytes(length), oaep)
    parts = token.split(".")
    refuse(".".join([parts[0], b64(wrapped), *parts[2:]]))


def test_uses_the_private_key_only_for_tokens_of_the_right_form(monkeypatch) -> None:
    used = []
    real = tokens.jwe.decrypt_compact
    monkeypatch.setattr(tokens.jwe, "decrypt_compact", lambda *a, **k: used.append(1) or real(*a, **k))
    whole = mint()
    refuse(whole + "A" * (MAX_TOKEN_CHARS + 1 - len(whole)))
    refuse(mint(HEADER | {"zip": "DEF"}))
    refuse(mint(HEADER | {"kid": "another"}))
    refuse(whole.replace(whole.split(".")[1], "AAAA"))
    assert used == []
    open_token(whole, KEYRING)
    assert used == [1]


def test_refuses_a_token_of_more_than_4096_characters() -> None:
    padded = mint(payload=CLAIMS.to_json() + b" " * 2500)
    assert len(padded) > MAX_TOKEN_CHARS
    refuse(padded)
    assert open_token(mint(payload=CLAIMS.to_json() + b" " * 1500), KEYRING) == CLAIMS


def test_opens_tokens_of_retired_keys_and_of_no_others() -> None:
    new, stranger = (load_private_key(generate_rsa_pair()[0]) for _ in range(2))
    rotated = TokenKeyring(new, [PRIVATE])
    assert rotated.kids == (new.kid, PRIVATE.kid)
    assert rotated.primary_kid == rotated.public_key.kid == new.kid
    assert open_token(mint(), rotated) == CLAIMS
    assert open_token(seal_claims(CLAIMS, rotated.public_key), rotated) == CLAIMS
    refuse(mint(), TokenKeyring(new))
    refuse(seal_claims(CLAIMS, stranger.public), rotated)
    refuse(mint(HEADER | {"kid": new.kid}), rotated)  # names one key, sealed for another
    with pytest.raises(KeyMaterialError, match="occurs twice"):
        TokenKeyring(new, [new])


def test_names_a_key_by_its_rfc_7638_thumbprint() -> None:
    numbers = PRIVATE.public.jwk.public_key.public_numbers()
    members = {"e": b64(numbers.e.to_bytes(3, "big")), "kty": "RSA", "n": b64(numbers.n.to_bytes(256, "big"))}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    assert PRIVATE.kid == b64(hashlib.sha256(text.encode()).digest())
    assert load_public_key(PEMS[1]).kid == PRIVATE.kid == RSAKey.import_key(PEMS[1]).thumbprint()


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": NOW.replace(tzinfo=None)},
        {"expires_at": (NOW + timedelta(1)).astimezone(timezone(timedelta(hours=1)))},
        {"created_at": NOW.replace(microsecond=1)},
        {"expires_at": NOW},
        {"record_ids": ()},
        {"record_ids": tuple(uuid4() for _ in range(MAX_RECORD_IDS + 1))},
        {"record_ids": (CLAIMS.patient_uuid, CLAIMS.patient_uuid)},
        {"jti": "short"},
        {"typ": "sms"},
        {"iss": ""},
    ],
)
def test_makes_no_claims_that_it_would_not_open(changes: dict) -> None:
    with pytest.raises(TokenError):
        replace(CLAIMS, **changes)


def test_prints_neither_jti_nor_ids() -> None:
    for secret in (CLAIMS.jti, str(CLAIMS.patient_uuid), str(CLAIMS.record_ids[0])):
        assert secret not in repr(CLAIMS)
    assert "qr" in repr(CLAIMS)


def test_knows_a_token_by_the_hash_of_its_jti() -> None:
    assert CLAIMS.jti_hash == hashlib.sha256(CLAIMS.jti.encode()).digest() == token_hash(CLAIMS.jti)
    assert token_hash("\ud800") != token_hash("?")  # what a stranger sends hashes, whatever it is


def test_makes_secret_tokens_of_32_bytes() -> None:
    made = {new_secret_token() for _ in range(100)}
    assert len(made) == 100
    assert {len(text) for text in made} == {43}


def test_compares_secrets() -> None:
    assert same(b"a", b"a")
    assert not same(b"a", b"b")
    assert not same(b"a", b"aa")


def test_shows_nothing_of_a_private_key() -> None:
    for holder in (PRIVATE, KEYRING):
        with pytest.raises(TypeError):
            pickle.dumps(holder)
    assert repr(PRIVATE) == f"TokenPrivateKey(kid={PRIVATE.kid}, ****)"
    assert repr(KEYRING) == f"TokenKeyring(primary={PRIVATE.kid}, keys=1)"
    assert repr(PRIVATE.public) == f"TokenPublicKey(kid={PRIVATE.kid})"
