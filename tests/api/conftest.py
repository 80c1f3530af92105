"""A client of the API as an app would be: signs in for a JWT, sends JSON, reads problem documents."""

import base64
import json

import pytest
from django.test import Client


class Api:
    """Calls /api/v1 with a bearer token, or with none."""

    def __init__(self, token: str = "") -> None:
        self.client = Client(headers={"Authorization": f"Bearer {token}"} if token else {})

    def call(self, method: str, path: str, body=None, **extra):
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self.client.generic(method, f"/api/v1{path}", **data, **extra)

    def get(self, path, **extra):
        return self.call("GET", path, **extra)

    def post(self, path, body=None, **extra):
        return self.call("POST", path, body, **extra)

    def upload(
        self, patient, content: bytes, *, method="POST", path="", media_type="application/pdf", **members
    ):
        header = base64.urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")
        return self.client.generic(
            method,
            f"/api/v1/records{path}" + (f"?patient={patient}" if patient else ""),
            data=content,
            content_type=media_type,
            headers={"Chartkeep-Metadata": header} if members else {},
        )


def sign_in(person) -> Api:
    answer = Client().post(
        "/_allauth/app/v1/auth/login",
        {"email": person.email, "password": person.password},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.content
    return Api(answer.json()["meta"]["access_token"])


def content_of(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.fixture
def nobody(db):
    return Api()


@pytest.fixture
def alice_api(alice):
    return sign_in(alice)


@pytest.fixture
def bob_api(bob):
    return sign_in(bob)


@pytest.fixture
def charlie_api(charlie):
    return sign_in(charlie)


@pytest.fixture
def record(alice_api, child):
    """A record of Alice's child, as the API gives it."""
    answer = alice_api.upload(
        child.id,
        b"%PDF-1.7 " + b"blood count " * 5000,
        title="Blood count",
        category="lab_result",
        service_date="2026-03-12",
        tags=["blood"],
        file_name="blood.pdf",
    )
    assert answer.status_code == 201, answer.content
    return answer.json()
