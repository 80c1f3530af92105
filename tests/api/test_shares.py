"""Shares through the API: made, opened without an account, counted, revoked, logged."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import zxingcpp
from PIL import Image
from tests.api.conftest import Api, content_of

KEY = "a-key-of-the-client-0001"


def share(api, record, **facts):
    body = {"patient": record["patient"], "record_ids": [record["id"]], "method": "qr"} | facts
    return api.post("/shares", body)


def secret_of(link: str) -> dict:
    address, _, secret = link.partition("#")
    return {"token" if address.endswith("/q") else "token_id": secret}


def redeem(api, link, key=KEY, **facts):
    return api.post("/shares/redeem", secret_of(link) | {"idempotency_key": key} | facts)


@pytest.mark.parametrize("method", ["qr", "url"])
def test_lets_a_clinician_without_account_open_what_was_shared(alice_api, nobody, record, method):
    made = share(alice_api, record, method=method, label="For the paediatrician").json()
    assert made["link"].startswith(f"http://localhost:8000/{'q' if method == 'qr' else 's'}#")
    opened = redeem(nobody, made["link"], recipient="Dr. Who, Hillside").json()
    assert opened["shared"]["patient_name"] == "Carl Example"
    assert [item["id"] for item in opened["shared"]["records"]] == [record["id"]]
    viewer = Api(opened["viewer_session"])
    answer = viewer.get(f"/shared/records/{record['id']}/content")
    assert content_of(answer).startswith(b"%PDF-1.7 blood")
    assert viewer.get("/shared").json()["label"] == "For the paediatrician"
    assert alice_api.get(f"/shares/{made['id']}").json()["access_count"] == 1


def test_shows_the_viewer_nothing_else(alice_api, nobody, child, record):
    other = alice_api.upload(child.id, b"secret", title="Other").json()
    opened = redeem(nobody, share(alice_api, record).json()["link"]).json()
    viewer = Api(opened["viewer_session"])
    assert viewer.get(f"/shared/records/{other['id']}/content").status_code == 404
    assert viewer.get(f"/records/{record['id']}").status_code == 401


def test_counts_and_refuses_the_opening_over_the_limit(alice_api, nobody, record):
    link = share(alice_api, record, max_access_count=2).json()["link"]
    answers = [redeem(nobody, link, key=f"client-key-number-{number}").status_code for number in range(3)]
    assert answers == [200, 200, 403]


def test_does_not_count_a_repeated_request_twice(alice_api, nobody, record):
    made = share(alice_api, record, max_access_count=1).json()
    first, second = redeem(nobody, made["link"]), redeem(nobody, made["link"])
    assert (first.status_code, second.status_code) == (200, 200)
    assert alice_api.get(f"/shares/{made['id']}").json()["access_count"] == 1
    assert Api(second.json()["viewer_session"]).get("/shared").status_code == 200


def test_ends_an_open_viewer_when_revoked(alice_api, nobody, record):
    made = share(alice_api, record).json()
    viewer = Api(redeem(nobody, made["link"]).json()["viewer_session"])
    assert viewer.get("/shared").status_code == 200
    assert alice_api.call("DELETE", f"/shares/{made['id']}").status_code == 204
    assert viewer.get("/shared").status_code == 401
    assert viewer.get(f"/shared/records/{record['id']}/content").status_code == 401
    assert redeem(nobody, made["link"], key="another-client-key").status_code == 403
    assert alice_api.call("DELETE", f"/shares/{made['id']}").status_code == 204


def test_refuses_alike_whatever_the_reason(alice_api, nobody, record):
    revoked = share(alice_api, record).json()
    alice_api.call("DELETE", f"/shares/{revoked['id']}")
    used = share(alice_api, record, max_access_count=1).json()
    redeem(nobody, used["link"], key="the-first-one-is-ok")
    stored = share(alice_api, record, method="url").json()
    tries = [
        secret_of(revoked["link"]),
        secret_of(used["link"]),
        {"token": secret_of(used["link"])["token"][:-4] + "AAAA"},
        {"token": "x"},
        {"token": "A" * 5000},
        {"token_id": "A" * 43},
        {"token_id": ""},
        {"token": secret_of(stored["link"])["token_id"]},
    ]
    answers = [nobody.post("/shares/redeem", body | {"idempotency_key": KEY}) for body in tries]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1


def test_asks_for_the_passcode_and_counts_the_tries_left(alice_api, nobody, record):
    link = share(alice_api, record, passcode="4711-x").json()["link"]
    asked = redeem(nobody, link)
    assert (asked.status_code, asked.json()["code"]) == (401, "passcode_required")
    wrong = redeem(nobody, link, passcode="0000-x").json()
    assert wrong["facts"]["remaining"] == 9
    assert redeem(nobody, link, passcode="4711-x").status_code == 200


def test_opens_for_confirmed_clinicians_only_when_so_wished(alice_api, nobody, bob_api, dana, record):
    from tests.api.conftest import sign_in

    link = share(alice_api, record, clinicians_only=True).json()["link"]
    for other in (nobody, bob_api):
        answer = redeem(other, link)
        assert (answer.status_code, answer.json()["code"]) == (403, "clinician_required")
    assert redeem(sign_in(dana), link).status_code == 200


def test_shows_the_code_again_to_the_owner_and_it_scans(alice_api, record, tmp_path):
    made = share(alice_api, record).json()
    answer = alice_api.get(f"/shares/{made['id']}/qr.png")
    (tmp_path / "qr.png").write_bytes(answer.content)
    with Image.open(tmp_path / "qr.png") as picture:
        (found,) = zxingcpp.read_barcodes(picture)
    assert found.text == made["link"] == alice_api.get(f"/shares/{made['id']}/link").json()["link"]
    assert alice_api.get(f"/shares/{made['id']}/qr.svg").content.startswith(b"<")


def test_moves_the_expiry_within_seven_days(alice_api, nobody, record):
    made = share(alice_api, record, expires_in=600).json()
    created = datetime.fromisoformat(made["created_at"])
    path = f"/shares/{made['id']}"
    later = (created + timedelta(days=7)).isoformat()
    assert alice_api.call("PATCH", path, {"expires_at": later}).status_code == 200
    assert redeem(nobody, made["link"]).status_code == 200
    too_late = (created + timedelta(days=7, seconds=1)).isoformat()
    assert alice_api.call("PATCH", path, {"expires_at": too_late}).json()["code"] == "invalid_input"


@pytest.mark.parametrize(
    "facts",
    [
        {"expires_in": 59},
        {"expires_in": 604_801},
        {"expires_in": -1},
        {"expires_in": 10**30},
        {"max_access_count": 0},
        {"record_ids": []},
        {"record_ids": [str(uuid4())]},
        {"method": "pigeon"},
        {"passcode": "1"},
        {"label": "x" * 81},
        {"nonsense": 1},
    ],
)
def test_refuses_a_share_that_makes_no_sense(alice_api, record, facts):
    answer = share(alice_api, record, **facts)
    assert answer.status_code in {404, 422}
    assert answer.json()["code"] in {"invalid_input", "not_found"}
    assert alice_api.get("/shares").json()["items"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/link"), ("GET", "/qr.svg"), ("GET", "/qr.png"), ("PATCH", ""), ("DELETE", "")],
)
def test_keeps_strangers_and_viewers_from_shares(
    alice_api, charlie_api, bob_api, nobody, record, method, path
):
    made = share(alice_api, record).json()
    body = {"label": "mine"} if method == "PATCH" else None
    absent = charlie_api.call(method, f"/shares/{uuid4()}{path}", body)
    there = charlie_api.call(method, f"/shares/{made['id']}{path}", body)
    assert (there.status_code, there.content) == (absent.status_code, absent.content)
    assert there.status_code == 404
    assert nobody.call(method, f"/shares/{made['id']}{path}", body).status_code == 401
    if (method, path) != ("GET", ""):
        assert bob_api.call(method, f"/shares/{made['id']}{path}", body).status_code == 404
    assert share(charlie_api, record).status_code == 404
    assert share(bob_api, record).status_code == 404


def test_tells_the_owner_who_saw_what_and_who_was_refused(alice_api, charlie_api, nobody, record):
    made = share(alice_api, record, max_access_count=1, label="Desk").json()
    opened = redeem(nobody, made["link"], recipient="Dr. Who").json()
    content_of(Api(opened["viewer_session"]).get(f"/shared/records/{record['id']}/content"))
    redeem(nobody, made["link"], key="another-client-key")
    alice_api.call("DELETE", f"/shares/{made['id']}")
    lines = alice_api.get(f"/access-log?patient={record['patient']}").json()["items"]
    story = [(line["tag"], line["outcome"], line["reason"]) for line in reversed(lines)]
    story = [line for line in story if line[0] in {"share:redeem", "record:read", "share:revoke"}]
    assert story == [
        ("share:redeem", "ok", ""),
        ("record:read", "ok", ""),
        ("share:redeem", "refused", "exhausted"),
        ("share:revoke", "ok", ""),
    ]
    assert charlie_api.get(f"/access-log?patient={record['patient']}").status_code == 404
    assert nobody.get(f"/access-log?patient={record['patient']}").status_code == 401


def test_dates_are_rfc_3339_in_utc(alice_api, record):
    made = share(alice_api, record).json()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", made["created_at"])
    assert datetime.fromisoformat(made["expires_at"]).tzinfo == UTC
