"""Making a share."""

from datetime import timedelta

import pytest
from tests.cast import make_patient
from tests.records.making import add
from tests.sharing.making import ANYBODY, log_of, make_share, row_of, secret_of

from chartkeep.crypto.claims import token_hash
from chartkeep.crypto.tokens import generate_rsa_pair, open_token
from chartkeep.keyring.vaults import deployment_id
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import InvalidInputError, NotFoundError
from chartkeep.lib.ids import new_id
from chartkeep.records.flows.trash import trash
from chartkeep.sharing.details import ShareRequest
from chartkeep.sharing.flows import create, show
from chartkeep.sharing.models import Share
from chartkeep.wiring import forget, token_keyring


def link_of(person, made) -> str:
    return show.link(actor=person.actor, share=made.id)


def test_puts_the_policy_s_claims_into_the_code_and_nothing_else(alice, child, share, records):
    made = share()
    claims = open_token(secret_of(link_of(alice, made))["token"], token_keyring())
    assert claims.patient_uuid == child.id
    assert claims.record_ids == tuple(record.id for record in records)
    assert (claims.created_at, claims.expires_at) == (made.created_at, made.expires_at)
    assert (claims.typ, claims.iss) == ("qr", str(deployment_id()))
    assert claims.jti_hash == bytes(row_of(made).jti_hash)


def test_never_stores_the_token_of_a_code(alice, share):
    made = share()
    token = secret_of(link_of(alice, made))["token"].encode()
    row = row_of(made)
    assert (row.stored_token, row.token_id_hash) == ("", None)
    for part in (token, *token.split(b".")[1:]):
        assert part not in bytes(row.owner_copy)


def test_stores_the_encrypted_token_of_a_link_and_only_the_hash_of_its_id(alice, share, records):
    made = share(method="url")
    token_id = secret_of(link_of(alice, made))["token_id"]
    row = row_of(made)
    assert bytes(row.token_id_hash) == token_hash(token_id)
    claims = open_token(row.stored_token, token_keyring())
    assert (claims.typ, claims.record_ids) == ("url", tuple(record.id for record in records))
    assert token_id.encode() not in bytes(row.owner_copy)


def test_lasts_24_hours_unless_told_otherwise_by_the_clock_of_the_database(share):
    made = share()
    assert made.expires_at - made.created_at == timedelta(hours=24)
    assert made.created_at.microsecond == 0
    assert timedelta() <= database_now() - made.created_at < timedelta(seconds=10)


@pytest.mark.parametrize("lifetime", [timedelta(minutes=1), timedelta(days=7), timedelta(seconds=90.7)])
def test_lasts_as_long_as_wished_in_whole_seconds(share, lifetime):
    made = share(expires_in=lifetime)
    assert made.expires_at - made.created_at == timedelta(seconds=int(lifetime.total_seconds()))


def test_says_what_was_made(share, child, records):
    made = share(max_access_count=3, passcode="4711", clinicians_only=True, label=" For  Dr. Dana\n")
    assert (made.patient, made.method, made.state) == (child.id, "qr", "active")
    assert made.record_ids == tuple(record.id for record in records)
    assert (made.max_access_count, made.access_count) == (3, 0)
    assert (made.has_passcode, made.locked, made.clinicians_only) == (True, False, True)
    assert (made.label, made.revoked_at) == ("For Dr. Dana", None)
    assert b"Dana" not in bytes(row_of(made).label)


def test_keeps_a_passcode_as_argon2id_only(settings, share):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    kept = row_of(share(passcode="4711-x")).passcode
    assert kept.startswith("argon2$argon2id$")
    assert "4711" not in kept


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"expires_in": timedelta(seconds=59)}, "expires_in"),
        ({"expires_in": timedelta(days=7, seconds=1)}, "expires_in"),
        ({"expires_in": timedelta(0)}, "expires_in"),
        ({"expires_in": -timedelta(hours=1)}, "expires_in"),
        ({"max_access_count": 0}, "max_access_count"),
        ({"max_access_count": -1}, "max_access_count"),
        ({"max_access_count": 10**7}, "max_access_count"),
        ({"passcode": "123"}, "passcode"),
        ({"passcode": "1" * 65}, "passcode"),
        ({"passcode": "12\x0034"}, "passcode"),
        ({"passcode": "1234\ud800"}, "passcode"),
        ({"label": "x" * 81}, "label"),
        ({"method": "fax"}, "method"),
        ({"record_ids": ()}, "record_ids"),
        ({"record_ids": tuple(new_id() for _ in range(49))}, "record_ids"),
    ],
)
def test_refuses_what_cannot_be_and_names_the_field(share, facts, field):
    with pytest.raises(InvalidInputError) as refused:
        share(**facts)
    assert refused.value.facts["field"] == field
    assert not Share.objects.exists()


