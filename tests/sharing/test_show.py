"""Showing the code or link again."""

from datetime import timedelta

import pytest
from tests.sharing.making import ANYBODY, issue_in_the_past, log_of, row_of, secret_of

from chartkeep.lib.errors import NotFoundError
from chartkeep.lib.ids import new_id
from chartkeep.records.errors import IntegrityFailureError
from chartkeep.sharing.errors import ShareOverError
from chartkeep.sharing.flows import revoke, show
from chartkeep.sharing.models import Share


@pytest.mark.parametrize(("method", "page"), [("qr", "q"), ("url", "s")])
def test_gives_the_same_link_each_time_with_the_secret_behind_the_hash(alice, erin, share, method, page):
    made = share(method=method)
    links = {show.link(actor=person.actor, share=made.id) for person in (alice, erin)}
    (link,) = links
    assert link.startswith(f"http://localhost:8000/{page}#")
    assert len(*secret_of(link).values()) == 43 or method == "qr"


def test_logs_each_time(alice, child, share):
    made = share()
    show.link(actor=alice.actor, share=made.id)
    *_, entry = log_of(child)
    assert (entry.tag, entry.actor, entry.share) == ("share:show", alice.id, made.id)


@pytest.mark.parametrize("name", ["bob", "charlie", "dana", "ada"])
def test_shows_nobody_else_the_link(request, share, name):
    made = share()
    with pytest.raises(NotFoundError):
        show.link(actor=request.getfixturevalue(name).actor, share=made.id)


def test_shows_nothing_to_strangers_and_of_unknown_shares(alice, share):
    made = share()
    for actor, wanted in ((ANYBODY, made.id), (alice.actor, new_id())):
        with pytest.raises(NotFoundError):
            show.link(actor=actor, share=wanted)


def test_shows_no_link_that_opens_nothing(alice, child, share, open_share, monkeypatch):
    revoked, used, locked = share(), share(max_access_count=1), share(passcode="4711")
    revoke.revoke(actor=alice.actor, share=revoked.id)
    open_share(used)
    Share.objects.filter(uuid=locked.id).update(wrong_passcodes=10)
    issue_in_the_past(monkeypatch, timedelta(hours=25))
    expired = share()
    shown = len(log_of(child, "share:show"))
    for made in (revoked, used, locked, expired):
        with pytest.raises(ShareOverError):
            show.link(actor=alice.actor, share=made.id)
    assert len(log_of(child, "share:show")) == shown


def test_says_so_when_the_owner_s_copy_was_changed_or_moved(alice, share):
    made, other = share(), share()
    Share.objects.filter(uuid=made.id).update(owner_copy=row_of(other).owner_copy)
    with pytest.raises(IntegrityFailureError):
        show.link(actor=alice.actor, share=made.id)
