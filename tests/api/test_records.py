"""Records through the API."""

import hashlib
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.api.conftest import content_of

from chartkeep.wiring import blob_store

BODY = b"%PDF-1.7 " + b"blood count " * 5000


def broken_off(body, announced):
    """The stream of a client that went away: granian ends it cleanly, only too early."""
    return {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(announced)}


def stored_objects():
    return {info.key for info in blob_store().list()}


def test_stores_a_raw_body_and_gives_it_back(alice_api, child, record):
    assert record["title"] == "Blood count"
    assert record["category"] == "lab_result"
    assert record["service_date"] == "2026-03-12"
    assert record["tags"] == ["blood"]
    assert record["version"]["file_name"] == "blood.pdf"
    assert record["version"]["media_type"] == "application/pdf"
    assert record["version"]["size"] == len(BODY)
    assert record["version"]["sha256"] == hashlib.sha256(BODY).hexdigest()
    answer = alice_api.get(f"/records/{record['id']}/content")
    assert content_of(answer) == BODY
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"] == "no-store"


def test_stores_a_form(alice_api, child):
    answer = alice_api.client.post(
        f"/api/v1/records?patient={child.id}",
        {
            "title": "X-ray",
            "category": "imaging",
            "tags": "hand, left",
            "file": SimpleUploadedFile("x.pdf", BODY),
        },
    )
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["title"], made["tags"], made["version"]["file_name"]) == ("X-ray", ["hand", "left"], "x.pdf")
    assert content_of(alice_api.get(f"/records/{made['id']}/content")) == BODY


@pytest.mark.parametrize(
    ("header", "status", "expected"),
    [
        ("bytes=0-8", 206, BODY[:9]),
        ("bytes=100-", 206, BODY[100:]),
        ("bytes=-7", 206, BODY[-7:]),
        ("bytes=16380-16390", 206, BODY[16380:16391]),
        (f"bytes=0-{len(BODY) + 5}", 200, BODY),
        ("bytes=5-2", 200, BODY),
        ("bytes=0-1,4-5", 200, BODY),
        ("pages=1-2", 200, BODY),
    ],
)
def test_gives_the_range_asked_for(alice_api, record, header, status, expected):
    answer = alice_api.get(f"/records/{record['id']}/content", headers={"Range": header})
    assert answer.status_code == status
    assert content_of(answer) == expected
    assert int(answer["Content-Length"]) == len(expected)
    if status == 206:
        assert answer["Content-Range"].endswith(f"/{len(BODY)}")


@pytest.mark.parametrize("header", [f"bytes={len(BODY)}-", "bytes=-0"])
def test_refuses_a_range_outside(alice_api, record, header):
    answer = alice_api.get(f"/records/{record['id']}/content", headers={"Range": header})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(BODY)}"


def test_says_when_nothing_changed_and_ignores_a_range_of_another_version(alice_api, record):
    path = f"/records/{record['id']}/content"
    etag = alice_api.get(path)["ETag"]
    assert alice_api.get(path, headers={"If-None-Match": etag}).status_code == 304
    answer = alice_api.get(path, headers={"Range": "bytes=0-3", "If-Range": '"other"'})
    assert content_of(answer) == BODY


def test_answers_head_with_the_size_and_no_body(alice_api, record):
    answer = alice_api.call("HEAD", f"/records/{record['id']}/content")
    assert int(answer["Content-Length"]) == len(BODY)
    assert content_of(answer) == b""


def test_keeps_versions(alice_api, record):
    path = f"/{record['id']}/content"
    answer = alice_api.upload(None, b"%PDF-1.7 second", method="PUT", path=path, file_name="second.pdf")
    assert answer.status_code == 201, answer.content
    assert answer.json()["version"]["number"] == 2
    assert content_of(alice_api.get(f"/records{path}")) == b"%PDF-1.7 second"
    assert content_of(alice_api.get(f"/records{path}?version=1")) == BODY
    assert [item["number"] for item in alice_api.get(f"/records/{record['id']}/versions").json()] == [2, 1]
    assert alice_api.get(f"/records{path}?version=3").status_code == 404


def test_changes_only_what_is_given(alice_api, record):
    answer = alice_api.call("PATCH", f"/records/{record['id']}", {"notes": "fasting", "tags": ["a", "b"]})
    assert answer.status_code == 200, answer.content
    changed = alice_api.get(f"/records/{record['id']}").json()
    assert (changed["notes"], changed["tags"], changed["title"]) == ("fasting", ["a", "b"], "Blood count")


def test_trashes_restores_and_erases(alice_api, child, record, django_capture_on_commit_callbacks):
    path = f"/records/{record['id']}"
    assert alice_api.call("DELETE", path).status_code == 204
    assert alice_api.get(f"/records?patient={child.id}").json()["items"] == []
    assert len(alice_api.get(f"/records?patient={child.id}&trashed=true").json()["items"]) == 1
    assert alice_api.post(f"{path}/restore").status_code == 200
    assert len(alice_api.get(f"/records?patient={child.id}").json()["items"]) == 1
    alice_api.call("DELETE", path)
    before = stored_objects()
    with django_capture_on_commit_callbacks(execute=True):
        assert alice_api.call("DELETE", path).status_code == 204
    assert alice_api.get(path).status_code == 404
    assert len(before - stored_objects()) == 1


