"""Lists of shares and the log of a patient."""

from datetime import timedelta

import pytest
from tests.cast import make_patient
from tests.records.making import add
from tests.sharing.making import ANYBODY, issue_in_the_past, make_share, row_of

from chartkeep.lib.errors import InvalidInputError, NotFoundError
from chartkeep.lib.ids import new_id
from chartkeep.lib.paging import encode_cursor
from chartkeep.records.errors import IntegrityFailureError
from chartkeep.records.flows.trash import trash
from chartkeep.sharing.errors import PasscodeRequiredError, ShareRefusedError
from chartkeep.sharing.flows import revoke, view
from chartkeep.sharing.models import Share
from chartkeep.sharing.queries import access_log, get_share, list_shares


def lines_of(person, patient, **given) -> list:
    """The log, oldest first."""
    return list(reversed(access_log(actor=person.actor, patient=patient.id, **given).items))


def test_tells_the_state_of_each_share(alice, child, share, open_share, monkeypatch):
    active, used, locked, revoked = share(), share(max_access_count=1), share(passcode="4711"), share()
    open_share(used)
    Share.objects.filter(uuid=locked.id).update(wrong_passcodes=10)
    revoke.revoke(actor=alice.actor, share=revoked.id)
    issue_in_the_past(monkeypatch, timedelta(hours=25))
    expired = share()
    found = {item.id: item for item in list_shares(actor=alice.actor, patient=child.id).items}
    states = {active: "active", used: "exhausted", locked: "locked", revoked: "revoked", expired: "expired"}
    for made, state in states.items():
        assert found[made.id].state == state
        assert get_share(actor=alice.actor, share=made.id) == found[made.id]
    assert found[locked.id].locked is True
    assert found[used.id].access_count == 1


