"""Sharing: three taps to a code, the list, revoking; and the redeeming that /q and /s post to."""

import re
from datetime import timedelta
from urllib.parse import urldefrag

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.cast import signed_in
from tests.records.making import add
from tests.web.conftest import words_of

from chartkeep.lib.ids import new_id
from chartkeep.sharing.models import Share

pytestmark = pytest.mark.django_db

PLAIN = {"expires_in": "86400", "method": "qr"}


@pytest.fixture
def record(at, alice, child):
    return add(alice, child)


def share_of(client, patient, *records, **options) -> str:
    """Share by the page: the address of the share's page."""
    chosen = {"record": [str(record.id) for record in records]}
    answer = client.post(f"/patients/{patient.id}/share", PLAIN | chosen | options)
    assert answer.status_code == 302, words_of(answer)
    return answer["Location"]


def link_of(client, share) -> str:
    page = client.get(share).content.decode()
    return re.search(r'id="link"[^>]*>([^<]+)<', page)[1]


def redeeming(link, **given):
    page, token = urldefrag(link)
    field = "token" if page.endswith("/q") else "token_id"
    return {field: token, "idempotency_key": str(new_id()), **given}


def open_share(guest, share, **given):
    """Redeem with what the share's owner sees; the owner's browser is made for it."""
    owner = Client()
    row = Share.objects.get(uuid=share.rsplit("/", 1)[1])
    owner.force_login(row.created_by)
    form = redeeming(link_of(owner, share), **given)
    return guest.post("/open", form, headers={"Accept": "application/json"})


class TestMaking:
    def test_takes_three_taps_from_the_list_to_the_code(self, at, child, record):
        records = words_of(at.alice.get(f"/patients/{child.id}/records"))
        assert f'href="/patients/{child.id}/share"' in records
        page = words_of(at.alice.get(f"/patients/{child.id}/share"))
        assert f'name="record" value="{record.id}" checked' in page
        shown = words_of(at.alice.get(share_of(at.alice, child, record)))
        assert "<svg" in shown
        assert "Copy link" in shown
        assert "Stop sharing" in shown

    def test_arrives_with_the_record_one_came_from(self, at, alice, child, record):
        other = add(alice, child, title="Flu")
        page = words_of(at.alice.get(f"/patients/{child.id}/share?record={other.id}"))
        assert f'value="{other.id}" checked' in page
        assert f'value="{record.id}" checked' not in page

    def test_proposes_24_hours(self, at, child, record):
        assert re.search(r'value="86400"[^>]* checked', words_of(at.alice.get(f"/patients/{child.id}/share")))

    @pytest.mark.parametrize("seconds", [900, 86_400, 604_800])
    def test_lives_as_long_as_its_preset(self, at, child, record, seconds):
        share_of(at.alice, child, record, expires_in=str(seconds))
        row = Share.objects.get()
        assert row.expires_at - row.created_at == timedelta(seconds=seconds)

    def test_keeps_what_was_said_under_more(self, at, child, record):
        options = {
            "label": "For Dr. Dana",
            "passcode": "4711",
            "max_access_count": "3",
            "clinicians_only": "on",
        }
        page = words_of(at.alice.get(share_of(at.alice, child, record, method="url", **options)))
        for text in ("For Dr. Dana", "0 of 3 openings", "signed-in clinicians only"):
            assert text in page
        assert "4711" not in page

    def test_asks_for_a_record(self, at, child, record):
        answer = at.alice.post(f"/patients/{child.id}/share", PLAIN)
        assert answer.status_code == 422
        assert "record" in re.search(r'role="alert".*?</div>', words_of(answer))[0].lower()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("passcode", "123"),
            ("max_access_count", "0"),
            ("expires_in", "1"),
            ("method", "fax"),
            ("label", "x" * 81),
        ],
    )
    def test_puts_what_is_wrong_beside_its_field(self, at, child, record, field, value):
        answer = at.alice.post(
            f"/patients/{child.id}/share", PLAIN | {"record": str(record.id), field: value}
        )
        assert answer.status_code == 422
        assert f'id="id_{field}_error"' in words_of(answer)
        assert f'value="{record.id}" checked' in words_of(answer)
        assert not Share.objects.exists()

    def test_shares_nothing_of_another_patient(self, at, alice, alice_self, child, record):
        hers = add(alice, alice_self)
        answer = at.alice.post(
            f"/patients/{child.id}/share", PLAIN | {"record": [str(record.id), str(hers.id)]}
        )
        assert answer.status_code == 404
        assert not Share.objects.exists()

    def test_says_that_there_is_nothing_to_share(self, at, child):
        assert "Nothing to share yet" in words_of(at.alice.get(f"/patients/{child.id}/share"))

    def test_leads_from_the_menu_to_the_patient_looked_at_last(self, at, child):
        at.alice.get(f"/patients/{child.id}/records")
        assert at.alice.get("/share")["Location"] == f"/patients/{child.id}/share"
        assert at.charlie.get("/share")["Location"] == "/patients/add"


