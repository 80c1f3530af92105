"""One table: error code → status and title of the problem document (RFC 9457)."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError

from chartkeep.lib.errors import ChartkeepError

PROBLEMS: dict[str, tuple[int, str]] = {
    "not_found": (404, "Not found"),
    "invalid_input": (422, "Invalid input"),
    # accounts
    "email_taken": (409, "E-mail address taken"),
    "invitation_refused": (403, "Invitation refused"),
    "last_owner": (409, "Last owner"),
    "last_administrator": (409, "Last administrator"),
    "self_exists": (409, "Own record exists"),
    "mail_not_sent": (502, "E-mail not sent"),
    "too_many_tries": (429, "Too many tries"),
    # keys
    "vault_missing": (410, "Key destroyed"),
    "keys_unavailable": (503, "Keys unavailable"),
    # records
    "upload_too_large": (413, "Upload too large"),
    "quota_exceeded": (413, "Quota exceeded"),
    "storage_full": (507, "Storage full"),
    "storage_unavailable": (503, "Storage unavailable"),
    "empty_file": (422, "Empty file"),
    "body_incomplete": (400, "Body incomplete"),
    "range_invalid": (416, "Range not satisfiable"),
    "integrity_failure": (500, "Integrity failure"),
    "too_large_for_suite": (413, "Too large for Fernet"),
    # shares
    "share_refused": (403, "Share refused"),
    "passcode_required": (401, "Passcode required"),
    "clinician_required": (403, "Clinician sign-in required"),
    "share_over": (409, "Share is over"),
}

_RETRY_AFTER_SECONDS = {"storage_unavailable": "5", "keys_unavailable": "30"}


def problem(status: int, code: str, title: str, detail: str = "", **members: Any) -> HttpResponse:
    """An ``application/problem+json`` answer with our stable ``code`` as an extension member."""
    from ninja.responses import Response

    body = {"type": f"urn:chartkeep:problem:{code}", "title": title, "status": status, "code": code}
    if detail:
        body["detail"] = detail
    answer = Response(body | members, status=status, content_type="application/problem+json")
    if code in _RETRY_AFTER_SECONDS:
        answer["Retry-After"] = _RETRY_AFTER_SECONDS[code]
    if status == 401:  # noqa: PLR2004 - the status of RFC 9110
        answer["WWW-Authenticate"] = "Bearer"
    return answer


def told(error: ChartkeepError) -> HttpResponse:
    """The problem document of a domain error."""
    status, title = PROBLEMS[error.code]
    facts = {name: value for name, value in error.facts.items() if value is not None}
    return problem(status, error.code, title, str(error), **({"facts": facts} if facts else {}))


def register(api: NinjaAPI) -> None:
    """Teach ``api`` to answer every error with a problem document."""

    @api.exception_handler(ChartkeepError)
    def domain_error(_request: HttpRequest, error: ChartkeepError) -> HttpResponse:
        return told(error)

    @api.exception_handler(ValidationError)
    def invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
        # Only where and what kind: the value itself may be a secret or a diagnosis.
        errors = [
            {"field": ".".join(str(part) for part in item["loc"][1:]), "problem": item["msg"]}
            for item in error.errors
        ]
        return problem(422, "invalid_input", "Invalid input", errors=errors)

    @api.exception_handler(AuthenticationError)
    def unauthenticated(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
        return problem(401, "not_signed_in", "Not signed in", "Send a valid access token.")

    @api.exception_handler(AuthorizationError)
    def unauthorised(_request: HttpRequest, _error: AuthorizationError) -> HttpResponse:
        return problem(404, "not_found", "Not found")

    @api.exception_handler(Http404)
    def absent(_request: HttpRequest, _error: Http404) -> HttpResponse:
        return problem(404, "not_found", "Not found")

    @api.exception_handler(HttpError)
    def malformed(_request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(error.status_code, "bad_request", "Bad request", str(error))
