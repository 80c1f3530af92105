"""The pages of records: adding by both ways, finding, reading, changing, the trash; and who may not."""

import base64
import io
import json
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import signed_in
from tests.records.making import PDF, add, nothing_left_over, stored_objects, tags_of
from tests.web.conftest import content_of, words_of

from chartkeep.lib.ids import new_id
from chartkeep.records.models import Record

pytestmark = pytest.mark.django_db

FIELDS = {"title": "Blood count", "category": "lab_result", "service_date": "2026-03-12"}
BOUNDARY = "chartkeep-test-boundary"


@pytest.fixture
def record(at, alice, child):
    return add(alice, child, provider="Dr. Who's Laboratory", tags=("blood",), notes="fasting")


def adding(patient) -> str:
    return f"/patients/{patient.id}/records/add"


def put(client, path, content=PDF, *, members=None, cut=0, headers=None):
    members = {"file_name": "blood.pdf", **FIELDS} if members is None else members
    header = base64.urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")
    headers = {"Chartkeep-Metadata": header, "Accept": "application/json", **(headers or {})}
    kind = "application/octet-stream"
    return client.put(path, content, content_type=kind, headers=headers, **broken_off(content, cut))


def form_body(fields, content=PDF, *, file_name="blood.pdf") -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in fields.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n\r\n'
    return b"".join([*parts, head.encode(), content, f"\r\n--{BOUNDARY}--\r\n".encode()])


def post(client, path, fields=FIELDS, content=PDF, *, file_name="blood.pdf", cut=0):
    body = form_body(fields, content, file_name=file_name)
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return client.generic("POST", path, body, kind, **broken_off(body, cut))


def broken_off(body, cut) -> dict:
    """What makes a connection of a request that ends ``cut`` bytes before its end."""
    return {"wsgi.input": io.BytesIO(body[:-cut])} if cut else {}


def token_of(client, path) -> str:
    page = client.get(path).content.decode()
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]


