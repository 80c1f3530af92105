"""Records: the timeline, one record, adding, changing, the trash."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chartkeep.accounts.access import writable_patient_for
from chartkeep.accounts.requests import actor_of
from chartkeep.lib.content import content_response
from chartkeep.lib.errors import InvalidInputError
from chartkeep.records import queries
from chartkeep.records.flows import edit as edit_flow
from chartkeep.records.flows import erase as erase_flow
from chartkeep.records.flows import read as read_flow
from chartkeep.records.flows import trash as trash_flow
from chartkeep.web.errors import wants_fragment
from chartkeep.web.forms import tell
from chartkeep.web.patients.current import look_at, remembered
from chartkeep.web.records.forms import CATEGORIES, RecordForm, initial_of

_LONGEST_SEARCH = 200


@require_safe
@login_required
def records(request: HttpRequest) -> HttpResponse:
    """The timeline of the patient looked at last."""
    patient = remembered(request)
    return redirect("records:timeline", patient.id) if patient else redirect("patients:add")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def timeline(request: HttpRequest, patient: UUID) -> HttpResponse:
    """A patient's records by year. A search comes by POST: its words stay out of addresses and logs."""
    found = look_at(request, patient)
    text = request.POST.get("q", "").strip()[:_LONGEST_SEARCH]
    category = request.GET.get("category") or None
    page = queries.list_records(
        actor=actor_of(request),
        patient=patient,
        category=category,
        text=text or None,
        cursor=None if text else request.GET.get("cursor"),
        limit=200 if text else 50,
    )
    context = {
        "patient": found,
        "may_write": found.role != "viewer",
        "page": page,
        "categories": CATEGORIES,
        "names": dict(CATEGORIES),
        "category": category,
        "text": text,
    }
    part = wants_fragment(request) and bool(request.GET.get("cursor"))
    return render(request, "records/rows.html" if part else "records/list.html", context)


@require_safe
@login_required
def detail(request: HttpRequest, record: UUID) -> HttpResponse:
    """One record: its facts, its file, its versions."""
    actor = actor_of(request)
    view = queries.get_record(actor=actor, record=record)
    patient = look_at(request, view.patient)
    context = {
        "patient": patient,
        "may_write": patient.role != "viewer",
        "record": view,
        "kind": dict(CATEGORIES)[view.category],
        "versions": queries.versions(actor, record),
    }
    return render(request, "records/detail.html", context)


@require_safe
@login_required
def content(request: HttpRequest, record: UUID, number: int | None = None) -> HttpResponseBase:
    """The document itself, as an attachment."""
    actor = actor_of(request)
    version = queries.version(actor=actor, record=record, number=number)

    def stream(start: int, stop: int) -> Iterator[bytes]:
        return read_flow.read(
            actor=actor, record=record, version=version.number, start=start, stop=stop
        ).stream

    return content_response(
        request,
        size=version.size,
        version=version.object_id.hex,
        media_type=version.media_type,
        file_name=version.file_name,
        stream=stream,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit(request: HttpRequest, record: UUID) -> HttpResponse:
    """Change what is said of a record."""
    actor = actor_of(request)
    view = queries.get_record(actor=actor, record=record)
    writable_patient_for(actor, view.patient)
    form = RecordForm(request.POST or None, initial=initial_of(view))
    if request.method == "POST" and form.is_valid():
        try:
            edit_flow.edit(actor=actor, record=record, **form.changes())
        except InvalidInputError as problem:
            tell(form, problem)
        else:
            messages.success(request, _("Saved."))
            return redirect("records:detail", record)
    context: dict[str, Any] = {"form": form, "record": view}
    return render(request, "records/edit.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def trash(request: HttpRequest, record: UUID) -> HttpResponse:
    """Put a record into the trash."""
    view = trash_flow.trash(actor=actor_of(request), record=record)
    messages.success(request, _("“%(title)s” is in the trash.") % {"title": view.title})
    return redirect("records:timeline", view.patient)


@require_POST
@login_required
def restore(request: HttpRequest, record: UUID) -> HttpResponse:
    """Take a record out of the trash."""
    view = trash_flow.restore(actor=actor_of(request), record=record)
    messages.success(request, _("“%(title)s” is back.") % {"title": view.title})
    return redirect("records:detail", record)


@require_POST
@login_required
def erase(request: HttpRequest, record: UUID) -> HttpResponse:
    """Erase a record in the trash for good."""
    actor = actor_of(request)
    patient = queries.get_record(actor=actor, record=record).patient
    erase_flow.erase(actor=actor, record=record)
    messages.success(request, _("The record is erased for good."))
    return redirect("records:trashed", patient)


@require_safe
@login_required
def trashed(request: HttpRequest, patient: UUID) -> HttpResponse:
    """What is in a patient's trash."""
    found = look_at(request, patient)
    page = queries.list_records(
        actor=actor_of(request), patient=patient, trashed=True, cursor=request.GET.get("cursor")
    )
    return render(
        request, "records/trash.html", {"patient": found, "page": page, "days": settings.TRASH_DAYS}
    )