@pytest.mark.parametrize("facts", [{"passcode": "1234"}, {"passcode": "é" * 64}, {"label": "x" * 80}])
def test_takes_the_longest_and_the_shortest(share, facts):
    assert share(**facts).state == "active"


def test_takes_each_record_once_and_keeps_the_order(alice, child, share, records):
    first, second, third = (record.id for record in records)
    assert share(record_ids=(third, first, third, second)).record_ids == (third, first, second)


def test_shows_more_than_twelve_records_by_a_link(alice, child, records):
    more = [*records, *[add(alice, child, b"%PDF-1.7 x", title="more") for _ in range(10)]]
    assert make_share(alice, child, more[:12]).method == "qr"
    made = make_share(alice, child, more)
    assert made.method == "url"
    assert link_of(alice, made).startswith("http://localhost:8000/s#")


def test_uses_a_link_when_longer_keys_would_make_the_code_too_fine(alice, child, records, settings, tmp_path):
    private, public = generate_rsa_pair(3072)
    (tmp_path / "private.pem").touch(mode=0o600)
    (tmp_path / "private.pem").write_bytes(private)
    (tmp_path / "public.pem").write_bytes(public)
    settings.RSA_PRIVATE_KEY_PATH = tmp_path / "private.pem"
    settings.RSA_PUBLIC_KEY_PATH = tmp_path / "public.pem"
    forget()
    more = [*records, *[add(alice, child, b"%PDF-1.7 x", title="more") for _ in range(9)]]
    assert make_share(alice, child, records).method == "qr"
    assert make_share(alice, child, more).method == "url"


def test_lets_an_editor_share(erin, child, records):
    assert make_share(erin, child, records).state == "active"


@pytest.mark.parametrize("name", ["bob", "charlie", "dana", "ada"])
def test_lets_nobody_else_share(request, child, records, name):
    with pytest.raises(NotFoundError):
        make_share(request.getfixturevalue(name), child, records)
    assert not Share.objects.exists()


def test_lets_no_stranger_and_no_viewer_share(child, records, viewer):
    looking = viewer()
    shares = Share.objects.count()
    wanted = ShareRequest(patient=child.id, record_ids=(records[0].id,))
    for actor in (ANYBODY, looking):
        with pytest.raises(NotFoundError):
            create.create(actor=actor, request=wanted)
    assert Share.objects.count() == shares


def test_shares_records_of_this_patient_only(alice, child, alice_self, records):
    hers = add(alice, alice_self)
    with pytest.raises(NotFoundError):
        make_share(alice, child, [*records, hers])
    with pytest.raises(NotFoundError):
        make_share(alice, make_patient(alice, "Third"), records)


def test_shares_nothing_out_of_the_trash_and_nothing_unknown(alice, child, records, share):
    trash(actor=alice.actor, record=records[1].id)
    with pytest.raises(NotFoundError):
        make_share(alice, child, records)
    with pytest.raises(NotFoundError):
        share(record_ids=(new_id(),))


def test_writes_it_to_the_patient_s_log(alice, child, share):
    made = share(method="url")
    (entry,) = log_of(child)
    assert (entry.tag, entry.actor, entry.share, entry.outcome) == ("share:create", alice.id, made.id, "ok")
    assert entry.details == {"method": "url", "records": "3"}


def test_makes_nothing_when_the_log_cannot_be_written(share, monkeypatch):
    def fails(**_):
        raise OSError("disk full")

    monkeypatch.setattr(create, "log", fails)
    with pytest.raises(OSError, match="disk full"):
        share()
    assert not Share.objects.exists()