class TestAdding:
    def test_stores_a_file_sent_by_the_script(self, at, child):
        answer = put(at.alice, adding(child))
        assert answer.status_code == 201
        page = at.alice.get(answer.json()["next"])
        assert "Blood count" in words_of(page)
        assert content_of(at.alice.get(answer.json()["next"] + "/content")) == PDF

    def test_stores_a_file_sent_by_a_plain_form(self, at, child):
        answer = post(at.alice, adding(child), {**FIELDS, "tags": "blood, fasting", "notes": "two\r\nlines"})
        assert answer.status_code == 302
        page = words_of(at.alice.get(answer["Location"]))
        assert "Blood count" in page
        assert "fasting" in page
        assert content_of(at.alice.get(answer["Location"] + "/content")) == PDF

    def test_takes_the_title_from_the_name_of_the_file(self, at, child):
        answer = post(at.alice, adding(child), FIELDS | {"title": ""}, file_name="Discharge_letter.pdf")
        assert "Discharge letter" in words_of(at.alice.get(answer["Location"]))

    def test_keeps_nothing_in_clear_while_a_form_arrives(self, at, child, storage):
        post(at.alice, adding(child))
        assert len(stored_objects()) == 1
        assert not any(PDF[9:60] in path.read_bytes() for path in storage.rglob("*") if path.is_file())

    @pytest.mark.parametrize("send", [put, post])
    def test_asks_for_the_token_of_the_form(self, at, child, send):
        answer = send(at.strict, adding(child))
        assert answer.status_code == 403
        assert nothing_left_over()
        assert not Record.objects.exists()

    def test_lets_the_right_token_pass_in_header_and_form(self, at, child):
        token = token_of(at.strict, adding(child))
        assert put(at.strict, adding(child), headers={"X-CSRFToken": token}).status_code == 201
        sent = post(at.strict, adding(child), FIELDS | {"csrfmiddlewaretoken": token})
        assert sent.status_code == 302

    @pytest.mark.parametrize("cut", [2, 60, 4096, len(PDF), len(PDF) + 50])
    def test_refuses_a_form_that_broke_off(self, at, child, cut):
        answer = post(at.alice, adding(child), cut=cut)
        assert answer.status_code == 400
        assert "did not arrive whole" in words_of(answer)
        assert nothing_left_over()
        assert not Record.objects.exists()

    def test_keeps_what_was_typed_when_the_file_broke_off(self, at, child):
        assert 'value="Blood count"' in words_of(post(at.alice, adding(child), cut=100))

    def test_refuses_a_raw_body_that_broke_off(self, at, child):
        answer = put(at.alice, adding(child), cut=1)
        assert answer.status_code == 400
        assert answer.json()["code"] == "body_incomplete"
        assert nothing_left_over()

    @pytest.mark.parametrize("send", [put, post])
    def test_says_the_limit_when_a_file_is_too_large(self, at, child, settings, send):
        settings.MAX_UPLOAD_SIZE = 10 * 2**10
        answer = send(at.alice, adding(child))
        assert answer.status_code == 413
        assert "at most 10 KiB" in answer.content.decode()
        assert nothing_left_over()

    def test_says_the_limit_before_anything_is_chosen(self, at, child):
        assert "up to 5 GiB" in words_of(at.alice.get(adding(child)))

    @pytest.mark.parametrize("send", [put, post])
    def test_refuses_an_empty_file(self, at, child, send):
        answer = send(at.alice, adding(child), content=b"")
        assert answer.status_code == 422
        assert "The file is empty" in answer.content.decode()
        assert nothing_left_over()

    def test_asks_for_a_file(self, at, child):
        answer = at.alice.post(adding(child), FIELDS)
        assert answer.status_code == 422
        assert "Choose a file" in words_of(answer)

    @pytest.mark.parametrize(
        "kind", ["application/x-www-form-urlencoded", "text/plain", "application/json", ""]
    )
    def test_refuses_a_form_of_another_type(self, at, child, kind):
        answer = at.alice.generic("POST", adding(child), b"title=x", kind)
        assert answer.status_code == 422
        assert "Choose a file" in words_of(answer)
        assert nothing_left_over()

    def test_puts_what_is_wrong_beside_its_field(self, at, child):
        answer = post(at.alice, adding(child), FIELDS | {"service_date": "1700-01-01"})
        assert answer.status_code == 422
        assert 'href="#id_service_date"' in words_of(answer)
        assert "between 1850" in words_of(answer)
        assert nothing_left_over()

    def test_tells_the_script_which_field_is_wrong(self, at, child):
        answer = put(at.alice, adding(child), members={"file_name": "a.pdf", **FIELDS, "category": "gossip"})
        assert answer.status_code == 422
        assert answer.json()["code"] == "invalid_input"
        assert "Kind" in answer.json()["message"]
        assert nothing_left_over()

    @pytest.mark.parametrize("header", ["%%%", "bm8", "W10", "e" * 9000])
    def test_refuses_metadata_that_cannot_be_read(self, at, child, header):
        answer = at.alice.put(
            adding(child), PDF, headers={"Chartkeep-Metadata": header, "Accept": "application/json"}
        )
        assert answer.status_code == 422
        assert nothing_left_over()

    def test_tells_the_script_that_nobody_is_signed_in(self, at, child):
        answer = put(at.nobody, adding(child))
        assert answer.status_code == 401
        assert answer.json()["code"] == "not_signed_in"

    @pytest.mark.parametrize(
        "name",
        [
            "evil\u202efdp.exe",
            "a\x00b\x1f.pdf",
            "<img src=x onerror=alert(1)>.pdf",
            "x" * 4096 + ".pdf",
            "../../etc/passwd",
        ],
    )
    def test_shows_hostile_names_harmlessly(self, at, child, name):
        sent = put(at.alice, adding(child), members={"file_name": name, **FIELDS, "title": ""})
        assert sent.status_code == 201
        page = at.alice.get(sent.json()["next"]).content.decode()
        assert not set("\u202e\x00\x1f") & set(page)
        assert "<img src=x" not in page
        file = at.alice.get(sent.json()["next"] + "/content")
        assert "/" not in file["Content-Disposition"].partition("filename=")[2].partition(";")[0]
        assert file["Content-Disposition"].startswith("attachment")

    def test_says_when_a_name_does_not_fit_the_content(self, at, child):
        sent = put(at.alice, adding(child), members={"file_name": "photo.jpg", **FIELDS})
        assert "By its content it is: application/pdf" in words_of(at.alice.get(sent.json()["next"]))


