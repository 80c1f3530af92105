"""Many at once, on SQLite and on PostgreSQL: limits and locks hold exactly."""

import pytest
from tests.sharing.making import ANYBODY, KEY, log_of, refusals_of, row_of, together

from chartkeep.lib.actor import Actor
from chartkeep.sharing.details import Redeemed
from chartkeep.sharing.errors import PasscodeRequiredError, ShareRefusedError
from chartkeep.sharing.flows import edit, redeem, revoke, view
from chartkeep.sharing.models import ViewerSession

pytestmark = pytest.mark.slow


@pytest.fixture
def stage(transactional_db, request):
    """Everything that the threads of a test need, made in transactions that they can see."""
    return {name: request.getfixturevalue(name) for name in ("alice", "child", "share", "secrets_of")}


def openers(secrets, count, *, key="client-key-number-{}", **facts):
    return [
        lambda n=n: redeem.redeem(actor=Actor.anonymous(), **secrets, idempotency_key=key.format(n), **facts)
        for n in range(count)
    ]


def sorts(results) -> dict[type, int]:
    kinds = [type(result) for result in results]
    return {kind: kinds.count(kind) for kind in set(kinds)}


@pytest.mark.parametrize("method", ["qr", "url"])
def test_lets_exactly_five_of_64_in_at_a_limit_of_five(stage, method):
    for _ in range(3):
        made = stage["share"](max_access_count=5, method=method)
        results = together(openers(stage["secrets_of"](made), 64))
        assert sorts(results) == {Redeemed: 5, ShareRefusedError: 59}
        assert row_of(made).access_count == 5
        assert ViewerSession.objects.filter(share_id=made.id).count() == 5
    assert refusals_of(stage["child"]) == ["exhausted"] * 59 * 3
    opened = [entry for entry in log_of(stage["child"], "share:redeem") if entry.outcome == "ok"]
    assert [entry.details["opening"] for entry in opened] == ["1", "2", "3", "4", "5"] * 3


def test_gives_every_one_a_session_that_works(stage):
    made = stage["share"]()
    results = together(openers(stage["secrets_of"](made), 16))
    assert sorts(results) == {Redeemed: 16}
    assert row_of(made).access_count == 16
    for opened in results:
        assert view.viewer(secret=opened.secret, origin=ANYBODY.origin).id == opened.session


@pytest.mark.parametrize("limit", [1, None])
def test_counts_one_key_once_however_often_it_comes_at_once(stage, limit):
    made = stage["share"](max_access_count=limit)
    results = together(openers(stage["secrets_of"](made), 12, key=KEY))
    assert sorts(results) == {Redeemed: 12}
    assert len({opened.session for opened in results}) == 1
    assert row_of(made).access_count == 1
    assert all(works(opened) for opened in results)


def works(opened) -> bool:
    try:
        return bool(view.viewer(secret=opened.secret, origin=ANYBODY.origin))
    except ShareRefusedError:
        return False


def test_answers_no_more_than_ten_guesses(stage):
    made = stage["share"](passcode="4711")
    results = together(openers(stage["secrets_of"](made), 32, passcode="0000"))
    assert sorts(results) == {PasscodeRequiredError: 9, ShareRefusedError: 23}
    left = [result.facts["remaining"] for result in results if isinstance(result, PasscodeRequiredError)]
    assert sorted(left) == list(range(1, 10))
    assert row_of(made).wrong_passcodes == 10
    assert refusals_of(stage["child"]).count("wrong_passcode") == 10
    assert len(log_of(stage["child"], "share:lock")) == 1


def test_locks_nobody_out_who_knows_the_passcode(stage):
    made = stage["share"](passcode="4711")
    results = together(openers(stage["secrets_of"](made), 24, passcode="4711"))
    assert sorts(results) == {Redeemed: 24}
    assert row_of(made).wrong_passcodes == 0


def test_opens_nothing_after_a_revocation_was_answered(stage):
    made = stage["share"]()
    secrets, alice = stage["secrets_of"](made), stage["alice"].actor
    results = together([*openers(secrets, 12), lambda: revoke.revoke(actor=alice, share=made.id)])
    opened = [result for result in results if isinstance(result, Redeemed)]
    assert sum(sorts(results).get(kind, 0) for kind in (Redeemed, ShareRefusedError)) == 12
    assert row_of(made).access_count == len(opened)
    assert not [one for one in opened if works(one)]


def test_never_counts_past_a_limit_that_is_lowered_meanwhile(stage):
    made = stage["share"]()
    secrets, alice = stage["secrets_of"](made), stage["alice"].actor

    def lower():
        return edit.edit(actor=alice, share=made.id, max_access_count=12)

    results = together([*openers(secrets, 24), lower])
    row = row_of(made)
    assert row.access_count == sorts(results)[Redeemed]
    if row.max_access_count is not None:
        assert row.access_count == 12
