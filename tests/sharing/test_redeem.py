"""Opening a share: what counts, what is refused, what the owner learns."""

from datetime import timedelta

import pytest
from tests.sharing.making import ANYBODY, KEY, issue_in_the_past, log_of, refusals_of, row_of

from chartkeep.crypto.claims import token_hash
from chartkeep.keyring.models import VaultKey
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import InvalidInputError
from chartkeep.sharing.errors import ClinicianRequiredError, ShareRefusedError
from chartkeep.sharing.flows import redeem, revoke
from chartkeep.sharing.models import Share, ViewerSession


@pytest.mark.parametrize("method", ["qr", "url"])
def test_opens_counts_and_logs(child, share, open_share, method):
    made = share(method=method)
    opened = open_share(made, recipient="Dr.  Who,\nHillside")
    assert opened.share == made.id
    assert row_of(made).access_count == 1
    (entry,) = log_of(child, "share:redeem")
    assert (entry.outcome, entry.share, entry.actor_kind) == ("ok", made.id, "anonymous")
    assert entry.details == {"opening": "1", "recipient": "Dr. Who, Hillside"}
    assert (entry.address, entry.user_agent) == ("198.51.100.9", "Safari")


def test_gives_half_an_hour_at_most(share, open_share):
    opened = open_share(share())
    left = opened.expires_at - database_now()
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)


def test_never_gives_more_than_the_share_has_left(share, open_share):
    made = share(expires_in=timedelta(minutes=1))
    assert open_share(made).expires_at == made.expires_at


def test_keeps_only_hashes_of_secret_and_key_and_seals_the_recipient(share, open_share):
    opened = open_share(share(), recipient="Dr. Who")
    session = ViewerSession.objects.get()
    assert session.uuid == opened.session
    assert bytes(session.secret_hash) == token_hash(opened.secret)
    assert KEY.encode() not in bytes(session.idempotency_hash)
    assert b"Who" not in bytes(session.recipient)
    assert opened.secret.encode() not in bytes(session.secret_copy)
    assert opened.secret not in repr(opened)


def test_counts_up_to_the_limit(child, share, open_share):
    made = share(max_access_count=2)
    for number in range(2):
        open_share(made, key=f"client-key-number-{number}")
    with pytest.raises(ShareRefusedError):
        open_share(made, key="client-key-number-2")
    assert row_of(made).access_count == 2
    assert refusals_of(child) == ["exhausted"]
    assert [entry.details.get("opening") for entry in log_of(child, "share:redeem")] == ["1", "2", None]


def test_refuses_a_revoked_share(alice, child, share, open_share, secrets_of):
    made = share()
    secrets_of(made)
    revoke.revoke(actor=alice.actor, share=made.id)
    with pytest.raises(ShareRefusedError):
        open_share(made, recipient="Mallory")
    (entry,) = log_of(child, "share:redeem")
    assert (entry.outcome, entry.reason, entry.share) == ("refused", "revoked", made.id)
    assert entry.details == {"recipient": "Mallory"}


def test_refuses_an_expired_share_by_the_clock_of_the_database(
    child, share, open_share, secrets_of, monkeypatch
):
    issue_in_the_past(monkeypatch, timedelta(hours=23, minutes=59))
    made = share()
    secrets_of(made)
    assert open_share(made).share == made.id
    Share.objects.filter(uuid=made.id).update(expires_at=database_now() - timedelta(seconds=1))
    with pytest.raises(ShareRefusedError):
        open_share(made, key="another-client-s-key")
    assert refusals_of(child) == ["expired"]


@pytest.mark.parametrize(
    "key", ["", "x" * 15, "x" * 129, "with spaces inside it", "ключ-из-букв-не-ascii", "\ud800" * 20]
)
def test_wants_an_idempotency_key_of_16_to_128_signs(share, open_share, key):
    made = share()
    with pytest.raises(InvalidInputError) as refused:
        open_share(made, key=key)
    assert refused.value.facts["field"] == "idempotency_key"
    assert row_of(made).access_count == 0


@pytest.mark.parametrize("key", ["x" * 16, "~" * 128])
def test_takes_the_shortest_and_the_longest_key(share, open_share, key):
    assert open_share(share(), key=key)


def test_refuses_a_recipient_that_is_too_long(share, open_share):
    made = share()
    with pytest.raises(InvalidInputError) as refused:
        open_share(made, recipient="x" * 201)
    assert refused.value.facts["field"] == "recipient"


def test_opens_for_confirmed_clinicians_only_when_so_wished(child, share, open_share, dana, bob):
    made = share(clinicians_only=True)
    for actor in (ANYBODY, bob.actor):
        with pytest.raises(ClinicianRequiredError):
            open_share(made, actor=actor)
    assert refusals_of(child) == ["not_a_clinician"] * 2
    assert open_share(made, actor=dana.actor).share == made.id
    assert row_of(made).access_count == 1
    *_, entry = log_of(child, "share:redeem")
    assert (entry.actor_kind, entry.actor) == ("user", dana.id)


def test_asks_for_a_clinician_before_the_passcode_so_that_nobody_else_uses_its_tries_up(share, open_share):
    made = share(clinicians_only=True, passcode="4711")
    with pytest.raises(ClinicianRequiredError):
        open_share(made, passcode="0000")
    assert row_of(made).wrong_passcodes == 0


def test_tells_only_the_holder_of_a_live_token_that_a_clinician_is_wanted(
    alice, share, open_share, secrets_of
):
    made = share(clinicians_only=True, passcode="4711")
    secrets_of(made)
    revoke.revoke(actor=alice.actor, share=made.id)
    with pytest.raises(ShareRefusedError):
        open_share(made)


def test_refuses_when_the_patient_s_key_was_destroyed(child, share, open_share, secrets_of):
    made = share()
    secrets_of(made)
    VaultKey.objects.filter(owner=child.id).update(destroyed_at=database_now())
    with pytest.raises(ShareRefusedError):
        open_share(made)


def test_counts_nothing_when_the_log_cannot_be_written(share, open_share, monkeypatch):
    def fails(**_):
        raise OSError("disk full")

    made = share()
    monkeypatch.setattr(redeem, "log", fails)
    with pytest.raises(OSError, match="disk full"):
        open_share(made)
    assert row_of(made).access_count == 0
    assert not ViewerSession.objects.exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"revoked_at": database_now}, "revoked"),
        ({"access_count": lambda: 3}, "exhausted"),
        ({"wrong_passcodes": lambda: 10}, "locked"),
    ],
)
def test_refuses_what_happened_after_the_first_look(child, share, open_share, monkeypatch, change, reason):
    made = share(max_access_count=3)
    look = redeem.state_of
    ((column, value),) = change.items()

    def then_it_happens(row, now):
        state = look(row, now)
        Share.objects.filter(uuid=row.uuid).update(**{column: value()})
        return state

    monkeypatch.setattr(redeem, "state_of", then_it_happens)
    with pytest.raises(ShareRefusedError):
        open_share(made)
    assert refusals_of(child) == [reason]
    assert not ViewerSession.objects.exists()


def test_binds_the_session_to_the_account_of_who_opened_it(share, open_share, dana):
    open_share(share(), actor=dana.actor)
    assert ViewerSession.objects.get().user_id == dana.id
