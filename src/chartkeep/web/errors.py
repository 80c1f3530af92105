"""One table: error code → status, title and template of its page. Also the pages of Django's own errors.

A page says what to do and nothing else: never where the error came from. Requests of our scripts
(``Accept: application/json``) get the code as JSON, requests of htmx a notice.
"""

from dataclasses import dataclass
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chartkeep.lib.errors import ChartkeepError

log = structlog.get_logger(__name__)

PLAIN = "errors/page.html"
STANDALONE = "errors/standalone.html"  # asks neither session nor database


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """How an error looks: HTTP status, title, template; seconds after which to try again (0: not said)."""

    status: int
    title: Any
    template: str = PLAIN
    retry_after: int = 0


PAGES: dict[str, ErrorPage] = {
    "not_found": ErrorPage(404, _("Nothing here")),
    "invalid_input": ErrorPage(422, _("Please check what you entered")),
    # accounts
    "email_taken": ErrorPage(409, _("There is an account already")),
    "invitation_refused": ErrorPage(403, _("This link does not work any more")),
    "last_owner": ErrorPage(409, _("Somebody must stay in charge")),
    "last_administrator": ErrorPage(409, _("Somebody must run this Chartkeep")),
    "self_exists": ErrorPage(409, _("You have a record already")),
    "mail_not_sent": ErrorPage(502, _("The e-mail was not sent"), retry_after=60),
    "too_many_tries": ErrorPage(429, _("Too many tries"), retry_after=86_400),
    # keys
    "vault_missing": ErrorPage(410, _("This record was erased")),
    "keys_unavailable": ErrorPage(503, _("Please try again in a moment"), retry_after=30),
    # records
    "upload_too_large": ErrorPage(413, _("This file is too large")),
    "quota_exceeded": ErrorPage(413, _("Your space is used up")),
    "storage_full": ErrorPage(507, _("The storage is full")),
    "storage_unavailable": ErrorPage(503, _("The storage does not answer"), retry_after=5),
    "empty_file": ErrorPage(422, _("This file is empty")),
    "body_incomplete": ErrorPage(400, _("The upload stopped half-way")),
    "range_invalid": ErrorPage(416, _("This part of the file does not exist")),
    "integrity_failure": ErrorPage(500, _("This file is damaged")),
    "too_large_for_suite": ErrorPage(413, _("This file is too large")),
    # shares
    "share_refused": ErrorPage(403, _("This code or link does not work")),
    "passcode_required": ErrorPage(401, _("This share has a passcode")),
    "clinician_required": ErrorPage(403, _("For signed-in clinicians only")),
    "share_over": ErrorPage(409, _("This share is over")),
    # Django's own
    "bad_request": ErrorPage(400, _("This request could not be read"), STANDALONE),
    "forbidden": ErrorPage(403, _("This is not allowed"), STANDALONE),
    "csrf_failure": ErrorPage(403, _("This page was open for too long"), STANDALONE),
    "server_error": ErrorPage(500, _("Something went wrong here"), STANDALONE),
}

_TEXTS = {
    "not_found": _("There is nothing here, or it is not yours to see."),
    "bad_request": _("The browser sent something that could not be read. Go back and try again."),
    "forbidden": _("You are not allowed to do this."),
    "csrf_failure": _(
        "Forms work for a limited time and need cookies, to protect you. "
        "Go back, reload the page and try again."
    ),
    "server_error": _(
        "It is not your fault, and nothing was changed half-way. Please try again in a moment."
    ),
}


def told(request: HttpRequest, problem: ChartkeepError) -> HttpResponse:
    """The answer to a domain error. A code without a page is a mistake of ours, and says nothing."""
    if problem.code not in PAGES:
        log.error("error_without_page", code=problem.code)
        return page(request, "server_error")
    facts = {name: value for name, value in problem.facts.items() if value is not None}
    text = gettext(problem.message)
    return page(request, problem.code, text.format(**facts) if facts else text, facts)


def page(
    request: HttpRequest, code: str, text: str = "", facts: dict[str, Any] | None = None
) -> HttpResponse:
    """The answer for a code of the table, as a page, a notice or JSON, whichever was asked for."""
    shown = PAGES[code]
    text = text or str(_TEXTS.get(code, ""))
    answer: HttpResponse
    if wants_json(request):
        answer = JsonResponse({**(facts or {}), "code": code, "message": text}, status=shown.status)
    else:
        fragment = wants_fragment(request)
        template = "errors/notice.html" if fragment else shown.template
        context = {"title": shown.title, "text": text, "code": code, "status": shown.status}
        answer = render(request, template, context, status=shown.status)
        if fragment:
            answer["HX-Retarget"], answer["HX-Reswap"] = "#notices", "innerHTML"
    if shown.retry_after:
        answer["Retry-After"] = str(shown.retry_after)
    return answer


def wants_json(request: HttpRequest) -> bool:
    """Whether one of our scripts asks."""
    return "application/json" in request.headers.get("Accept", "")


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's shape
    """400."""
    return page(request, "bad_request")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's shape
    """403."""
    return page(request, "forbidden")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's shape
    """404."""
    return page(request, "not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    """500, with no details."""
    return page(request, "server_error")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's shape
    """403 for a form that was open for too long, or came from elsewhere."""
    return page(request, "csrf_failure")
