"""Looking at what a share shows: for as long as the share lives, asked each time."""

from datetime import timedelta

import pytest
from django.db import connection
from tests.cast import grant, make_person
from tests.records.making import PDF, add
from tests.sharing.making import ANYBODY, log_of, make_share, row_of, shift_sessions, together

from chartkeep.accounts.flows import clinician, disable_user
from chartkeep.keyring.models import VaultKey
from chartkeep.lib.actor import Actor
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import NotFoundError
from chartkeep.lib.ids import new_id
from chartkeep.records.errors import IntegrityFailureError
from chartkeep.records.flows.edit import edit as edit_record
from chartkeep.records.flows.trash import restore, trash
from chartkeep.records.queries import get_record, list_records
from chartkeep.sharing.errors import ShareRefusedError
from chartkeep.sharing.flows import redeem, revoke, view
from chartkeep.sharing.models import Share, ViewerSession


def body(actor, record, **span) -> bytes:
    return b"".join(view.read_shared(actor=actor, record=record.id, **span).stream)


def again(opened, **given) -> Actor:
    return view.viewer(secret=opened.secret, origin=ANYBODY.origin, **given)


def test_shows_the_patient_and_the_records_in_the_owner_s_order(alice, child, records, viewer):
    made = make_share(alice, child, records[::-1], label="For Dr. Dana")
    shown = view.shared_records(actor=viewer(made))
    assert (shown.patient, shown.patient_name, shown.label) == (child.id, "Carl Example", "For Dr. Dana")
    assert shown.patient_birth_date.isoformat() == "2019-11-30"
    assert [record.title for record in shown.records] == ["Finding 2", "Finding 1", "Finding 0"]
    assert timedelta(minutes=29) < shown.expires_at - database_now() <= timedelta(minutes=30)


def test_reads_and_logs_who_read_what_through_which_share(child, share, records, viewer):
    made = share()
    actor = viewer(made, recipient="Dr. Who")
    assert body(actor, records[0]) == PDF
    assert body(actor, records[1], start=5, stop=9) == PDF[5:9]
    first, second = [entry for entry in log_of(child, "record:read") if entry.actor_kind == "viewer"]
    assert (first.object_id, first.share, first.actor) == (records[0].id, made.id, actor.id)
    assert (first.name, first.address) == ("Dr. Who", "198.51.100.9")
    assert (second.object_id, second.details["bytes"]) == (records[1].id, "5-8")


def test_shows_nothing_but_the_shared_records(alice, child, alice_self, share, records, viewer):
    actor = viewer(share(record_ids=(records[0].id,)))
    hers = add(alice, alice_self)
    assert get_record(actor=actor, record=records[0].id).id == records[0].id
    for record in (records[1], hers):
        with pytest.raises(NotFoundError):
            view.read_shared(actor=actor, record=record.id)
    listed = list_records(actor=actor, patient=child.id).items
    assert [record.id for record in listed] == [records[0].id]
    with pytest.raises(NotFoundError):
        list_records(actor=actor, patient=alice_self.id)
    with pytest.raises(NotFoundError):
        edit_record(actor=actor, record=records[0].id, title="mine")


def test_shows_nothing_that_is_in_the_trash(alice, share, records, viewer):
    actor = viewer(share())
    trash(actor=alice.actor, record=records[1].id)
    shown = view.shared_records(actor=actor).records
    assert [record.id for record in shown] == [records[0].id, records[2].id]
    with pytest.raises(NotFoundError):
        view.read_shared(actor=actor, record=records[1].id)
    restore(actor=alice.actor, record=records[1].id)
    assert len(view.shared_records(actor=actor).records) == 3


def expire(alice, made):
    now = database_now()
    hours_ago, just_now = now - timedelta(hours=1), now - timedelta(seconds=1)
    Share.objects.filter(uuid=made.id).update(created_at=hours_ago, expires_at=just_now)


