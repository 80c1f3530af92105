"""The description is OpenAPI 3.1 and complete; every error is a problem document."""

import pytest
from tests.api.conftest import Api


def test_describes_itself_as_openapi_3_1(nobody):
    schema = nobody.get("/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/records" in schema["paths"]
    for methods in schema["paths"].values():
        for operation in methods.values():
            assert operation["description"]


def test_shows_the_description_as_a_page_without_anything_from_elsewhere(nobody):
    page = nobody.get("/docs")
    assert page.status_code == 200
    text = page.content.decode()
    assert "POST /api/v1/shares/redeem" in text
    assert "<script" not in text
    assert "http://" not in text.replace("http://localhost", "")


@pytest.mark.parametrize("path", ["/records?patient=x", "/shares", "/patients", "/access-log", "/shared"])
def test_answers_a_stranger_with_a_problem_document(nobody, path):
    answer = nobody.get(path)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] == "not_signed_in"


def test_refuses_a_token_that_was_tampered_with(db):
    assert Api("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.").get("/patients").status_code == 401


def test_never_repeats_a_secret_in_a_refusal(nobody):
    answer = nobody.post("/shares/redeem", {"token": ["a-secret-value"], "idempotency_key": "x" * 20})
    assert answer.status_code == 422
    assert b"a-secret-value" not in answer.content


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff"])
def test_refuses_json_that_is_none(alice_api, body):
    answer = alice_api.client.generic("POST", "/api/v1/shares", data=body, content_type="application/json")
    assert answer.status_code in {400, 422}
    assert answer["Content-Type"] == "application/problem+json"


def test_lists_only_patients_of_the_caller(alice_api, charlie_api, child):
    assert [item["name"] for item in alice_api.get("/patients").json()] == ["Carl Example"]
    assert charlie_api.get("/patients").json() == []
    assert charlie_api.get(f"/patients/{child.id}").status_code == 404


def test_adds_and_changes_a_patient(charlie_api):
    made = charlie_api.post(
        "/patients", {"name": "Charlie Example", "birth_date": "1970-01-02", "is_self": True}
    )
    assert made.status_code == 201
    path = f"/patients/{made.json()['id']}"
    changed = charlie_api.call("PUT", path, {"name": "Charles Example", "birth_date": "1970-01-02"})
    assert changed.json()["name"] == "Charles Example"
    assert charlie_api.post("/patients", {"name": ""}).json()["code"] == "invalid_input"
