"""Shares: pick and make, show the code, list, change, revoke; and the redeeming that /q and /s post to."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chartkeep.accounts.access import patients_of, writable_patient_for
from chartkeep.accounts.requests import actor_of
from chartkeep.lib import qr
from chartkeep.lib.errors import InvalidInputError
from chartkeep.records.queries import list_records, records_by_ids
from chartkeep.sharing import queries
from chartkeep.sharing.details import MAX_RECORDS
from chartkeep.sharing.flows import create, edit, redeem, revoke, show
from chartkeep.web.forms import tell
from chartkeep.web.log.sentences import sentence
from chartkeep.web.patients.current import look_at, nobody_to_write_for, remembered_to_write
from chartkeep.web.records.forms import CATEGORIES
from chartkeep.web.sharing.forms import ShareEditForm, ShareForm, initial_of
from chartkeep.web.viewer.session import remember_viewer

_LINES = 30  # of its own log, on the page of a share


@require_safe
@login_required
def new_here(request: HttpRequest) -> HttpResponse:
    """Share records of the patient looked at last."""
    patient = remembered_to_write(request)
    return redirect("sharing:new", patient.id) if patient else nobody_to_write_for(request)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Pick records and a preset; the next page is the code."""
    actor, found = actor_of(request), look_at(request, patient)
    writable_patient_for(actor, patient)
    form = ShareForm(request.POST or None)
    picked = _uuids((request.POST or request.GET).getlist("record"))
    if request.method == "POST" and form.is_valid():
        try:
            made = create.create(actor=actor, request=form.request(patient, picked))
        except InvalidInputError as problem:
            tell(form, problem)
        else:
            return redirect("sharing:detail", made.id)
    page = list_records(actor=actor, patient=patient, limit=200)
    extra = [record for record in picked if record not in {view.id for view in page.items}]
    context = {
        "patient": found,
        "form": form,
        "records": [*records_by_ids(actor, extra), *page.items],
        "picked": picked or ([page.items[0].id] if len(page.items) == 1 else []),
        "most": MAX_RECORDS,
        "names": dict(CATEGORIES),
        "cut": page.next_cursor is not None,
    }
    return render(request, "sharing/new.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def shares(request: HttpRequest) -> HttpResponse:
    """All shares of everyone the user acts for, newest first."""
    actor = actor_of(request)
    page = queries.list_shares(actor=actor, cursor=request.GET.get("cursor"))
    patients = {view.id: view for view in patients_of(actor)}
    context = {
        "live": [(share, patients[share.patient]) for share in page.items if share.state == "active"],
        "over": [(share, patients[share.patient]) for share in page.items if share.state != "active"],
        "page": page,
    }
    return render(request, "sharing/list.html", context)


@require_safe
@login_required
def detail(request: HttpRequest, share: UUID) -> HttpResponse:
    """A share; while it lives, its code as large as the screen."""
    actor = actor_of(request)
    view = queries.get_share(actor=actor, share=share)
    patient = look_at(request, view.patient)
    may_show = patient.role != "viewer" and view.state == "active"
    link = show.link(actor=actor, share=share) if may_show else ""
    page = queries.access_log(actor=actor, patient=view.patient, share=share, limit=_LINES)
    context: dict[str, Any] = {
        "share": view,
        "lines": [(line, sentence(line)) for line in page.items],
        "patient": patient,
        "may_write": patient.role != "viewer",
        "records": records_by_ids(actor, view.record_ids),
        "link": link,
        "code": qr.svg(link, title=_("QR code")) if link else "",
    }
    return render(request, "sharing/detail.html", context)


@require_safe
@login_required
def picture(request: HttpRequest, share: UUID, kind: str) -> HttpResponse:
    """The code as a file, to send or print: ``svg`` or ``png``."""
    link = show.link(actor=actor_of(request), share=share)
    drawn: str | bytes = qr.svg(link, title=_("QR code")) if kind == "svg" else qr.png(link, scale=8)
    answer = HttpResponse(drawn, content_type="image/svg+xml" if kind == "svg" else "image/png")
    answer["Content-Disposition"] = f'attachment; filename="chartkeep-qr.{kind}"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change(request: HttpRequest, share: UUID) -> HttpResponse:
    """Change the label, the end or the number of openings of a share."""
    actor = actor_of(request)
    view = queries.get_share(actor=actor, share=share)
    writable_patient_for(actor, view.patient)
    form = ShareEditForm(request.POST or None, initial=initial_of(view))
    if request.method == "POST" and form.is_valid():
        try:
            edit.edit(actor=actor, share=share, **form.changes())
        except InvalidInputError as problem:
            tell(form, problem)
        else:
            messages.success(request, _("Saved."))
            return redirect("sharing:detail", share)
    return render(
        request, "sharing/edit.html", {"form": form, "share": view}, status=422 if form.errors else 200
    )


@require_POST
@login_required
def stop(request: HttpRequest, share: UUID) -> HttpResponse:
    """Revoke a share."""
    revoke.revoke(actor=actor_of(request), share=share)
    messages.success(request, _("Stopped. Nobody can open it any more."))
    return redirect("sharing:list")


@require_POST
def redeem_share(request: HttpRequest) -> HttpResponse:
    """A deliberate opening, posted by /q and /s. Gives a viewer session in a cookie; refusals are JSON."""
    redeemed = redeem.redeem(
        actor=actor_of(request),
        token=request.POST.get("token", ""),
        token_id=request.POST.get("token_id", ""),
        passcode=request.POST.get("passcode", ""),
        recipient=request.POST.get("recipient", ""),
        idempotency_key=request.POST.get("idempotency_key", ""),
    )
    answer = JsonResponse({"ok": True, "next": reverse("viewer:shared")})
    remember_viewer(answer, redeemed)
    return answer


def _uuids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
