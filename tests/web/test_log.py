"""Who saw my records: plain sentences for everything, refusals with their true reason, for guardians only."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.records.making import add
from tests.web.conftest import content_of, words_of
from tests.web.test_sharing import link_of, open_share, redeeming, share_of

import chartkeep
from chartkeep.audit.tags import Outcome, Tag
from chartkeep.sharing.details import LogLine
from chartkeep.web.log.sentences import DONE, REASONS, sentence

pytestmark = pytest.mark.django_db


def line(tag, *, outcome=Outcome.OK, **given):
    facts = {
        "at": datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
        "reason": "",
        "actor_kind": "user",
        "actor_label": "alice@example.org",
        "share": None,
        "share_label": "",
        "record": None,
        "record_title": "",
        "address": "192.0.2.7",
        "user_agent": "Firefox",
    }
    return LogLine(**(facts | {"tag": str(tag), "outcome": str(outcome)} | given))


class TestSentences:
    @pytest.mark.parametrize("tag", Tag)
    @pytest.mark.parametrize("outcome", Outcome)
    def test_says_every_tag_with_every_outcome(self, tag, outcome):
        text = sentence(line(tag, outcome=outcome, reason="expired"))
        assert text.endswith(".")
        assert "{" not in text
        if outcome != Outcome.OK and tag != Tag.RECORD_INTEGRITY_FAILURE:
            assert text != sentence(line(tag))

    def test_says_each_tag_differently(self):
        assert len({str(words) for words in DONE.values()}) == len(Tag)

    def test_names_who_what_and_which_share(self):
        assert sentence(line(Tag.RECORD_READ, record_title="Blood")) == "alice@example.org opened “Blood”."
        text = sentence(line(Tag.SHARE_REVOKE, share_label="For Dr. Dana"))
        assert text == "alice@example.org stopped the share “For Dr. Dana”."

    def test_marks_a_name_that_a_guest_gave(self):
        text = sentence(line(Tag.SHARE_REDEEM, actor_kind="anonymous", actor_label="Dr. Dana"))
        assert text == "Somebody who gave the name “Dr. Dana” opened a share."

    def test_names_nobody_when_nobody_is_known(self):
        text = sentence(line(Tag.RECORD_READ, actor_kind="viewer", actor_label=""))
        assert text == "Somebody who opened a share opened a record."

    @pytest.mark.parametrize("braces", ["{who}", "{0.__class__}", "{", "}{"])
    def test_takes_no_instructions_from_names(self, braces):
        text = sentence(line(Tag.RECORD_READ, actor_label=braces, record_title=braces))
        assert text == f"{braces} opened “{braces}”."

    def test_knows_every_reason_for_which_a_share_is_refused(self):
        source = Path(chartkeep.__file__).parent / "sharing"
        code = "\n".join(path.read_text() for path in source.rglob("*.py")).replace('reason="field"', "")
        given = set(re.findall(r'(?:refuse|log_refusal)\([^,()]+, "(\w+)"\)|reason="(\w+)"', code))
        given |= set(re.findall(r'Found\((?:None|share), "(\w+)"\)()', code))
        reasons = {first or second for first, second in given}
        assert {"forged", "erased", "not_a_clinician"} <= reasons
        assert reasons <= set(REASONS)


@pytest.fixture
def record(at, alice, child):
    return add(alice, child)


def log_of(client, patient):
    return words_of(client.get(f"/patients/{patient.id}/log"))


class TestPage:
    def test_tells_what_a_guardian_did(self, at, child, record):
        content_of(at.alice.get(f"/records/{record.id}/content", REMOTE_ADDR="198.51.100.9"))
        page = log_of(at.alice, child)
        assert "alice@example.org added “Blood count”." in page
        assert "alice@example.org opened “Blood count”." in page
        assert "from 198.51.100.9" in page
        assert page.index("opened “Blood") < page.index("added “Blood")

    def test_tells_who_opened_a_share_and_who_was_refused_why(self, at, child, record):
        share = share_of(at.alice, child, record, max_access_count="1", label="For Dr. Dana")
        link = link_of(at.alice, share)
        assert Client().post("/open", redeeming(link, recipient="Dr. Dana")).status_code == 200
        assert Client().post("/open", redeeming(link, recipient="Eve")).status_code == 403
        page = log_of(at.alice, child)
        assert "Somebody who gave the name “Dr. Dana” opened the share “For Dr. Dana”." in page
        assert (
            "Somebody who gave the name “Eve” tried to open the share “For Dr. Dana” and was refused: "
            "all its openings were used up." in page
        )
        assert "Refused." in page

    def test_groups_by_day(self, at, child, record):
        now = datetime.now(UTC)
        assert f"{now:%A}, {now.day} {now:%B %Y}" in log_of(at.alice, child)

    def test_goes_on_where_it_stopped(self, at, child, record):
        for _ in range(52):
            at.alice.post(
                f"/records/{record.id}/edit",
                {"title": f"{_}", "category": "other", "service_date": "2026-01-01"},
            )
        path = f"/patients/{child.id}/log"
        first = at.alice.get(path).content.decode()
        more = re.search(r'href="(\?cursor=[^"]+)"', first)[1]
        part = at.alice.get(path + more, headers={"HX-Request": "true"}).content.decode()
        assert "<!doctype" not in part
        assert "began this collection" in part
        assert "began this collection" not in first
        assert "<!doctype" in at.alice.get(path + more).content.decode()

    def test_costs_the_same_queries_for_few_and_for_many(self, at, child, record):
        def cost():
            with CaptureQueriesContext(connection) as queries:
                assert at.alice.get(f"/patients/{child.id}/log").status_code == 200
            return len(queries)

        cost()
        few = cost()
        for _ in range(10):
            at.alice.post(f"/records/{record.id}/trash")
            at.alice.post(f"/records/{record.id}/restore")
        assert cost() == few

    def test_is_for_guardians_only(self, at, alice_self, child):
        assert at.bob.get(f"/patients/{child.id}/log").status_code == 200
        assert at.bob.get(f"/patients/{alice_self.id}/log").status_code == 404
        assert at.charlie.get(f"/patients/{child.id}/log").status_code == 404
        assert at.nobody.get(f"/patients/{child.id}/log").status_code == 302
        assert at.alice.post(f"/patients/{child.id}/log").status_code == 405

    def test_refuses_a_cursor_of_its_own_making(self, at, child):
        assert at.alice.get(f"/patients/{child.id}/log?cursor=zzz").status_code == 422

    def test_shows_names_of_guests_as_text(self, at, child, record):
        share = share_of(at.alice, child, record)
        open_share(at.nobody, share, recipient="<script>alert(1)</script>\u202e")
        page = log_of(at.alice, child)
        assert "<script>alert" not in page
        assert "\u202e" not in page

    def test_leads_from_the_menu_to_the_patient_looked_at_last(self, at, child):
        at.alice.get(f"/patients/{child.id}/records")
        assert at.alice.get("/log")["Location"] == f"/patients/{child.id}/log"
        assert at.charlie.get("/log")["Location"] == "/patients/add"
