"""Who saw my records."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from chartkeep.accounts.requests import actor_of
from chartkeep.sharing.queries import access_log
from chartkeep.web.errors import wants_fragment
from chartkeep.web.log.sentences import sentence
from chartkeep.web.patients.current import look_at, remembered


@require_safe
@login_required
def log_here(request: HttpRequest) -> HttpResponse:
    """The log of the patient looked at last."""
    patient = remembered(request)
    return redirect("log:patient", patient.id) if patient else redirect("patients:add")


@require_safe
@login_required
def log(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Everything that happened to a patient's record, refusals included, newest first, day by day."""
    found, cursor = look_at(request, patient), request.GET.get("cursor")
    page = access_log(actor=actor_of(request), patient=patient, cursor=cursor)
    lines = [{"line": line, "text": sentence(line), "day": line.at.date()} for line in page.items]
    part = wants_fragment(request) and bool(cursor)
    context = {"patient": found, "page": page, "lines": lines}
    return render(request, "log/days.html" if part else "log/list.html", context)