def test_lists_pages_filters_and_searches(alice_api, child):
    for number in range(5):
        category = "imaging" if number % 2 else "lab_result"
        alice_api.upload(child.id, b"x", title=f"Ergebnis Größe {number}", category=category)
    first = alice_api.get(f"/records?patient={child.id}&limit=3").json()
    second = alice_api.get(f"/records?patient={child.id}&limit=3&cursor={first['next_cursor']}").json()
    assert len(first["items"]) == 3
    assert len(second["items"]) == 2
    assert second["next_cursor"] is None
    assert len({item["id"] for item in first["items"] + second["items"]}) == 5
    assert len(alice_api.get(f"/records?patient={child.id}&category=imaging").json()["items"]) == 2
    found = alice_api.get(f"/records?patient={child.id}&q=grosse 3").json()["items"]
    assert [item["title"] for item in found] in ([], ["Ergebnis Größe 3"])
    assert len(alice_api.get(f"/records?patient={child.id}&q=größe 3").json()["items"]) == 1


@pytest.mark.parametrize(
    "query", ["cursor=nonsense", "limit=0", "limit=1000", "category=poetry", "patient=1"]
)
def test_refuses_a_list_that_makes_no_sense(alice_api, child, query):
    patient = "" if query.startswith("patient") else f"patient={child.id}&"
    answer = alice_api.get(f"/records?{patient}{query}")
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_input"


def test_refuses_an_empty_body(alice_api, child):
    before = stored_objects()
    answer = alice_api.upload(child.id, b"", title="nothing")
    assert (answer.status_code, answer.json()["code"]) == (422, "empty_file")
    assert stored_objects() == before


def test_refuses_what_is_too_large_and_keeps_nothing(alice_api, child, settings):
    settings.MAX_UPLOAD_SIZE = 1000
    before = stored_objects()
    answer = alice_api.upload(child.id, b"x" * 1001)
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    form = alice_api.client.post(
        f"/api/v1/records?patient={child.id}", {"file": SimpleUploadedFile("x.bin", b"x" * 200_000)}
    )
    assert (form.status_code, form.json()["code"]) == (413, "upload_too_large")
    assert stored_objects() == before


@pytest.mark.parametrize("keep", [1, 200, 40_000, -4])
def test_refuses_a_form_that_breaks_off(alice_api, child, keep):
    """Django's parser would take what came for the whole file."""
    from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

    whole = encode_multipart(BOUNDARY, {"title": "x", "file": SimpleUploadedFile("x.pdf", BODY)})
    before = stored_objects()
    answer = alice_api.client.generic(
        "POST",
        f"/api/v1/records?patient={child.id}",
        content_type=MULTIPART_CONTENT,
        **broken_off(whole[:keep], len(whole)),
    )
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"body_incomplete", "invalid_input"}
    assert stored_objects() == before


def test_refuses_a_raw_body_that_breaks_off(alice_api, child):
    before = stored_objects()
    answer = alice_api.client.generic(
        "POST",
        f"/api/v1/records?patient={child.id}",
        content_type="application/pdf",
        **broken_off(BODY, len(BODY) + 1),
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "body_incomplete")
    assert stored_objects() == before


@pytest.mark.parametrize("header", ["!!!", "e30x", "W10", "bnVsbA", "A" * 9000])
def test_refuses_metadata_it_cannot_read(alice_api, child, header):
    answer = alice_api.client.generic(
        "POST", f"/api/v1/records?patient={child.id}", data=BODY, headers={"Chartkeep-Metadata": header}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize(
    "members",
    [{"category": "poetry"}, {"service_date": "yesterday"}, {"tags": "x" * 3, "nonsense": 1}, {"title": 5}],
)
def test_refuses_metadata_that_make_no_sense(alice_api, child, members):
    before = stored_objects()
    answer = alice_api.upload(child.id, BODY, **members)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert stored_objects() == before


def test_goes_by_the_content_and_not_by_the_type_announced(alice_api, child):
    answer = alice_api.upload(child.id, BODY, media_type="image/png", file_name="picture.png")
    assert answer.json()["version"]["media_type"] == "application/pdf"
    assert answer.json()["version"]["extension_mismatch"] is True


STRANGERS = [
    ("GET", ""),
    ("PATCH", ""),
    ("DELETE", ""),
    ("POST", "/restore"),
    ("GET", "/versions"),
    ("GET", "/content"),
    ("PUT", "/content"),
]


@pytest.mark.parametrize(("method", "path"), STRANGERS)
def test_looks_the_same_to_a_stranger_whether_it_is_there_or_not(charlie_api, nobody, record, method, path):
    from uuid import uuid4

    body = {"title": "mine"} if method == "PATCH" else None
    there = charlie_api.call(method, f"/records/{record['id']}{path}", body)
    absent = charlie_api.call(method, f"/records/{uuid4()}{path}", body)
    assert there.status_code == absent.status_code == 404
    assert there.content == absent.content
    assert nobody.call(method, f"/records/{record['id']}{path}", body).status_code == 401


@pytest.mark.parametrize(("method", "path"), [row for row in STRANGERS if row[0] != "GET"])
def test_lets_a_viewer_read_and_not_write(bob_api, record, method, path):
    assert bob_api.get(f"/records/{record['id']}").status_code == 200
    body = {"title": "mine"} if method == "PATCH" else None
    assert bob_api.call(method, f"/records/{record['id']}{path}", body).status_code == 404


def test_lets_nobody_upload_for_a_strangers_patient(charlie_api, bob_api, nobody, child):
    before = stored_objects()
    assert charlie_api.upload(child.id, BODY).status_code == 404
    assert bob_api.upload(child.id, BODY).status_code == 404
    assert nobody.upload(child.id, BODY).status_code == 401
    assert stored_objects() == before


def test_costs_the_same_number_of_queries_for_few_and_many(alice_api, child, django_assert_max_num_queries):
    for number in range(12):
        alice_api.upload(child.id, b"x", title=f"r{number}")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for limit in (1, 12):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            alice_api.get(f"/records?patient={child.id}&limit={limit}")
        counts.append(len(queries))
    assert counts[0] == counts[1]