def test_lists_newest_first_page_by_page(alice, child, share, monkeypatch):
    made = []
    for age in range(5, 0, -1):
        issue_in_the_past(monkeypatch, timedelta(hours=age))
        made.append(share().id)
    seen, cursor = [], None
    while True:
        page = list_shares(actor=alice.actor, patient=child.id, cursor=cursor, limit=2)
        seen += [item.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == made[::-1]


def test_loses_and_repeats_nothing_made_in_one_second(alice, child, share):
    made = {share().id for _ in range(4)}
    Share.objects.update(created_at=Share.objects.first().created_at)
    seen, cursor = [], None
    for _ in range(4):
        page = list_shares(actor=alice.actor, cursor=cursor, limit=1)
        seen += [item.id for item in page.items]
        cursor = page.next_cursor
    assert cursor is None
    assert set(seen) == made


def test_lists_everyone_s_that_one_acts_for(alice, bob, charlie, child, alice_self, share):
    hers = make_share(alice, alice_self, [add(alice, alice_self)])
    his = share()
    assert {item.id for item in list_shares(actor=alice.actor).items} == {hers.id, his.id}
    assert {item.id for item in list_shares(actor=bob.actor).items} == {his.id}
    for actor in (charlie.actor, ANYBODY):
        assert list_shares(actor=actor).items == ()


def test_lists_only_those_that_still_open_or_only_those_that_do_not(
    alice, child, share, open_share, monkeypatch
):
    active, used, locked, revoked = share(), share(max_access_count=1), share(passcode="4711"), share()
    open_share(used)
    Share.objects.filter(uuid=locked.id).update(wrong_passcodes=10)
    revoke.revoke(actor=alice.actor, share=revoked.id)
    issue_in_the_past(monkeypatch, timedelta(hours=25))
    expired = share()
    live = list_shares(actor=alice.actor, patient=child.id, live=True).items
    over = list_shares(actor=alice.actor, patient=child.id, live=False).items
    assert [item.id for item in live] == [active.id]
    assert {item.id for item in over} == {used.id, locked.id, revoked.id, expired.id}


@pytest.mark.parametrize("name", ["charlie", "dana", "ada"])
def test_is_closed_to_others(request, child, share, name):
    made, actor = share(), request.getfixturevalue(name).actor
    for look in (
        lambda: list_shares(actor=actor, patient=child.id),
        lambda: get_share(actor=actor, share=made.id),
        lambda: access_log(actor=actor, patient=child.id),
    ):
        with pytest.raises(NotFoundError):
            look()


def test_knows_no_share_that_is_not(alice):
    with pytest.raises(NotFoundError):
        get_share(actor=alice.actor, share=new_id())


def test_shows_a_viewing_guardian_shares_and_log(bob, child, share):
    made = share()
    assert get_share(actor=bob.actor, share=made.id).id == made.id
    assert lines_of(bob, child)[-1].share == made.id


@pytest.mark.parametrize(
    "cursor",
    ["x", "!", encode_cursor("x", "y"), encode_cursor("2026-03-01T10:00:00", "0" * 32), encode_cursor(1, 2)],
)
def test_refuses_a_cursor_that_it_did_not_give(alice, child, cursor):
    with pytest.raises(InvalidInputError) as refused:
        list_shares(actor=alice.actor, patient=child.id, cursor=cursor)
    assert refused.value.facts["field"] == "cursor"


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_refuses_pages_that_are_too_long(alice, child, limit):
    for look in (list_shares, access_log):
        with pytest.raises(InvalidInputError):
            look(actor=alice.actor, patient=child.id, limit=limit)


def test_costs_the_same_however_many_there_are(alice, child, share, django_assert_num_queries):
    share()
    with django_assert_num_queries(5):
        list_shares(actor=alice.actor, patient=child.id)
    for _ in range(7):
        share(label="one more")
    with django_assert_num_queries(5):
        assert len(list_shares(actor=alice.actor, patient=child.id).items) == 8


def test_says_so_when_a_label_was_changed(alice, child, share):
    one, other = share(label="one"), share(label="other")
    Share.objects.filter(uuid=one.id).update(label=row_of(other).label)
    with pytest.raises(IntegrityFailureError):
        list_shares(actor=alice.actor, patient=child.id)


def test_tells_the_whole_story_of_a_share(alice, child, records, share, open_share):
    made = share(label="For Dr. Dana", passcode="4711", max_access_count=1)
    with pytest.raises(PasscodeRequiredError):
        open_share(made, passcode="0000", recipient="Mallory")
    opened = open_share(made, passcode="4711", recipient="Dr. Dana")
    actor = view.viewer(secret=opened.secret, origin=ANYBODY.origin)
    view.read_shared(actor=actor, record=records[0].id).stream.close()
    with pytest.raises(ShareRefusedError):
        open_share(made, passcode="4711", key="another-client-s-key")
    revoke.revoke(actor=alice.actor, share=made.id)
    lines = [line for line in lines_of(alice, child) if line.share == made.id]
    told = [(line.tag, line.outcome, line.reason, line.actor_label) for line in lines]
    assert told == [
        ("share:create", "ok", "", "alice@example.org"),
        ("share:show", "ok", "", "alice@example.org"),
        ("share:redeem", "refused", "wrong_passcode", "Mallory"),
        ("share:redeem", "ok", "", "Dr. Dana"),
        ("record:read", "ok", "", "Dr. Dana"),
        ("share:redeem", "refused", "exhausted", ""),
        ("share:revoke", "ok", "", "alice@example.org"),
    ]
    assert {line.share_label for line in lines} == {"For Dr. Dana"}
    read = lines[4]
    assert (read.record, read.record_title) == (records[0].id, "Finding 0")
    assert (read.address, read.user_agent, read.actor_kind) == ("198.51.100.9", "Safari", "viewer")
    assert [line.record for line in lines if line is not read] == [None] * 6
    assert [line.at for line in lines] == sorted(line.at for line in lines)


def test_keeps_the_logs_of_patients_apart(alice, child, alice_self, share):
    share()
    third = make_patient(alice, "Third")
    for patient in (alice_self, third):
        assert {line.tag for line in lines_of(alice, patient)} == {"patient:create"}


def test_leaves_out_titles_that_are_in_the_trash(alice, child, records):
    trash(actor=alice.actor, record=records[0].id)
    line = lines_of(alice, child)[-1]
    assert (line.tag, line.record, line.record_title) == ("record:trash", records[0].id, "")


def test_pages_the_log(alice, child, share):
    share()
    whole = [(line.at, line.tag) for line in lines_of(alice, child)]
    seen, cursor = [], None
    while True:
        page = access_log(actor=alice.actor, patient=child.id, cursor=cursor, limit=2)
        seen += [(line.at, line.tag) for line in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == whole[::-1]
    with pytest.raises(InvalidInputError):
        access_log(actor=alice.actor, patient=child.id, cursor="x")


def test_reads_the_log_in_a_constant_number_of_queries(
    alice, child, records, share, open_share, django_assert_max_num_queries
):
    def queries() -> int:
        with django_assert_max_num_queries(20) as seen:
            access_log(actor=alice.actor, patient=child.id)
        return len(seen)

    open_share(share(label="one"))
    few = queries()
    for number in range(5):
        open_share(share(label="more"), key=f"client-key-number-{number}")
        add(alice, child)
    assert queries() == few