WAYS_TO_END = {
    "revoked": lambda alice, made: revoke.revoke(actor=alice.actor, share=made.id),
    "share expired": expire,
    "session expired": lambda alice, made: shift_sessions(made, timedelta(minutes=31)),
    "session gone": lambda alice, made: ViewerSession.objects.all().delete(),
}


@pytest.mark.parametrize("way", WAYS_TO_END)
def test_ends_at_the_next_look(alice, share, records, open_share, way):
    made = share()
    opened = open_share(made)
    actor = again(opened)
    WAYS_TO_END[way](alice, made)
    for look in (
        lambda: again(opened),
        lambda: view.shared_records(actor=actor),
        lambda: view.read_shared(actor=actor, record=records[0].id),
    ):
        with pytest.raises(ShareRefusedError):
            look()


def test_goes_on_when_others_use_the_share_up(share, records, viewer, open_share):
    made = share(max_access_count=2)
    actor = viewer(made)
    open_share(made, key="another-client-s-key")
    assert body(actor, records[0]) == PDF


@pytest.mark.parametrize("secret", ["", "x", "A" * 43, "A" * 42 + "é", "\ud800" * 43])
def test_knows_no_other_secret(db, secret):
    with pytest.raises(ShareRefusedError):
        view.viewer(secret=secret, origin=ANYBODY.origin)


def test_ends_by_the_viewer_once_however_often_asked(share, open_share):
    opened = open_share(share())
    actor = again(opened)
    view.end(actor=actor)
    ended = ViewerSession.objects.get().expires_at
    view.end(actor=actor)
    assert ViewerSession.objects.get().expires_at == ended
    with pytest.raises(ShareRefusedError):
        again(opened)


def test_ends_nothing_for_those_who_hold_no_session(alice, share, open_share):
    open_share(share())
    until = ViewerSession.objects.get().expires_at
    for actor in (alice.actor, ANYBODY, Actor.person(ViewerSession.objects.get().uuid)):
        view.end(actor=actor)
    assert ViewerSession.objects.get().expires_at == until


def test_is_for_holders_of_a_session_only(alice, share, records):
    share()
    for actor in (alice.actor, ANYBODY, Actor.system()):
        with pytest.raises(NotFoundError):
            view.shared_records(actor=actor)
        with pytest.raises(NotFoundError):
            view.read_shared(actor=actor, record=records[0].id)


def test_believes_no_made_up_viewer(child, records):
    actor = Actor.viewer(new_id(), share=new_id(), patient=child.id, records=frozenset([records[0].id]))
    with pytest.raises(ShareRefusedError):
        view.shared_records(actor=actor)
    with pytest.raises(ShareRefusedError):
        view.read_shared(actor=actor, record=records[0].id)


def test_stays_with_the_clinician_who_opened_it(alice, share, open_share, dana):
    opened = open_share(share(clinicians_only=True), actor=dana.actor)
    assert again(opened).user == dana.id
    assert again(opened, user=dana.id).user == dana.id
    with pytest.raises(ShareRefusedError):
        again(opened, user=alice.id)
    with pytest.raises(ShareRefusedError):
        again(opened, user=make_person("eve", clinician=True).id)


def test_lets_anybody_sign_in_beside_a_share_for_all(alice, share, open_share):
    opened = open_share(share())
    assert again(opened, user=alice.id).user == alice.id


@pytest.mark.parametrize("act", ["refused", "disabled"])
def test_ends_when_the_clinician_is_none_any_more(share, open_share, dana, ada, act):
    made = share(clinicians_only=True)
    opened = open_share(made, actor=dana.actor)
    if act == "refused":
        clinician.refuse(actor=ada.actor, user=dana.id)
    else:
        disable_user.disable_user(actor=ada.actor, user=dana.id)
    with pytest.raises(ShareRefusedError):
        again(opened)


