"""Changing a share that has been given out."""

from datetime import timedelta, timezone

import pytest
from tests.sharing.making import ANYBODY, issue_in_the_past, log_of

from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import InvalidInputError, NotFoundError
from chartkeep.sharing.errors import ShareOverError, ShareRefusedError
from chartkeep.sharing.flows import edit, revoke, view
from chartkeep.sharing.models import Share
from chartkeep.sharing.queries import get_share


def test_moves_the_expiry_in_both_directions(alice, share, open_share):
    made = share()
    for wanted in (made.created_at + timedelta(minutes=5), made.created_at + timedelta(days=7)):
        assert edit.edit(actor=alice.actor, share=made.id, expires_at=wanted).expires_at == wanted
    assert open_share(made).share == made.id  # the printed code follows


def test_takes_a_time_of_any_zone_in_whole_seconds(alice, share):
    made = share()
    wanted = made.created_at + timedelta(hours=30)
    local = wanted.astimezone(timezone(timedelta(hours=5))) + timedelta(milliseconds=600)
    changed = edit.edit(actor=alice.actor, share=made.id, expires_at=local)
    assert changed.expires_at == wanted
    assert changed.expires_at.utcoffset() == timedelta()


def test_refuses_a_time_that_cannot_be(alice, share):
    made = share()
    for wanted in (
        made.created_at + timedelta(days=7, seconds=1),
        made.created_at - timedelta(hours=1),
        made.created_at + timedelta(seconds=59),
        database_now() - timedelta(seconds=1),
        (made.created_at + timedelta(hours=1)).replace(tzinfo=None),
    ):
        with pytest.raises(InvalidInputError, match="revoke"):
            edit.edit(actor=alice.actor, share=made.id, expires_at=wanted)
    assert get_share(actor=alice.actor, share=made.id).expires_at == made.expires_at


def test_opens_an_expired_share_again(alice, share, open_share, monkeypatch):
    issue_in_the_past(monkeypatch, timedelta(hours=25))
    made = share()
    wanted = made.created_at + timedelta(days=2)
    assert edit.edit(actor=alice.actor, share=made.id, expires_at=wanted).state == "active"
    assert open_share(made).share == made.id


def test_ends_a_running_session_by_shortening(alice, share, viewer, monkeypatch):
    issue_in_the_past(monkeypatch, timedelta(hours=1))
    made = share()
    looking = viewer(made)
    Share.objects.filter(uuid=made.id).update(expires_at=database_now() - timedelta(seconds=1))
    with pytest.raises(ShareRefusedError):
        view.shared_records(actor=looking)


def test_never_revives_a_revoked_share(alice, share):
    made = share()
    revoke.revoke(actor=alice.actor, share=made.id)
    for facts in ({"expires_at": made.created_at + timedelta(days=3)}, {"label": "x"}, {}):
        with pytest.raises(ShareOverError):
            edit.edit(actor=alice.actor, share=made.id, **facts)


def test_never_unlocks_a_locked_share(alice, share):
    made = share(passcode="4711")
    Share.objects.filter(uuid=made.id).update(wrong_passcodes=10)
    changed = edit.edit(actor=alice.actor, share=made.id, expires_at=made.created_at + timedelta(days=3))
    assert changed.state == "locked"


def test_changes_and_empties_the_label(alice, share):
    made = share(label="For Dr. Dana")
    assert edit.edit(actor=alice.actor, share=made.id, label="For Bob").label == "For Bob"
    assert edit.edit(actor=alice.actor, share=made.id, label="").label == ""
    with pytest.raises(InvalidInputError):
        edit.edit(actor=alice.actor, share=made.id, label="x" * 81)


def test_changes_the_limit_of_openings(alice, share, open_share):
    made = share(max_access_count=1)
    open_share(made)
    raised = edit.edit(actor=alice.actor, share=made.id, max_access_count=2)
    assert (raised.max_access_count, raised.state) == (2, "active")
    open_share(made, key="another-client-s-key")
    assert edit.edit(actor=alice.actor, share=made.id, max_access_count=None).max_access_count is None
    for limit in (0, 1):
        with pytest.raises(InvalidInputError):
            edit.edit(actor=alice.actor, share=made.id, max_access_count=limit)
    assert edit.edit(actor=alice.actor, share=made.id, max_access_count=2).state == "exhausted"


def test_logs_what_was_changed_and_nothing_when_nothing_was(alice, child, share):
    made = share()
    later = made.created_at + timedelta(days=2)
    edit.edit(actor=alice.actor, share=made.id, expires_at=later, max_access_count=5, label="Secret")
    edit.edit(actor=alice.actor, share=made.id, max_access_count=None)
    edit.edit(actor=alice.actor, share=made.id)
    first, second = log_of(child, "share:edit")
    assert first.details == {
        "expires_at": later.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "max_access_count": "5",
        "label": "changed",
    }
    assert second.details == {"max_access_count": ""}


@pytest.mark.parametrize("name", ["bob", "charlie", "dana", "ada"])
def test_lets_nobody_else_change_or_revoke_it(request, share, name):
    made, actor = share(), request.getfixturevalue(name).actor
    for act in (edit.edit, revoke.revoke):
        for somebody in (actor, ANYBODY):
            with pytest.raises(NotFoundError):
                act(actor=somebody, share=made.id)


def test_lets_an_editor_change_and_revoke_it(erin, share):
    made = share()
    assert edit.edit(actor=erin.actor, share=made.id, label="Erin").label == "Erin"
    assert revoke.revoke(actor=erin.actor, share=made.id).state == "revoked"


def test_revokes_once_however_often_asked(alice, child, share, open_share):
    made = share()
    first = revoke.revoke(actor=alice.actor, share=made.id)
    again = revoke.revoke(actor=alice.actor, share=made.id)
    assert first.revoked_at is not None
    assert again.revoked_at == first.revoked_at
    assert len(log_of(child, "share:revoke")) == 1