class TestFinding:
    def test_invites_to_add_the_first_record(self, at, child):
        page = words_of(at.alice.get(f"/patients/{child.id}/records"))
        assert "No records yet" in page
        assert f'href="{adding(child)}"' in page

    def test_groups_by_year_newest_first(self, at, alice, child):
        for day in (date(2024, 5, 1), date(2026, 1, 2), date(2024, 7, 1)):
            add(alice, child, title=f"Visit {day}", service_date=day)
        page = words_of(at.alice.get(f"/patients/{child.id}/records"))
        places = [
            page.index(text)
            for text in (
                ">2026</h2>",
                "Visit 2026-01-02",
                ">2024</h2>",
                "Visit 2024-07-01",
                "Visit 2024-05-01",
            )
        ]
        assert places == sorted(places)

    def test_filters_by_kind(self, at, alice, child, record):
        add(alice, child, title="Flu", category="vaccination")
        page = words_of(at.alice.get(f"/patients/{child.id}/records?category=vaccination"))
        assert "Flu" in page
        assert "Blood count" not in page

    def test_refuses_a_kind_that_does_not_exist(self, at, child):
        assert at.alice.get(f"/patients/{child.id}/records?category=gossip").status_code == 422

    def test_refuses_a_cursor_of_its_own_making(self, at, child):
        assert at.alice.get(f"/patients/{child.id}/records?cursor=abc").status_code == 422

    def test_searches_by_words_that_stay_out_of_the_address(self, at, alice, child, record):
        add(alice, child, title="Flu")
        page = at.alice.post(f"/patients/{child.id}/records", {"q": "BLOOD laboratory"})
        assert "1 record found" in words_of(page)
        assert "Blood count" in words_of(page)
        assert "Flu" not in words_of(page)
        assert 'method="get"' not in words_of(page)

    def test_says_when_nothing_was_found(self, at, child, record):
        assert "Nothing found" in words_of(at.alice.post(f"/patients/{child.id}/records", {"q": "zebra"}))

    def test_shows_more_from_where_it_stopped_with_and_without_scripts(self, at, alice, child):
        for count in range(53):
            add(
                alice, child, title=f"Visit {count:02}", service_date=date(2026, 1, 1) + timedelta(days=count)
            )
        path = f"/patients/{child.id}/records"
        first = at.alice.get(path).content.decode()
        more = re.search(r'href="(\?cursor=[^"]+)"', first)[1].replace("&amp;", "&")
        second = at.alice.get(path + more).content.decode()
        assert "<!doctype html>" in second
        part = at.alice.get(path + more, headers={"HX-Request": "true"}).content.decode()
        assert "<!doctype html>" not in part
        for page in (second, part):
            assert [f"Visit {count:02}" for count in range(53) if f"Visit {count:02}" in page] == [
                "Visit 00",
                "Visit 01",
                "Visit 02",
            ]

    @pytest.mark.parametrize("path", ["/patients/{}/records", "/patients/{}/share"])
    def test_costs_the_same_queries_for_few_and_for_many(self, at, alice, child, path):
        def cost():
            with CaptureQueriesContext(connection) as queries:
                assert at.alice.get(path.format(child.id)).status_code == 200
            return len(queries)

        add(alice, child)
        cost()
        few = cost()
        for _ in range(20):
            add(alice, child)
        assert cost() == few

    def test_shows_titles_as_text(self, at, alice, child):
        add(alice, child, title="<script>alert(1)</script>", notes="</dd><script>alert(2)</script>")
        record = Record.objects.get()
        for path in (
            f"/patients/{child.id}/records",
            f"/records/{record.uuid}",
            f"/patients/{child.id}/share",
        ):
            assert "<script>alert" not in at.alice.get(path).content.decode()


