"""What the one who opened a share sees, for as long as it lives."""

import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image
from tests.records.making import PDF, add
from tests.web.conftest import content_of, words_of
from tests.web.test_sharing import open_share, share_of

from chartkeep.lib.ids import new_id
from chartkeep.sharing.models import Share

pytestmark = pytest.mark.django_db


def picture(kind) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(out, kind)
    return out.getvalue()


@pytest.fixture
def record(at, alice, child):
    return add(alice, child, provider="Example Laboratory", notes="fasting")


@pytest.fixture
def share(at, child, record):
    return share_of(at.alice, child, record, label="For Dr. Dana")


@pytest.fixture
def guest(at, share):
    """A browser that has opened the share."""
    client = Client()
    assert open_share(client, share, recipient="Dr. Dana").status_code == 200
    return client


def test_shows_the_patient_first(guest):
    page = words_of(guest.get("/shared"))
    places = [
        page.index(text)
        for text in ("Carl Example", "30 November 2019", "Shared by the patient, not verified", "Blood count")
    ]
    assert places == sorted(places)
    for text in ("For Dr. Dana", "Example Laboratory", "fasting", "12 March 2026"):
        assert text in page


def test_tells_how_long_it_can_be_seen(guest):
    assert re.search(r"<time data-countdown[^>]*datetime=\"20\d\d-", words_of(guest.get("/shared")))


def test_gives_the_file_as_an_attachment_that_nothing_runs(guest, record):
    answer = guest.get(f"/shared/records/{record.id}/content")
    assert content_of(answer) == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"] == "no-store"


def test_gives_a_span_of_the_file(guest, record):
    answer = guest.get(f"/shared/records/{record.id}/content", headers={"Range": "bytes=-7"})
    assert answer.status_code == 206
    assert content_of(answer) == PDF[-7:]


@pytest.mark.parametrize(("kind", "shown"), [("JPEG", True), ("PNG", True), ("TIFF", False)])
def test_shows_pictures_that_browsers_can_draw(at, alice, child, kind, shown):
    photo = add(alice, child, picture(kind), file_name=f"photo.{kind.lower()}", title="Rash")
    client = Client()
    open_share(client, share_of(at.alice, child, photo))
    page = words_of(client.get("/shared"))
    assert (f'src="/shared/records/{photo.id}/content"' in page) is shown


def test_shows_nothing_but_what_was_shared(at, alice, alice_self, child, guest):
    for patient in (child, alice_self):
        other = add(alice, patient, title="Not shared")
        assert guest.get(f"/shared/records/{other.id}/content").status_code == 404
    assert guest.get(f"/shared/records/{new_id()}/content").status_code == 404
    assert "Not shared" not in words_of(guest.get("/shared"))


def test_opens_none_of_the_owners_pages(guest, child, record):
    for path in (
        "/",
        f"/records/{record.id}",
        f"/patients/{child.id}/records",
        f"/patients/{child.id}/log",
        "/shares",
    ):
        assert guest.get(path)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("path", ["/shared", "/shared/records/{}/content"])
class TestEnd:
    def assert_over(self, client, path, record):
        answer = client.get(path.format(record.id))
        assert answer.status_code == 403
        assert "can no longer be seen" in words_of(answer)
        assert 'href="/scan"' in words_of(answer)
        assert "Carl" not in words_of(answer)

    def test_comes_when_the_owner_stops_it(self, at, guest, share, record, path):
        at.alice.post(f"{share}/revoke")
        self.assert_over(guest, path, record)

    def test_comes_with_the_time(self, guest, record, path):
        now = timezone.now()
        Share.objects.update(created_at=now - timedelta(hours=2), expires_at=now - timedelta(hours=1))
        self.assert_over(guest, path, record)

    def test_comes_when_the_viewer_closes_it(self, guest, record, path):
        cookie = guest.cookies["viewer"].value
        answer = guest.post("/shared/close")
        assert answer["Location"] == "/shared"
        assert answer.cookies["viewer"].value == ""
        guest.cookies["viewer"] = cookie
        self.assert_over(guest, path, record)

    def test_is_what_a_stranger_sees(self, at, record, path):
        for client in (at.nobody, at.charlie):
            self.assert_over(client, path, record)

    @pytest.mark.parametrize("secret", ["x", "a" * 43, "../../etc", "a" * 5000])
    def test_is_what_a_made_up_cookie_gives(self, record, path, secret):
        client = Client()
        client.cookies["viewer"] = secret
        self.assert_over(client, path, record)


def test_forgets_a_cookie_that_is_over(at, guest, share):
    at.alice.post(f"{share}/revoke")
    assert guest.get("/shared").cookies["viewer"].value == ""


def test_closes_by_post_with_a_token_only(guest):
    assert guest.get("/shared/close").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["viewer"] = guest.cookies["viewer"].value
    assert strict.post("/shared/close").status_code == 403
    assert guest.get("/shared").status_code == 200


def test_closes_what_is_over_already(at, guest, share):
    at.alice.post(f"{share}/revoke")
    assert guest.post("/shared/close").status_code == 302


def test_says_when_the_owner_took_the_records_away(at, guest, record):
    at.alice.post(f"/records/{record.id}/trash")
    assert "took these records away" in words_of(guest.get("/shared"))
    assert guest.get(f"/shared/records/{record.id}/content").status_code == 404


def test_costs_the_same_queries_for_few_and_for_many_records(at, alice, child, guest):
    def cost(client):
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/shared").status_code == 200
        return len(queries)

    many = Client()
    open_share(many, share_of(at.alice, child, *(add(alice, child) for _ in range(9))))
    assert cost(many) == cost(guest)


def test_is_in_the_owners_log(at, guest, child, record):
    content_of(guest.get(f"/shared/records/{record.id}/content"))
    page = words_of(at.alice.get(f"/patients/{child.id}/log"))
    assert "Somebody who gave the name “Dr. Dana” opened “Blood count”." in page


def test_shows_texts_of_the_owner_as_text(at, alice, child):
    bad = add(alice, child, title="<script>alert(1)</script>", notes="<img src=x>", provider="</p><script>")
    client = Client()
    open_share(client, share_of(at.alice, child, bad, label="<b>x</b>"))
    page = client.get("/shared").content.decode()
    for text in ("<script>alert", "<img src=x", "</p><script>", "<b>x"):
        assert text not in page
