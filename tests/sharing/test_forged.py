"""Whatever is presented that was not given out: one answer, and the true reason in the log."""

import base64
import json
from datetime import timedelta

import pytest
from joserfc import jwe
from joserfc.jwk import RSAKey
from tests.records.making import add
from tests.sharing.making import ANYBODY, KEY, make_share, refusals_of, row_of

from chartkeep.audit.models import LogEntry
from chartkeep.audit.queries import entries_for_patient
from chartkeep.crypto.claims import Claims, new_secret_token
from chartkeep.crypto.tokens import generate_rsa_pair, load_private_key, open_token, seal_claims
from chartkeep.keyring.models import Deployment
from chartkeep.keyring.vaults import system_vault
from chartkeep.lib.errors import NotFoundError
from chartkeep.lib.ids import new_id
from chartkeep.records.flows.erase import erase
from chartkeep.records.flows.trash import trash
from chartkeep.sharing.errors import ShareRefusedError
from chartkeep.sharing.flows import redeem, view
from chartkeep.sharing.models import Share, ShareRecord
from chartkeep.wiring import token_keyring


def refused(**given) -> None:
    with pytest.raises(ShareRefusedError) as answer:
        redeem.redeem(actor=ANYBODY, idempotency_key=KEY, **given)
    assert (answer.value.code, answer.value.facts) == ("share_refused", {})
    assert answer.value.__cause__ is None


def reason_of_the_last() -> str:
    """The reason of a refusal about no known share, which is sealed for the deployment."""
    entry = LogEntry.objects.filter(patient=None, tag="share:redeem").order_by("-id").first()
    page = entries_for_patient(None, sealer=system_vault().fields)
    return next(found.reason for found in page.items if found.uuid == entry.uuid)


def claims_of(token: str) -> Claims:
    return open_token(token, token_keyring())


def minted(claims: Claims, **changed) -> str:
    """A token that says what the given claims say but for the changes, made with the public key alone."""
    same = {name: getattr(claims, name) for name in Claims.__dataclass_fields__}
    return seal_claims(Claims(**(same | changed)), token_keyring().public_key)


def sealed(payload: bytes, key=None, **header) -> str:
    """A JWE with any header and payload."""
    key = key or token_keyring().public_key
    usual = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": key.kid}
    algorithms = ["RSA-OAEP-256", "RSA-OAEP", "A256GCM", "A128GCM", "A256CBC-HS512", "DEF"]
    return jwe.encrypt_compact(usual | header, payload, key.jwk, algorithms=algorithms)


@pytest.fixture
def token(share, secrets_of) -> str:
    return secrets_of(share())["token"]


def test_counts_a_token_of_its_own_words_for_nothing(token):
    refused(token=minted(claims_of(token), jti=new_secret_token()))
    assert reason_of_the_last() == "forged"


def test_believes_no_claim_that_the_row_does_not_say(alice, child, alice_self, token, records):
    claims = claims_of(token)
    other = add(alice, child)
    ids = claims.record_ids
    changes = [
        {"record_ids": (*ids, other.id)},
        {"record_ids": ids[::-1]},
        {"record_ids": ids[:1]},
        {"record_ids": (other.id,)},
        {"patient_uuid": alice_self.id},
        {"expires_at": claims.expires_at.replace(year=claims.expires_at.year + 1)},
        {"created_at": claims.created_at.replace(year=claims.created_at.year - 1)},
        {"iss": str(new_id())},
    ]
    for change in changes:
        refused(token=minted(claims, **change))
    assert refusals_of(child) == ["forged"] * len(changes)
    refused(token=minted(claims, typ="url"))
    assert refusals_of(child)[-1] == "wrong_form"
    assert Share.objects.get().access_count == 0


def test_opens_a_copy_with_the_very_same_claims(token):
    """It is the claims that count, not the ciphertext: and who knows the jti has read the code."""
    assert redeem.redeem(actor=ANYBODY, token=minted(claims_of(token)), idempotency_key=KEY)


def test_believes_no_row_that_the_token_does_not_say(alice, child, alice_self, token, records):
    other = add(alice, child)
    share = Share.objects.get()
    ShareRecord.objects.create(share=share, record_id=other.id, position=3)
    refused(token=token)
    ShareRecord.objects.filter(record_id=other.id).delete()
    for column, value in {
        "patient_id": alice_self.id,
        "token_expires_at": share.token_expires_at + timedelta(hours=1),
        "created_at": share.created_at - timedelta(hours=1),
        "claims_digest": b"x" * 32,
    }.items():
        Share.objects.update(**{column: value})
        refused(token=token)
        Share.objects.update(**{column: getattr(share, column)})
    issuer = Deployment.objects.get().uuid
    Deployment.objects.update(uuid=new_id())
    refused(token=token)
    Deployment.objects.update(uuid=issuer)
    assert redeem.redeem(actor=ANYBODY, token=token, idempotency_key=KEY)


def test_opens_nothing_with_the_stored_form_of_a_link(share, child):
    """Who stole the database has this token and no token id."""
    made = share(method="url")
    refused(token=row_of(made).stored_token)
    assert refusals_of(child) == ["wrong_form"]


def test_opens_no_link_whose_stored_token_is_another_s(share, child, secrets_of):
    made, other = share(method="url"), share(method="url")
    secrets = secrets_of(made)
    Share.objects.filter(uuid=made.id).update(stored_token=row_of(other).stored_token)
    refused(**secrets)
    assert refusals_of(child) == ["forged"]