class TestOneShare:
    @pytest.fixture
    def share(self, at, child, record):
        return share_of(at.alice, child, record, label="For Dr. Dana")

    def test_gives_the_code_as_pictures(self, at, share):
        png, svg = at.alice.get(f"{share}/qr.png"), at.alice.get(f"{share}/qr.svg")
        assert png.content.startswith(b"\x89PNG")
        assert svg.content.lstrip().startswith(b"<svg")
        for answer in (png, svg):
            assert answer["Cache-Control"] == "no-store"
            assert answer["Content-Disposition"].startswith("attachment")

    def test_keeps_the_token_out_of_every_address(self, at, share):
        page = at.alice.get(share).content.decode()
        token = urldefrag(link_of(at.alice, share))[1]
        assert not re.search(r'(href|src|action|value)="[^"]*' + re.escape(token), page)

    def test_is_stopped_in_one_tap(self, at, share):
        answer = at.alice.post(f"{share}/revoke", follow=True)
        assert "Nobody can open it any more" in words_of(answer)
        assert "Stopped" in words_of(answer)
        page = words_of(at.alice.get(share))
        assert "opens nothing any more" in page
        assert "<svg class" not in page.partition("opens nothing")[2].partition("Works until")[0].replace(
            "icon", ""
        )
        assert at.alice.get(f"{share}/qr.png").status_code == 409

    def test_changes_label_and_end(self, at, share):
        soon = (timezone.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
        assert at.alice.post(f"{share}/edit", {"label": "For Dr. Eve", "expires_at": soon}).status_code == 302
        row = Share.objects.get()
        assert row.expires_at.strftime("%Y-%m-%dT%H:%M") == soon
        assert "For Dr. Eve" in words_of(at.alice.get(share))

    def test_changes_the_number_of_openings_and_leaves_the_rest_alone(self, at, share):
        before = Share.objects.get()
        shown = before.expires_at.strftime("%Y-%m-%dT%H:%M")
        form = {"label": "For Dr. Dana", "expires_at": shown, "max_access_count": "2"}
        assert at.alice.post(f"{share}/edit", form).status_code == 302
        after = Share.objects.get()
        assert (after.max_access_count, after.expires_at) == (2, before.expires_at)
        assert at.alice.post(f"{share}/edit", form | {"max_access_count": ""}).status_code == 302
        assert Share.objects.get().max_access_count is None

    def test_lives_for_seven_days_at_most(self, at, share):
        late = (timezone.now() + timedelta(days=8)).strftime("%Y-%m-%dT%H:%M")
        answer = at.alice.post(f"{share}/edit", {"label": "", "expires_at": late})
        assert answer.status_code == 422
        assert 'id="id_expires_at_error"' in words_of(answer)

    def test_tells_what_happened_with_it_alone(self, at, alice, child, share):
        other = share_of(at.alice, child, add(alice, child), label="Other")
        open_share(at.nobody, share, recipient="Dr. Dana")
        page = words_of(at.alice.get(share))
        assert "Somebody who gave the name “Dr. Dana” opened the share “For Dr. Dana”." in page
        assert "“Other”" not in page
        assert "Dr. Dana” opened" not in words_of(at.alice.get(other))

    def test_shows_labels_as_text(self, at, child, record):
        share = share_of(at.alice, child, record, label="<script>alert(1)</script>")
        for path in (share, "/shares"):
            assert "<script>alert" not in at.alice.get(path).content.decode()


class TestList:
    def test_says_that_nothing_is_shared(self, at):
        assert "You share nothing just now" in words_of(at.alice.get("/shares"))

    def test_lists_the_live_first_with_words_for_each_state(self, at, child, record):
        live = share_of(at.alice, child, record, label="Live", max_access_count="3")
        used = share_of(at.alice, child, record, label="Used", max_access_count="1")
        open_share(at.nobody, used)
        stopped = share_of(at.alice, child, record, label="Ended")
        at.alice.post(f"{stopped}/revoke")
        old = share_of(at.alice, child, record, label="Old")
        Share.objects.filter(uuid=old.rsplit("/", 1)[1]).update(
            created_at=timezone.now() - timedelta(hours=2), expires_at=timezone.now() - timedelta(hours=1)
        )
        page = words_of(at.alice.get("/shares"))
        assert live in page
        assert page.index(">Live<") < min(page.index(f">{label}<") for label in ("Used", "Ended", "Old"))
        for text in ("0 of 3 openings", "1 of 1 openings", "Used up", "Stopped", "Over"):
            assert text in page

    def test_shows_those_of_all_my_patients(self, at, alice, alice_self, child, record):
        share_of(at.alice, child, record)
        share_of(at.alice, alice_self, add(alice, alice_self))
        page = words_of(at.alice.get("/shares"))
        assert "1 record of Carl Example" in page
        assert "1 record of Alice Example" in page

    def test_costs_the_same_queries_for_few_and_for_many(self, at, child, record):
        def cost():
            with CaptureQueriesContext(connection) as queries:
                assert at.alice.get("/shares").status_code == 200
            return len(queries)

        share_of(at.alice, child, record)
        cost()
        few = cost()
        for _ in range(8):
            share_of(at.alice, child, record)
        assert cost() == few


class TestOpening:
    @pytest.fixture
    def share(self, at, child, record):
        return share_of(at.alice, child, record)

    def test_opens_without_an_account(self, at, share):
        answer = open_share(at.nobody, share)
        assert answer.status_code == 200
        assert answer.json() == {"ok": True, "next": "/shared"}
        assert at.nobody.get("/shared").status_code == 200

    def test_opens_by_a_link(self, at, child, record):
        share = share_of(at.alice, child, record, method="url")
        assert "/s#" in link_of(at.alice, share)
        assert open_share(at.nobody, share).json()["ok"]

    @pytest.mark.parametrize(
        ("base", "name"), [("https://ck.example", "__Host-viewer"), ("http://ck.example", "viewer")]
    )
    def test_hides_the_session_from_scripts_and_other_sites(self, at, share, settings, base, name):
        settings.SECURE = base.startswith("https")
        cookie = open_share(at.nobody, share).cookies[name]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"
        assert cookie["path"] == "/"
        assert bool(cookie["secure"]) is settings.SECURE
        assert 0 < cookie["max-age"] <= 86_400

    @pytest.mark.parametrize("path", ["/q", "/s"])
    @pytest.mark.parametrize("method", ["get", "head"])
    def test_counts_nothing_when_a_link_is_only_looked_at(self, at, share, path, method):
        with CaptureQueriesContext(connection) as queries:
            assert getattr(at.nobody, method)(path).status_code == 200
        assert len(queries) == 0
        assert Share.objects.get().access_count == 0

    def test_needs_the_token_of_the_page(self, at, share):
        guest = Client(enforce_csrf_checks=True)
        form = redeeming(link_of(at.alice, share))
        assert guest.post("/open", form).status_code == 403
        assert Share.objects.get().access_count == 0
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', guest.get("/q").content.decode())[1]
        assert guest.post("/open", form | {"csrfmiddlewaretoken": token}).json()["ok"]

    def test_opens_by_post_only(self, at):
        assert at.nobody.get("/open").status_code == 405

    def test_refuses_everything_in_the_same_words(self, at, child, record):
        gone, used = (
            share_of(at.alice, child, record),
            share_of(at.alice, child, record, max_access_count="1"),
        )
        old = redeeming(link_of(at.alice, gone))
        full = redeeming(link_of(at.alice, used))
        open_share(at.nobody, used)
        at.alice.post(f"{gone}/revoke")
        made_up = [{"token": "x"}, {"token_id": "a" * 43}, {}, {"token": "a.b.c.d.e"}]
        tries = [old, full, *({"idempotency_key": str(new_id()), **given} for given in made_up)]
        answers = [Client().post("/open", given, headers={"Accept": "application/json"}) for given in tries]
        assert {answer.status_code for answer in answers} == {403}
        assert len({answer.content for answer in answers}) == 1
        assert answers[0].json()["code"] == "share_refused"
        assert not any(answer.cookies.get("viewer") for answer in answers)

    def test_asks_for_the_passcode_and_counts_down(self, at, child, record):
        share = share_of(at.alice, child, record, passcode="4711")
        asked = open_share(at.nobody, share)
        assert (asked.status_code, asked.json()["code"], asked.json()["remaining"]) == (
            401,
            "passcode_required",
            10,
        )
        assert open_share(at.nobody, share, passcode="0815").json()["remaining"] == 9
        assert open_share(at.nobody, share, passcode="4711").json()["ok"]

    def test_lets_clinicians_only_in_where_asked(self, at, dana, child, record):
        share = share_of(at.alice, child, record, clinicians_only="on")
        assert open_share(at.nobody, share).json()["code"] == "clinician_required"
        assert open_share(signed_in(Client(), dana), share).json()["ok"]

    def test_counts_a_repeated_request_once(self, at, share):
        form = redeeming(link_of(at.alice, share))
        assert at.nobody.post("/open", form).json()["ok"]
        assert at.nobody.post("/open", form).json()["ok"]
        assert Share.objects.get().access_count == 1

    def test_shows_a_page_to_a_browser_without_our_script(self, at):
        answer = at.nobody.post("/open", {"token": "x", "idempotency_key": str(new_id())})
        assert answer.status_code == 403
        assert "does not open anything" in words_of(answer)


READS = ["/shares/{share}"]
WRITES = [
    ("GET", "/shares/{share}/qr.png"),
    ("GET", "/shares/{share}/qr.svg"),
    ("GET", "/shares/{share}/edit"),
    ("POST", "/shares/{share}/edit"),
    ("POST", "/shares/{share}/revoke"),
    ("GET", "/patients/{patient}/share"),
    ("POST", "/patients/{patient}/share"),
]
EVERYTHING = [("GET", path) for path in READS] + WRITES


class TestWhoMayNot:
    @pytest.fixture
    def call(self, at, child, record):
        share = share_of(at.alice, child, record).rsplit("/", 1)[1]

        def called(client, method, path, **other):
            path = path.format(**({"share": share, "patient": child.id} | other))
            form = PLAIN | {"record": str(record.id), "expires_at": "2030-01-01T00:00"}
            return client.get(path) if method == "GET" else client.post(path, form)

        yield called
        assert Share.objects.get().revoked_at is None

    @pytest.mark.parametrize(("method", "path"), EVERYTHING)
    def test_tells_strangers_nothing(self, at, call, method, path):
        real = call(at.charlie, method, path)
        made_up = call(at.charlie, method, path, share=new_id(), patient=new_id())
        assert real.status_code == made_up.status_code == 404

    @pytest.mark.parametrize(("method", "path"), EVERYTHING)
    def test_sends_guests_to_sign_in(self, at, call, method, path):
        assert call(at.nobody, method, path)["Location"].startswith("/accounts/login/")

    @pytest.mark.parametrize(("method", "path"), WRITES)
    def test_lets_a_viewer_change_and_show_nothing(self, at, call, method, path):
        assert call(at.bob, method, path).status_code == 404

    def test_shows_a_viewer_the_share_without_its_code(self, at, call):
        page = words_of(call(at.bob, "GET", "/shares/{share}"))
        assert "Copy link" not in page
        assert "/q#" not in page
        assert "Stop sharing" not in page

    def test_lists_nothing_for_strangers(self, at, call):
        assert "You share nothing just now" in words_of(at.charlie.get("/shares"))

    @pytest.mark.parametrize(
        "path", ["/shares/{share}/revoke", "/shares/{share}/edit", "/patients/{patient}/share"]
    )
    def test_changes_nothing_without_the_token(self, at, call, path):
        assert call(at.strict, "POST", path).status_code == 403