class TestOneRecord:
    def test_shows_its_facts(self, at, record):
        page = words_of(at.alice.get(f"/records/{record.id}"))
        for fact in (
            "Blood count",
            "Lab result",
            "12 March 2026",
            "Dr. Who&#x27;s Laboratory",
            "blood",
            "fasting",
            "blood.pdf",
        ):
            assert fact in page

    def test_gives_a_span_of_the_file(self, at, record):
        answer = at.alice.get(f"/records/{record.id}/content", headers={"Range": "bytes=5-9"})
        assert answer.status_code == 206
        assert content_of(answer) == PDF[5:10]

    def test_lets_no_browser_run_or_keep_the_file(self, at, record):
        answer = at.alice.get(f"/records/{record.id}/content")
        assert content_of(answer) == PDF
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "no-store"

    def test_is_never_shown_when_its_file_was_changed(self, at, child, record, storage):
        (blob,) = (path for path in storage.rglob("*") if path.is_file() and path.stat().st_size > len(PDF))
        blob.write_bytes(blob.read_bytes()[:-1] + b"x")
        answer = at.alice.get(f"/records/{record.id}/content")
        assert answer.status_code == 500
        assert "This file is damaged" in words_of(answer)
        page = words_of(at.alice.get(f"/patients/{child.id}/log"))
        assert "alice@example.org could not open “Blood count”: its file was changed or lost" in page

    def test_says_when_its_file_is_lost(self, at, record, storage):
        (blob,) = (path for path in storage.rglob("*") if path.is_file() and path.stat().st_size > len(PDF))
        blob.unlink()
        answer = at.alice.get(f"/records/{record.id}/content")
        assert answer.status_code == 500
        assert "This file is damaged" in words_of(answer)

    def test_changes_the_details(self, at, record):
        answer = at.alice.post(
            f"/records/{record.id}/edit", FIELDS | {"title": "Complete blood count", "tags": "a, b"}
        )
        assert answer.status_code == 302
        assert "Complete blood count" in words_of(at.alice.get(f"/records/{record.id}"))

    def test_shows_the_details_before_they_are_changed(self, at, record):
        page = words_of(at.alice.get(f"/records/{record.id}/edit"))
        assert 'value="Blood count"' in page
        assert 'value="2026-03-12"' in page

    def test_keeps_what_was_typed_when_it_is_refused(self, at, record):
        answer = at.alice.post(f"/records/{record.id}/edit", FIELDS | {"title": "x\u202ey"})
        assert answer.status_code == 422
        assert 'href="#id_title"' in words_of(answer)

    @pytest.mark.parametrize("send", [put, post])
    def test_stores_a_new_version_and_keeps_the_old(self, at, record, send):
        answer = send(at.alice, f"/records/{record.id}/replace", content=b"%PDF-1.7 second")
        assert answer.status_code in {201, 302}
        assert content_of(at.alice.get(f"/records/{record.id}/content")) == b"%PDF-1.7 second"
        assert content_of(at.alice.get(f"/records/{record.id}/versions/1")) == PDF
        assert "Versions" in words_of(at.alice.get(f"/records/{record.id}"))

    @pytest.mark.parametrize("send", [put, post])
    def test_asks_for_the_token_before_it_replaces(self, at, record, send):
        assert send(at.strict, f"/records/{record.id}/replace").status_code == 403
        assert nothing_left_over()

    def test_says_why_a_version_was_refused(self, at, record):
        answer = post(at.alice, f"/records/{record.id}/replace", content=b"")
        assert answer.status_code == 422
        assert "The file is empty" in words_of(answer)
        assert nothing_left_over()

    def test_goes_to_the_trash_and_back(self, at, child, record):
        told = at.alice.post(f"/records/{record.id}/trash", follow=True)
        assert "“Blood count” is in the trash" in words_of(told)
        assert "Blood count" not in words_of(at.alice.get(f"/patients/{child.id}/share"))
        assert "Blood count" in words_of(at.alice.get(f"/patients/{child.id}/trash"))
        assert "in the trash" in words_of(at.alice.get(f"/records/{record.id}"))
        at.alice.post(f"/records/{record.id}/restore")
        assert "Blood count" in words_of(at.alice.get(f"/patients/{child.id}/records"))
        assert tags_of(child) == ["record:upload", "record:trash", "record:restore"]

    def test_is_erased_for_good_from_the_trash(self, at, child, record):
        at.alice.post(f"/records/{record.id}/trash")
        answer = at.alice.post(f"/records/{record.id}/erase", follow=True)
        assert "erased for good" in words_of(answer)
        assert at.alice.get(f"/records/{record.id}").status_code == 404

    def test_is_not_erased_out_of_the_trash(self, at, record):
        assert at.alice.post(f"/records/{record.id}/erase").status_code == 404

    @pytest.mark.parametrize("act", ["trash", "restore", "erase"])
    def test_changes_nothing_by_a_link(self, at, record, act):
        assert at.alice.get(f"/records/{record.id}/{act}").status_code == 405

    @pytest.mark.parametrize("act", ["trash", "restore", "erase", "edit"])
    def test_changes_nothing_without_the_token(self, at, record, act):
        assert at.strict.post(f"/records/{record.id}/{act}", FIELDS).status_code == 403