def test_opens_no_link_whose_stored_token_was_broken(share, child, secrets_of):
    made = share(method="url")
    secrets = secrets_of(made)
    Share.objects.filter(uuid=made.id).update(stored_token=row_of(made).stored_token[:-8] + "AAAAAAAA")
    refused(**secrets)
    assert refusals_of(child) == ["malformed"]


def test_opens_no_token_of_a_key_that_is_not_here(child, share, secrets_of, token):
    foreign = load_private_key(generate_rsa_pair()[0]).public
    refused(token=seal_claims(claims_of(token), foreign))
    assert reason_of_the_last() == "wrong_key"
    made = share(method="url")
    secrets = secrets_of(made)
    claims = claims_of(row_of(made).stored_token)
    Share.objects.filter(uuid=made.id).update(stored_token=seal_claims(claims, foreign))
    refused(**secrets)
    assert refusals_of(child) == ["wrong_key"]


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "RSA-OAEP"},
        {"enc": "A128GCM"},
        {"enc": "A256CBC-HS512"},
        {"zip": "DEF"},
        {"typ": "JWT"},
        {"cty": "JWT"},
        {"jku": "https://evil.example.org/keys"},
        {"kid": ""},
    ],
    ids=str,
)
def test_plays_no_games_with_headers(token, header):
    payload = claims_of(token).to_json()
    assert claims_of(sealed(payload)) == claims_of(token)  # the same without the game is fine
    refused(token=sealed(payload, **header))
    assert reason_of_the_last() in {"malformed", "wrong_key"}


def test_takes_no_key_out_of_the_token(token):
    own = RSAKey.generate_key(2048)
    header = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": token_keyring().primary_kid}
    forged = jwe.encrypt_compact(
        header | {"jwk": own.as_dict(private=False)},
        claims_of(token).to_json(),
        own,
        algorithms=["RSA-OAEP-256", "A256GCM"],
    )
    refused(token=forged)
    assert reason_of_the_last() == "malformed"


@pytest.mark.parametrize("kid", [None, 7, ["x"], {"a": 1}])
def test_survives_a_kid_that_is_no_text(token, kid):
    header = base64.urlsafe_b64encode(json.dumps({"kid": kid}).encode()).decode().rstrip("=")
    refused(token=".".join([header, *token.split(".")[1:]]))
    assert reason_of_the_last() == "malformed"


def test_reads_no_payload_that_is_not_exactly_the_claims(token):
    claims = json.loads(claims_of(token).to_json())
    for payload in (
        b"",
        b"null",
        b"[]",
        b"\xff\xfe",
        json.dumps(claims | {"admin": True}).encode(),
        json.dumps({name: value for name, value in claims.items() if name != "jti"}).encode(),
        json.dumps(claims | {"record_ids": []}).encode(),
        json.dumps(claims | {"jti": 7}).encode(),
    ):
        refused(token=sealed(payload))
        assert reason_of_the_last() == "malformed"


def test_refuses_every_malformed_token_before_any_rsa(token, monkeypatch):
    def never(*_, **__):
        raise AssertionError("the private key was used")

    monkeypatch.setattr(jwe, "decrypt_compact", never)
    header, *rest = token.split(".")
    for mutant in (
        " ",
        "x",
        ".",
        "....",
        "ключ",
        "\x00" * 40,
        "\ud800",
        "A" * 4097,
        "A" * 10**6,
        header,
        token + ".AAAA",
        token + "=",
        token.replace(".", "", 1),
        ".".join([header, *rest[:3]]),
        ".".join(["e30", *rest]),
        ".".join([header, rest[0][:-4], *rest[1:]]),
        "http://localhost:8000/q#" + token,
    ):
        refused(token=mutant)
        assert reason_of_the_last() == "malformed"


def test_refuses_every_changed_token(token):
    for place in range(0, len(token), 97):
        letter = "A" if token[place] != "A" else "B"
        refused(token=token[:place] + letter + token[place + 1 :])
    assert Share.objects.get().access_count == 0


@pytest.mark.parametrize(
    "token_id", ["", "x", "A" * 42, "A" * 44, "A" * 42 + "=", "A" * 42 + "é", "\ud800" * 43]
)
def test_refuses_what_cannot_be_a_token_id(db, token_id):
    refused(token_id=token_id)
    assert reason_of_the_last() == "malformed"


def test_refuses_a_token_id_that_nobody_was_given(db):
    refused(token_id="A" * 43)
    assert reason_of_the_last() == "unknown"
    refused()
    assert reason_of_the_last() == "malformed"


def test_shows_the_rest_when_a_shared_record_was_erased(alice, child, records, secrets_of):
    made = make_share(alice, child, records)
    secrets = secrets_of(made)
    trash(actor=alice.actor, record=records[1].id)
    erase(actor=alice.actor, record=records[1].id)
    opened = redeem.redeem(actor=ANYBODY, idempotency_key=KEY, **secrets)
    actor = view.viewer(secret=opened.secret, origin=ANYBODY.origin)
    shown = view.shared_records(actor=actor).records
    assert [record.id for record in shown] == [records[0].id, records[2].id]
    with pytest.raises(NotFoundError):
        view.read_shared(actor=actor, record=records[1].id)
