"""A client that lost the answer repeats its request with the same key."""

from datetime import timedelta

import pytest
from tests.cast import make_person
from tests.sharing.making import ANYBODY, KEY, log_of, refusals_of, row_of, shift_sessions

from chartkeep.lib.errors import ChartkeepError
from chartkeep.sharing.errors import PasscodeRequiredError, ShareRefusedError
from chartkeep.sharing.flows import revoke, view
from chartkeep.sharing.models import Share, ViewerSession


def actor_of(opened):
    return view.viewer(secret=opened.secret, origin=ANYBODY.origin)


def test_gives_the_same_session_again_and_counts_once(child, share, open_share):
    made = share()
    first, again = open_share(made), open_share(made)
    assert again == first
    assert row_of(made).access_count == 1
    assert view.shared_records(actor=actor_of(again)).records
    assert [entry.details.get("repeated") for entry in log_of(child, "share:redeem")] == [None, "yes"]


def test_gives_it_again_to_the_one_who_used_the_share_up(share, open_share):
    made = share(max_access_count=1)
    open_share(made)
    assert actor_of(open_share(made))
    with pytest.raises(ShareRefusedError):
        open_share(made, key="another-client-s-key")


def test_counts_another_key_and_another_share_by_themselves(share, open_share):
    one, other = share(), share()
    sessions = {open_share(made, key=key).session for made in (one, other) for key in (KEY, KEY + "-2")}
    assert len(sessions) == 4
    assert [row_of(made).access_count for made in (one, other)] == [2, 2]


def test_gives_it_again_within_two_minutes_only(child, share, open_share):
    made = share()
    open_share(made)
    shift_sessions(made, timedelta(seconds=110))
    assert open_share(made)
    shift_sessions(made, timedelta(seconds=11))
    with pytest.raises(ShareRefusedError):
        open_share(made)
    assert row_of(made).access_count == 1
    assert refusals_of(child) == ["replayed"]
    assert open_share(made, key="a-fresh-key-is-counted")
    assert row_of(made).access_count == 2


def test_gives_it_to_nobody_else(child, share, open_share, dana):
    made = share()
    open_share(made)
    for actor in (dana.actor, make_person("frank").actor):
        with pytest.raises(ShareRefusedError):
            open_share(made, actor=actor)
    assert refusals_of(child) == ["replayed"] * 2


def test_revives_no_session_that_was_ended(child, share, open_share):
    made = share()
    view.end(actor=actor_of(open_share(made)))
    with pytest.raises(ShareRefusedError):
        open_share(made)
    assert refusals_of(child) == ["replayed"]


@pytest.mark.parametrize("reason", ["revoked", "locked"])
def test_refuses_a_repeat_when_the_share_is_over(alice, child, share, open_share, reason):
    made = share()
    open_share(made)
    if reason == "revoked":
        revoke.revoke(actor=alice.actor, share=made.id)
    else:
        Share.objects.filter(uuid=made.id).update(wrong_passcodes=10)
    with pytest.raises(ShareRefusedError):
        open_share(made)
    assert refusals_of(child) == [reason]


def test_refuses_a_repeat_that_is_overtaken_by_a_revocation(alice, child, share, open_share, monkeypatch):
    from chartkeep.sharing.flows import redeem

    made = share()
    open_share(made)
    look = redeem._opening

    def then_it_is_revoked(*given):
        opening = look(*given)
        revoke.revoke(actor=alice.actor, share=made.id)
        return opening

    monkeypatch.setattr(redeem, "_opening", then_it_is_revoked)
    with pytest.raises(ShareRefusedError):
        open_share(made)
    assert refusals_of(child) == ["revoked"]


def test_asks_for_the_passcode_again(share, open_share):
    made = share(passcode="4711", max_access_count=1)
    open_share(made, passcode="4711")
    with pytest.raises(PasscodeRequiredError):
        open_share(made)
    assert open_share(made, passcode="4711")


def test_follows_a_shortened_share(alice, share, open_share):
    from chartkeep.sharing.flows import edit

    made = share()
    first = open_share(made)
    soon = made.created_at + timedelta(minutes=2)
    edit.edit(actor=alice.actor, share=made.id, expires_at=soon)
    again = open_share(made)
    assert again.expires_at == soon < first.expires_at


def test_refuses_the_second_of_two_sessions_with_one_key_in_the_database(share, open_share):
    from django.db import IntegrityError, transaction

    made = share()
    open_share(made)
    session = ViewerSession.objects.get()
    session.pk, session.secret_hash = made.id, b"x" * 32  # another session, with the same key
    with pytest.raises(IntegrityError), transaction.atomic():
        session.save(force_insert=True)


def test_errors_are_told_by_code(share, open_share):
    made = share(passcode="4711")
    with pytest.raises(ChartkeepError) as asked:
        open_share(made)
    assert (asked.value.code, asked.value.facts) == ("passcode_required", {"remaining": 10})
