"""Lists: in order, paged, searched, at a constant number of queries."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import make_patient
from tests.records.making import add

from chartkeep.keyring import sealed
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import InvalidInputError, NotFoundError
from chartkeep.lib.ids import new_id
from chartkeep.lib.paging import encode_cursor
from chartkeep.records.flows.replace import replace
from chartkeep.records.models import Record, RecordVersion
from chartkeep.records.queries import get_record, list_records, records_by_ids, versions


def listed(person, patient, **given):
    return list_records(actor=person.actor, patient=patient.id, **given)


def fill(patient, count):
    """Rows without objects: only the lists look at them."""
    sealer, now = vault_of(patient.id).fields, database_now()
    for n in range(count):
        row = Record(
            patient_id=patient.id, service_date=date(2020, 1, 1 + n % 28), created_at=now, updated_at=now
        )
        sealed.write(row, "title", f"record {n}", sealer)
        version = RecordVersion(
            record=row,
            number=1,
            object_uuid=new_id(),
            suite=1,
            size=1,
            stored_size=1,
            wrapped_dek=b"x",
            created_at=now,
        )
        for column in ("file_name", "media_type", "digest"):
            sealed.write(version, column, "x", sealer)
        yield row, version


def many(patient, count):
    rows, newest = zip(*fill(patient, count), strict=True)
    Record.objects.bulk_create(rows)
    RecordVersion.objects.bulk_create(newest)


def test_has_nothing_to_show_at_first(alice, child):
    page = listed(alice, child)
    assert (page.items, page.next_cursor) == ((), None)


def test_orders_by_date_of_service_then_by_time_of_arrival(alice, child):
    first = add(alice, child, service_date=date(2026, 1, 1))
    second = add(alice, child, service_date=date(2026, 1, 1))
    newest = add(alice, child, service_date=date(2026, 2, 1))
    oldest = add(alice, child, service_date=date(1990, 2, 1))
    assert listed(alice, child).items == (newest, second, first, oldest)


def test_pages_through_everything_once_also_where_all_else_is_equal(alice, child):
    many(child, 61)
    seen, cursor, pages = [], None, 0
    while True:
        page = listed(alice, child, cursor=cursor, limit=7)
        seen += [view.id for view in page.items]
        cursor, pages = page.next_cursor, pages + 1
        if cursor is None:
            break
    assert pages == 9
    assert len(seen) == len(set(seen)) == 61
    assert seen == [view.id for view in listed(alice, child, limit=1000).items]


def test_keeps_its_place_while_rows_come_and_go(alice, child):
    records = [add(alice, child, service_date=date(2026, 1, day)) for day in range(1, 7)]
    page = listed(alice, child, limit=2)
    add(alice, child, service_date=date(2026, 2, 1))
    Record.objects.filter(uuid=records[4].id).delete()
    following = listed(alice, child, cursor=page.next_cursor, limit=2)
    assert following.items == (records[3], records[2])


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        encode_cursor("2026-01-01"),
        encode_cursor("2026-13-01", "2026-01-01T00:00:00+00:00", "6e01db2e-4539-4d96-bab6-d222684c6b5f"),
        encode_cursor("2026-01-01", "2026-01-01T00:00:00", "6e01db2e-4539-4d96-bab6-d222684c6b5f"),
        encode_cursor("2026-01-01", "2026-01-01T00:00:00+00:00", "nobody"),
    ],
)
def test_refuses_a_cursor_that_it_did_not_give(alice, child, cursor):
    with pytest.raises(InvalidInputError):
        listed(alice, child, cursor=cursor)


@pytest.mark.parametrize(
    "given", [{"limit": 0}, {"limit": 1001}, {"category": "gossip"}, {"text": "x" * 201}]
)
def test_refuses_what_it_cannot_list(alice, child, given):
    with pytest.raises(InvalidInputError):
        listed(alice, child, **given)


def test_filters_by_category(alice, child):
    lab, image = add(alice, child), add(alice, child, category="imaging")
    assert listed(alice, child, category="imaging").items == (image,)
    assert listed(alice, child, category="lab_result").items == (lab,)
    assert listed(alice, child, category="").items == (image, lab)


@pytest.mark.parametrize(
    "text",
    ["ferritin", "FERRITIN", "muller", "Müller", "MÜLLER", "iron tablets", "tablets iron", "eisen", "strasse",
     "scan_17", "  ferritin  tablets "],
)  # fmt: skip
def test_finds_words_in_every_field_without_regard_to_case_and_accents(alice, child, text):
    add(alice, child, title="Something else")
    wanted = add(
        alice, child, title="Ferritin", provider="Dr. Müller", tags=("Eisen", "Straße"),
        notes="iron\ntablets", file_name="scan_17.pdf",
    )  # fmt: skip
    assert listed(alice, child, text=text).items == (wanted,)


def test_finds_nothing_where_there_is_nothing(alice, child):
    add(alice, child, title="Ferritin")
    assert listed(alice, child, text="ferritin cholesterol").items == ()
    assert len(listed(alice, child, text="").items) == 1


def test_pages_what_it_finds(alice, child):
    many(child, 230)
    page = listed(alice, child, text="record 1", limit=100)
    rest = listed(alice, child, text="record 1", limit=100, cursor=page.next_cursor)
    found = {view.title for view in page.items + rest.items}
    assert len(page.items) == 100
    assert found == {f"record {n}" for n in range(230) if "1" in str(n)}
    assert rest.next_cursor is None


def test_costs_the_same_number_of_queries_for_a_thousand_records(alice, child):
    def queries(**given):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            listed(alice, child, limit=1000, **given)
        return len(seen)

    many(child, 1)
    few = queries(), queries(text="record"), queries(category="other")
    many(child, 999)
    assert (queries(), queries(text="record"), queries(category="other")) == few
    assert max(few) <= 3
    assert len(listed(alice, child, limit=1000).items) == 1000


def test_shows_the_newest_version_only(alice, child):
    import io

    record = add(alice, child)
    for n in range(3):
        replace(actor=alice.actor, record=record.id, content=io.BytesIO(b"v%d" % n), file_name=f"{n}.txt")
    (view,) = listed(alice, child).items
    assert (view.version.number, view.version.file_name) == (4, "2.txt")
    assert (
        records_by_ids(alice.actor, [record.id])
        == [view]
        == [get_record(actor=alice.actor, record=record.id)]
    )
    assert [found.file_name for found in versions(alice.actor, record.id)] == [
        "2.txt",
        "1.txt",
        "0.txt",
        "blood.pdf",
    ]


def test_gives_records_by_id_in_the_order_asked_for(alice, bob, child, django_assert_num_queries):
    records = [add(alice, child) for _ in range(3)]
    other = add(alice, make_patient(alice, "Dora Example"))
    asked = [records[2].id, other.id, new_id(), records[0].id, records[2].id]
    with django_assert_num_queries(3):
        assert records_by_ids(alice.actor, asked) == [records[2], other, records[0]]
    assert records_by_ids(bob.actor, asked) == [records[2], records[0]]
    assert records_by_ids(alice.actor, []) == []


def test_gives_a_viewer_the_shared_records_and_no_others(alice, child, viewer):
    shown, hidden = add(alice, child), add(alice, child)
    holder = viewer(shown)
    assert records_by_ids(holder.actor, [hidden.id, shown.id]) == [shown]
    assert listed(holder, child).items == (shown,)
    assert versions(holder.actor, shown.id) == [shown.version]


def test_says_the_same_to_all_others(alice, charlie, dana, ada, child):
    record = add(alice, child)
    for person in (charlie, dana, ada):
        with pytest.raises(NotFoundError):
            listed(person, child)
        with pytest.raises(NotFoundError):
            get_record(actor=person.actor, record=record.id)
        with pytest.raises(NotFoundError):
            versions(person.actor, record.id)
        assert records_by_ids(person.actor, [record.id]) == []