def test_shows_nothing_when_the_patient_s_key_was_destroyed(child, share, open_share):
    opened = open_share(share())
    VaultKey.objects.filter(owner=child.id).update(destroyed_at=database_now())
    with pytest.raises(ShareRefusedError):
        again(opened)


def test_says_so_when_a_sealed_name_was_changed(share, open_share):
    made = share(label="For Dr. Dana")
    opened = open_share(made, recipient="Dr. Who")
    ViewerSession.objects.update(recipient=row_of(made).label)
    with pytest.raises(IntegrityFailureError):
        again(opened)


def test_asks_in_a_constant_number_of_queries(share, open_share, django_assert_num_queries):
    opened = open_share(share())
    with django_assert_num_queries(3):
        actor = again(opened)
    with django_assert_num_queries(2 + 1 + 1 + 1 + 2):
        view.shared_records(actor=actor)


def test_cuts_a_running_download_off_when_revoked(alice, child, share, records, viewer):
    big = add(alice, child, bytes(9 * 2**20), file_name="scan.bin")
    made = make_share(alice, child, [big])
    stream = view.read_shared(actor=viewer(made), record=big.id).stream
    assert len(next(stream)) < view.RECHECK_BYTES
    revoke.revoke(actor=alice.actor, share=made.id)
    got = []
    with pytest.raises(ShareRefusedError):
        got.extend(stream)
    assert 0 < sum(map(len, got)) < view.RECHECK_BYTES + 2**20
    with pytest.raises(ShareRefusedError):
        next(stream)
    *_, cut = log_of(child, "record:read")
    assert (cut.outcome, cut.reason, cut.object_id, cut.share) == ("refused", "over", big.id, made.id)


def test_cuts_a_slow_download_off_within_a_second(alice, share, records, viewer, monkeypatch):
    made = share()
    stream = view.read_shared(actor=viewer(made), record=records[0].id).stream
    revoke.revoke(actor=alice.actor, share=made.id)
    monkeypatch.setattr(view, "RECHECK_SECONDS", 0.0)
    with pytest.raises(ShareRefusedError):
        next(stream)


def test_streams_a_large_file_whole_while_the_share_lives(alice, child, viewer):
    content = bytes(range(256)) * 2**15 * 2
    big = add(alice, child, content, file_name="scan.bin")
    assert body(viewer(make_share(alice, child, [big])), big) == content


def test_lets_go_of_the_file_also_when_nothing_was_read(alice, share, records, viewer):
    stream = view.read_shared(actor=viewer(share()), record=records[0].id).stream
    assert iter(stream) is stream
    stream.close()
    stream.close()
    with pytest.raises(ValueError, match="closed"):
        next(stream)


@pytest.mark.django_db(transaction=True)
def test_holds_no_connection_between_its_looks(request):
    alice, child = request.getfixturevalue("alice"), request.getfixturevalue("child")
    big = add(alice, child, bytes(9 * 2**20), file_name="scan.bin")
    actor = request.getfixturevalue("viewer")(make_share(alice, child, [big]))

    def download():
        stream = view.read_shared(actor=actor, record=big.id).stream
        held = []
        for _ in stream:
            held.append(connection.connection is not None)
        return held

    (held,) = together([download])
    assert held[0] is True
    assert held[-1] is False


def test_forgets_sessions_a_day_after_their_end(share, open_share):
    made = share()
    for age in (timedelta(hours=24, minutes=31), timedelta(hours=24)):
        open_share(made, key=f"key-number-{age}".replace(" ", "-"))
        shift_sessions(made, age)
    assert view.forget_ended() == 1
    assert view.forget_ended() == 0
    assert ViewerSession.objects.count() == 1
    assert Share.objects.count() == 1


def test_lets_a_guardian_open_it_too(alice, child, share, open_share, records):
    friend = make_person("gina")
    grant(alice, child.id, friend)
    opened = open_share(share(), actor=friend.actor)
    assert body(again(opened, user=friend.id), records[0]) == PDF
    assert timedelta(minutes=2) == redeem.REPEATABLE
