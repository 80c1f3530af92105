"""The pages of errors: what they say, and what they never say."""

import json

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path

from chartkeep.accounts.errors import TooManyTriesError
from chartkeep.lib.errors import ChartkeepError, NotFoundError
from chartkeep.web import urls as pages

SECRET = "blood pressure of Alice"


class UnlistedError(ChartkeepError):
    code = "never_listed"
    message = SECRET


def raising(problem):
    def view(request):
        raise problem

    return view


urlpatterns = [
    *pages.urlpatterns,
    path("absent", raising(NotFoundError())),
    path("often", raising(TooManyTriesError())),
    path("unlisted", raising(UnlistedError())),
    path("crash", raising(RuntimeError(SECRET))),
    path("fine", lambda request: HttpResponse("fine")),
]
handler400 = "chartkeep.web.errors.bad_request"
handler403 = "chartkeep.web.errors.forbidden"
handler404 = "chartkeep.web.errors.not_found"
handler500 = "chartkeep.web.errors.server_error"


@pytest.fixture(autouse=True)
def _paths(settings):
    settings.ROOT_URLCONF = __name__


@pytest.mark.django_db
def test_shows_a_domain_error_as_its_page(client):
    answer = client.get("/absent")
    assert answer.status_code == 404
    assert "Nothing here" in answer.content.decode()


@pytest.mark.django_db
def test_answers_absent_paths_and_absent_rows_alike(client):
    row, path_ = client.get("/absent"), client.get("/no-such-page")
    assert row.status_code == path_.status_code == 404
    assert "There is nothing here, or it is not yours to see." in row.content.decode()
    assert "There is nothing here, or it is not yours to see." in path_.content.decode()


@pytest.mark.django_db
def test_says_when_to_try_again(client):
    assert client.get("/often")["Retry-After"] == "86400"


@pytest.mark.django_db
def test_answers_scripts_with_the_code(client):
    answer = client.get("/absent", headers={"Accept": "application/json"})
    assert json.loads(answer.content)["code"] == "not_found"


@pytest.mark.django_db
def test_answers_htmx_with_a_notice_for_the_place_of_notices(client):
    answer = client.get("/absent", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert answer["HX-Retarget"] == "#notices"
    assert "<html" not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/unlisted", "/crash"])
def test_tells_nothing_about_a_mistake_of_ours(client, address):
    client.raise_request_exception = False
    answer = client.get(address)
    assert answer.status_code == 500
    assert SECRET not in answer.content.decode()
    assert "Something went wrong here" in answer.content.decode()


def test_shows_the_page_of_a_crash_without_a_database(db_blocked_request):
    from chartkeep.web.errors import server_error

    assert server_error(db_blocked_request).status_code == 500


@pytest.fixture
def db_blocked_request():
    """A request without session, user or messages: what is left when the database is gone."""
    return RequestFactory().get("/")


@pytest.mark.django_db
def test_refuses_a_form_without_its_token_and_says_why(client):
    client.handler.enforce_csrf_checks = True
    answer = client.post("/fine")
    assert answer.status_code == 403
    assert "reload the page" in answer.content.decode()
