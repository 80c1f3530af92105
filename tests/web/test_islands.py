"""The islands that record and share pages stand on: upload with progress, the picker, countdowns.

Their pages are played here, from our own origin and under our own policy; the journeys use the real ones.
"""

import base64
import json

import pytest
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import engines
from django.urls import path

from chartkeep.web import urls as pages

RECEIVED = []

UPLOAD = """
{% extends "base_entrance.html" %}{% block title %}Upload{% endblock %}
{% block head %}<script type="module" nonce="{{ CSP_NONCE }}" src="{% asset "upload.js" %}"></script>{% endblock %}
{% block content %}<form method="post" data-upload="/put" data-name="file" data-failed="Failed." data-offline="Offline.">
{% csrf_token %}<label>Title <input name="title"></label><label>File <input type="file" name="file"></label>
<input type="hidden" name="tags" value="a"><input type="hidden" name="tags" value="b">
<div data-progress hidden><progress aria-label="Sent"></progress><span data-status></span><button type="button" data-cancel>Stop</button></div>
<p data-problem tabindex="-1" hidden></p><button>Send</button></form>{% endblock %}
"""
PICKER = """
{% extends "base_entrance.html" %}{% block title %}Pick{% endblock %}
{% block head %}<script type="module" nonce="{{ CSP_NONCE }}" src="{% asset "share.js" %}"></script>{% endblock %}
{% block content %}<form data-picker="record" data-most="2"><label><input type="checkbox" data-all> All</label>
{% for n in "123" %}<label><input type="checkbox" name="record" value="{{ n }}"> Record {{ n }}</label>{% endfor %}
<output data-count></output><button data-needs-one>Share</button></form>
<p>Over: <time data-countdown data-over="gone" datetime="{{ until|date:"c" }}"></time></p>{% endblock %}
"""


def shown(source):
    def view(request):
        from datetime import UTC, datetime, timedelta

        template = engines["django"].from_string(source)
        return HttpResponse(template.render({"until": datetime.now(UTC) + timedelta(seconds=3)}, request))

    return view


def put(request):
    header = request.headers["Chartkeep-Metadata"]
    facts = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    RECEIVED.append((request.method, facts, request.read()))
    if facts["title"] == "refuse":
        return JsonResponse({"code": "quota_exceeded", "message": "Your space is used up."}, status=413)
    return JsonResponse({"next": "/done"})


urlpatterns = [
    *pages.urlpatterns,
    path("upload", shown(UPLOAD)),
    path("pick", shown(PICKER)),
    path("put", put),
    path("done", lambda request: render(request, "errors/page.html", {"title": "Done"})),
]
handler404 = "chartkeep.web.errors.not_found"


@pytest.fixture
def page(settings, phone):
    settings.ROOT_URLCONF = __name__
    RECEIVED.clear()
    return phone


@pytest.fixture
def upload(page, tmp_path):
    (tmp_path / "Befund März.pdf").write_bytes(b"%PDF-1.7 " + b"x" * 300_000)
    page.goto("/upload")
    page.get_by_label("File").set_input_files(tmp_path / "Befund März.pdf")
    return page


def test_sends_the_file_as_it_is_with_its_fields_in_the_header(upload):
    upload.get_by_label("Title").fill("Blutwerte ä")
    upload.get_by_role("button", name="Send").click()
    upload.wait_for_url("**/done")
    ((method, facts, body),) = RECEIVED
    assert method == "PUT"
    assert facts == {"file_name": "Befund März.pdf", "title": "Blutwerte ä", "tags": ["a", "b"]}
    assert body == b"%PDF-1.7 " + b"x" * 300_000


def test_tells_what_the_server_would_not_take(upload, watched):
    watched.allowed.append("413")
    upload.get_by_label("Title").fill("refuse")
    upload.get_by_role("button", name="Send").click()
    upload.get_by_text("Your space is used up.").wait_for()
    assert upload.get_by_role("button", name="Send").is_enabled()
    assert upload.evaluate("document.activeElement.hasAttribute('data-problem')")


def test_tells_when_the_connection_is_lost(upload, watched):
    watched.allowed.append("ERR_")
    upload.route("**/put", lambda route: route.abort("connectionreset"))
    upload.get_by_role("button", name="Send").click()
    upload.get_by_text("Offline.").wait_for()
    assert RECEIVED == []


def test_counts_what_is_picked_and_stops_at_the_most(page):
    page.goto("/pick")
    share = page.get_by_role("button", name="Share")
    assert share.is_disabled()
    page.get_by_label("Record 1").check()
    assert share.is_enabled()
    page.get_by_label("Record 3").check()
    assert page.locator("[data-count]").inner_text() == "2"
    assert page.get_by_label("Record 2").is_disabled()
    page.get_by_label("Record 3").uncheck()
    assert page.get_by_label("Record 2").is_enabled()


def test_picks_all_up_to_the_most_and_none(page):
    page.goto("/pick")
    page.get_by_label("All").check()
    assert page.locator("[data-count]").inner_text() == "2"
    page.get_by_label("All").uncheck()
    assert page.locator("[data-count]").inner_text() == "0"
    page.get_by_label("Record 2").check()
    assert page.get_by_label("All").evaluate("box => box.indeterminate")


def test_counts_down_in_words_and_says_when_it_is_over(page):
    page.goto("/pick")
    left = page.locator("time[data-countdown]")
    assert "sec" in left.inner_text()
    page.get_by_text("gone").wait_for(timeout=5_000)