READS = [
    "/records/{record}",
    "/records/{record}/content",
    "/records/{record}/versions/1",
    "/patients/{patient}/records",
]
WRITES = [
    ("GET", "/records/{record}/edit"),
    ("POST", "/records/{record}/edit"),
    ("GET", "/records/{record}/replace"),
    ("POST", "/records/{record}/replace"),
    ("PUT", "/records/{record}/replace"),
    ("POST", "/records/{record}/trash"),
    ("POST", "/records/{record}/restore"),
    ("POST", "/records/{record}/erase"),
    ("GET", "/patients/{patient}/records/add"),
    ("POST", "/patients/{patient}/records/add"),
    ("PUT", "/patients/{patient}/records/add"),
    ("GET", "/patients/{patient}/trash"),
]
EVERYTHING = [("GET", path) for path in READS] + WRITES


def call(client, method, path):
    if method == "GET":
        return client.get(path)
    if method == "PUT":
        return put(client, path)
    return post(client, path) if path.endswith(("add", "replace")) else client.post(path, FIELDS)


class TestWhoMayNot:
    @pytest.mark.parametrize(("method", "path"), EVERYTHING)
    def test_tells_strangers_nothing(self, at, child, record, method, path):
        real = call(at.charlie, method, path.format(record=record.id, patient=child.id))
        made_up = call(at.charlie, method, path.format(record=new_id(), patient=new_id()))
        assert real.status_code == made_up.status_code == 404
        assert nothing_left_over()
        assert tags_of(child) == ["record:upload"]

    @pytest.mark.parametrize(("method", "path"), EVERYTHING)
    def test_keeps_a_guardian_of_one_out_of_another(self, at, alice, alice_self, method, path):
        hers = add(alice, alice_self)
        answer = call(at.bob, method, path.format(record=hers.id, patient=alice_self.id))
        assert answer.status_code == 404
        assert nothing_left_over()

    @pytest.mark.parametrize(("method", "path"), EVERYTHING)
    def test_sends_guests_to_sign_in(self, at, child, record, method, path):
        answer = call(at.nobody, method, path.format(record=record.id, patient=child.id))
        assert answer.status_code == (401 if method == "PUT" else 302)
        if method != "PUT":
            assert answer["Location"].startswith("/accounts/login/")
        assert nothing_left_over()

    @pytest.mark.parametrize("path", READS)
    def test_lets_a_viewer_read(self, at, child, record, path):
        assert at.bob.get(path.format(record=record.id, patient=child.id)).status_code == 200

    @pytest.mark.parametrize(("method", "path"), WRITES)
    def test_lets_a_viewer_change_nothing(self, at, child, record, method, path):
        answer = call(at.bob, method, path.format(record=record.id, patient=child.id))
        assert answer.status_code == 404
        assert nothing_left_over()

    def test_offers_a_viewer_no_change(self, at, child, record):
        for path in (f"/records/{record.id}", f"/patients/{child.id}/records"):
            page = words_of(at.bob.get(path))
            assert "/edit" not in page
            assert adding(child) not in page
            assert f"/patients/{child.id}/share" not in page

    def test_lets_an_editor_change_but_not_erase(self, client, at, erin, child, record):
        signed_in(client, erin)
        assert post(client, adding(child)).status_code == 302
        assert client.post(f"/records/{record.id}/trash").status_code == 302
        assert "Erase now" not in words_of(client.get(f"/patients/{child.id}/trash"))
        assert client.post(f"/records/{record.id}/erase").status_code == 404

    def test_shows_one_patients_records_only(self, at, alice, alice_self, child, record):
        add(alice, alice_self, title="Mine alone")
        assert "Mine alone" not in words_of(at.alice.get(f"/patients/{child.id}/records"))


def test_tells_when_the_storage_is_down(at, child, settings):
    from chartkeep import wiring

    settings.STORAGE_URL = "s3://bucket/records?endpoint=http://127.0.0.1:9&region=us-east-1&path_style=true"
    settings.STORAGE_OPTIONS = {"AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK"}
    wiring.forget()
    answer = put(at.alice, adding(child))
    assert answer.status_code == 503
    assert answer.json()["code"] == "storage_unavailable"
    assert not Record.objects.exists()
