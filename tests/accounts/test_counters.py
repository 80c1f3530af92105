"""The shared cache: what Django promises, across threads, and nothing readable."""

import threading
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from chartkeep.accounts.flows.tidy import tidy
from chartkeep.accounts.models import Invitation, RefreshToken, SharedCounter
from chartkeep.lib.clock import database_now
from chartkeep.lib.ids import new_id


@pytest.mark.parametrize("value", [1, 0, "text", [1.5, 2], {"a": None}, None, True])
def test_gives_back_what_was_set(db, value):
    cache.set("key", value)
    assert cache.get("key", "missing") == value
    cache.set("key", "other")
    assert cache.get("key") == "other"


def test_gives_the_default_for_what_is_absent_or_over(db):
    cache.set("key", 1, timeout=60)
    SharedCounter.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert cache.get("key", "over") == "over"
    assert cache.add("key", 2)
    assert cache.get("key") == 2


def test_adds_once_counts_touches_and_deletes(db):
    assert cache.add("key", 1, timeout=None)
    assert not cache.add("key", 5)
    assert cache.incr("key", 2) == 3
    assert cache.touch("key", 60)
    assert not cache.touch("absent")
    assert cache.delete("key")
    assert not cache.delete("key")
    with pytest.raises(ValueError, match="no such counter"):
        cache.incr("key")
    cache.set("a", 1)
    cache.clear()
    assert cache.get("a") is None


def test_counts_every_one_of_many_at_once(transactional_db):
    cache.set("key", 0)
    added = []

    def count():
        try:
            for _ in range(5):
                cache.incr("key")
            added.append(cache.add("once", 1))
        finally:
            connection.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.get("key") == 20
    assert sorted(added) == [False, False, False, True]


def test_tidies_away_what_is_over_and_nothing_else(alice):
    past, future = database_now() - timedelta(days=31), database_now() + timedelta(days=1)
    for moment in (past, future):
        RefreshToken.objects.create(jti=new_id(), user_id=alice.id, expires_at=moment)
        Invitation.objects.create(token_hash=new_id().bytes, created_at=past, expires_at=moment)
    cache.set("old", 1)
    SharedCounter.objects.update(expires_at=past)
    cache.set("new", 1)
    report = tidy()
    assert (report.tokens, report.counters, report.invitations, report.mails) == (1, 1, 1, 0)
    assert cache.get("new") == 1
    assert tidy().tokens == 0
