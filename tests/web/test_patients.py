"""Home, patients, and who may act for them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.cast import make_patient, make_person, signed_in
from tests.web.conftest import words_of

from chartkeep.accounts.models import Guardianship
from chartkeep.lib.ids import new_id

pytestmark = pytest.mark.django_db


class TestHome:
    def test_asks_guests_to_sign_in(self, at):
        assert at.nobody.get("/")["Location"].startswith("/accounts/login/")

    def test_asks_whose_papers_to_keep_at_first(self, at):
        answer = at.charlie.get("/", follow=True)
        assert "Whose papers do you want to keep?" in words_of(answer)

    def test_shows_the_records_of_the_only_patient(self, at, child):
        assert at.bob.get("/")["Location"] == f"/patients/{child.id}/records"

    def test_lets_one_choose_among_several(self, at):
        page = words_of(at.alice.get("/", follow=True))
        assert "Alice Example" in page
        assert "Carl Example" in page

    def test_comes_back_to_the_patient_looked_at_last(self, at, alice_self):
        at.alice.get(f"/patients/{alice_self.id}/records")
        assert at.alice.get("/")["Location"] == f"/patients/{alice_self.id}/records"

    def test_forgets_a_patient_that_is_the_users_no_more(self, at, child):
        at.bob.get(f"/patients/{child.id}/records")
        Guardianship.objects.filter(user__email="bob@example.org").delete()
        assert at.bob.get("/")["Location"] == "/patients/add"


class TestMenu:
    @pytest.mark.parametrize(("short", "page"), [("/records/add", "records/add"), ("/share", "share")])
    def test_leads_to_a_patient_one_may_write_for(self, at, bob, child, short, page):
        own = make_patient(bob, "Bob Example", is_self=True)
        at.bob.get(f"/patients/{child.id}/records")
        assert at.bob.get(short)["Location"] == f"/patients/{own.id}/{page}"

    @pytest.mark.parametrize("short", ["/records/add", "/share"])
    def test_tells_a_reader_why_not(self, at, child, short):
        assert "You may only read there" in words_of(at.bob.get(short, follow=True))
        assert "You may only read there" not in words_of(at.charlie.get(short, follow=True))

    def test_leads_to_the_records_looked_at_last(self, at, alice_self, child):
        at.alice.get(f"/patients/{child.id}/records")
        assert at.alice.get("/records")["Location"] == f"/patients/{child.id}/records"
        assert at.charlie.get("/records")["Location"] == "/patients/add"


class TestAdding:
    def test_adds_oneself_and_goes_to_the_records(self, at):
        answer = at.charlie.post(
            "/patients/add", {"is_self": "yes", "name": "Charlie", "birth_date": "1990-05-01"}, follow=True
        )
        assert "Charlie’s records" in words_of(answer)
        assert "Me" in words_of(at.charlie.get("/patients"))

    def test_adds_a_child_without_a_birth_date(self, at):
        at.charlie.post("/patients/add", {"is_self": "no", "name": "Baby"})
        assert "Baby" in words_of(at.charlie.get("/patients"))

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "x" * 201),
            ("birth_date", "2999-01-01"),
            ("birth_date", "soon"),
            ("is_self", ""),
        ],
    )
    def test_puts_what_is_wrong_beside_its_field(self, at, field, value):
        facts = {"is_self": "no", "name": "Baby", "birth_date": "2020-01-01"}
        answer = at.charlie.post("/patients/add", facts | {field: value})
        assert answer.status_code == 422
        assert f'id="id_{field}_error"' in words_of(answer)

    def test_keeps_one_record_for_oneself(self, at):
        answer = at.alice.post("/patients/add", {"is_self": "yes", "name": "Alice again"})
        assert answer.status_code == 422
        assert "a record of your own already" in words_of(answer)

    @pytest.mark.parametrize("bad", ["<script>alert", "\u202e", "\x07"])
    def test_shows_names_harmlessly(self, at, bad):
        at.charlie.post("/patients/add", {"is_self": "no", "name": f"Baby{bad}"})
        page = at.charlie.get("/patients").content.decode()
        assert bad not in page


class TestChanging:
    def test_changes_the_name(self, at, child):
        at.alice.post(f"/patients/{child.id}/edit", {"name": "Carl E. Example", "birth_date": "2019-11-30"})
        assert "Carl E. Example" in words_of(at.alice.get("/patients"))

    def test_shows_what_is_known(self, at, child):
        page = words_of(at.alice.get(f"/patients/{child.id}/edit"))
        assert 'value="Carl Example"' in page
        assert 'value="2019-11-30"' in page


class TestGuardians:
    def test_lets_somebody_act_until_a_day(self, at, charlie, child):
        until = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
        form = {"email": charlie.email, "role": "editor", "ends_at": until}
        answer = at.alice.post(f"/patients/{child.id}/guardians", form, follow=True)
        assert "charlie@example.org" in words_of(answer)
        assert at.charlie.get(f"/patients/{child.id}/records/add").status_code == 200

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("email", "nobody@example.org"),
            ("email", "x"),
            ("role", "king"),
            ("ends_at", "2001-01-01T00:00"),
            ("ends_at", "soon"),
        ],
    )
    def test_puts_what_is_wrong_beside_its_field(self, at, charlie, child, field, value):
        form = {"email": charlie.email, "role": "viewer", "ends_at": ""}
        answer = at.alice.post(f"/patients/{child.id}/guardians", form | {field: value})
        assert answer.status_code == 422
        assert f'id="id_{field}_error"' in words_of(answer)

    def test_ends_somebodys_access(self, at, child):
        row = Guardianship.objects.get(user__email="bob@example.org")
        path = f"/patients/{child.id}/guardians"
        assert f"{path}/{row.uuid}/remove" in words_of(at.alice.get(path))
        assert at.alice.post(f"{path}/{row.uuid}/remove")["Location"] == path
        assert at.bob.get(f"/patients/{child.id}/records").status_code == 404

    def test_keeps_somebody_in_charge(self, at, alice, child):
        row = Guardianship.objects.get(user=alice.id, patient=child.id)
        answer = at.alice.post(f"/patients/{child.id}/guardians/{row.uuid}/remove")
        assert answer.status_code == 409
        assert "only owner" in words_of(answer)

    def test_lets_a_guardian_leave(self, at, child):
        row = Guardianship.objects.get(user__email="bob@example.org")
        assert at.bob.post(f"/patients/{child.id}/guardians/{row.uuid}/remove")["Location"] == "/patients"
        assert at.bob.get(f"/patients/{child.id}/records").status_code == 404


def test_lists_patients_in_the_same_number_of_queries(at, alice, child):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert at.alice.get("/patients").status_code == 200
        return len(queries)

    cost()
    few = cost()
    for number in range(6):
        make_patient(alice, f"Patient {number}")
    assert cost() == few


OWNERS = [
    ("GET", "/patients/{patient}/edit"),
    ("POST", "/patients/{patient}/edit"),
    ("GET", "/patients/{patient}/guardians"),
    ("POST", "/patients/{patient}/guardians"),
    ("POST", "/patients/{patient}/guardians/{guardian}/remove"),
]


class TestWhoMayNot:
    @pytest.fixture
    def call(self, at, alice, child):
        owner = Guardianship.objects.get(user=alice.id, patient=child.id).uuid

        def called(client, method, path, **other):
            path = path.format(**({"patient": child.id, "guardian": owner} | other))
            form = {"name": "Mallory", "email": "charlie@example.org", "role": "owner"}
            return client.get(path) if method == "GET" else client.post(path, form)

        yield called
        assert "Mallory" not in words_of(at.alice.get("/patients"))
        assert Guardianship.objects.filter(patient=child.id, role="owner").count() == 1

    @pytest.mark.parametrize(("method", "path"), OWNERS)
    def test_tells_strangers_nothing(self, at, call, method, path):
        real = call(at.charlie, method, path)
        made_up = call(at.charlie, method, path, patient=new_id(), guardian=new_id())
        assert real.status_code == made_up.status_code == 404

    @pytest.mark.parametrize(("method", "path"), OWNERS)
    def test_lets_a_viewer_decide_nothing(self, at, call, method, path):
        assert call(at.bob, method, path).status_code == 404

    @pytest.mark.parametrize(("method", "path"), OWNERS)
    def test_lets_an_editor_decide_nothing(self, call, erin, method, path):
        assert call(signed_in(Client(), erin), method, path).status_code == 404

    @pytest.mark.parametrize(("method", "path"), OWNERS)
    def test_sends_guests_to_sign_in(self, at, call, method, path):
        assert call(at.nobody, method, path)["Location"].startswith("/accounts/login/")

    @pytest.mark.parametrize("path", [path for method, path in OWNERS if method == "POST"])
    def test_changes_nothing_without_the_token(self, at, call, path):
        assert call(at.strict, "POST", path).status_code == 403

    def test_shows_an_administrator_no_patient(self, at, ada, call):
        hers = signed_in(Client(), ada)
        assert "Carl" not in words_of(hers.get("/patients"))
        assert call(hers, "GET", "/patients/{patient}/records").status_code == 404

    def test_ends_with_its_date(self, at, call, child):
        Guardianship.objects.filter(user__email="bob@example.org").update(ends_at=timezone.now())
        assert call(at.bob, "GET", "/patients/{patient}/records").status_code == 404


def test_needs_no_patient_for_the_settings(at):
    assert signed_in(Client(), make_person("fred")).get("/settings").status_code == 200
