"""What the database itself refuses, whoever writes."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from tests.sharing.making import row_of

from chartkeep.sharing.models import MAXIMUM_VIEWING, Share, ShareRecord, ViewerSession

DAY = timedelta(days=1)


def refuses(**changes) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Share.objects.update(**changes)


@pytest.mark.parametrize(
    ("column", "after"),
    [
        ("expires_at", 7 * DAY + timedelta(seconds=1)),
        ("expires_at", timedelta(seconds=59)),
        ("token_expires_at", 7 * DAY + timedelta(seconds=1)),
        ("token_expires_at", timedelta(seconds=59)),
    ],
)
def test_holds_one_minute_to_seven_days(share, column, after):
    made = share()
    refuses(**{column: made.created_at + after})
    refuses(**{column: F("created_at") - timedelta(seconds=1)})


def test_takes_one_minute_and_seven_days(share):
    made = share()
    for after in (timedelta(minutes=1), 7 * DAY):
        assert Share.objects.update(expires_at=made.created_at + after) == 1


def test_never_counts_over_the_limit(share):
    share(max_access_count=2)
    assert Share.objects.update(access_count=2) == 1
    refuses(access_count=3)
    refuses(max_access_count=1)
    refuses(access_count=-1)


def test_holds_a_limit_of_one_at_least(share):
    share()
    refuses(max_access_count=0)


def test_holds_ten_wrong_passcodes_at_most(share):
    share()
    assert Share.objects.update(wrong_passcodes=10) == 1
    refuses(wrong_passcodes=11)


def test_holds_each_method_to_its_columns(share):
    made = share()
    for changes in (
        {"stored_token": "x"},
        {"token_id_hash": b"x" * 32},
        {"method": "url"},
        {"method": "fax"},
    ):
        refuses(**changes)
    Share.objects.all().delete()
    made = share(method="url")
    for changes in ({"stored_token": ""}, {"token_id_hash": None}, {"method": "qr"}):
        refuses(**changes)
    assert row_of(made).method == "url"


def test_knows_each_token_once(share):
    one, other = row_of(share()), row_of(share())
    with pytest.raises(IntegrityError), transaction.atomic():
        Share.objects.filter(uuid=one.uuid).update(jti_hash=other.jti_hash)


def test_shows_a_record_once(share, records):
    made = share()
    with pytest.raises(IntegrityError), transaction.atomic():
        ShareRecord.objects.create(share_id=made.id, record_id=records[0].id, position=9)


def test_holds_viewing_to_half_an_hour(share, open_share):
    open_share(share())
    with pytest.raises(IntegrityError), transaction.atomic():
        ViewerSession.objects.update(expires_at=F("created_at") + MAXIMUM_VIEWING + timedelta(seconds=1))


def test_prints_nothing_personal(share, open_share, records):
    made = share(label="For Dr. Dana")
    opened = open_share(made, recipient="Dr. Who")
    assert str(row_of(made)) == str(made.id)
    assert str(ViewerSession.objects.get()) == f"viewer session {opened.session}"
    assert str(ShareRecord.objects.first()) == f"{records[0].id} in {made.id}"
