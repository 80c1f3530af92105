"""Adding and replacing: the file is sealed while it arrives, by a script's raw PUT or a plain form."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import (
    HttpRequest,
    HttpResponse,
    JsonResponse,
    QueryDict,
    RawPostDataException,
    UnreadablePostError,
)
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from chartkeep.accounts.access import writable_patient_for
from chartkeep.accounts.requests import actor_of
from chartkeep.lib.actor import Actor
from chartkeep.lib.errors import ChartkeepError, InvalidInputError
from chartkeep.records import queries
from chartkeep.records.details import RecordView
from chartkeep.records.errors import in_words
from chartkeep.records.flows.receive import receive, receive_version
from chartkeep.records.flows.replace import replace as replace_flow
from chartkeep.records.flows.upload import upload as upload_flow
from chartkeep.records.incoming import incoming
from chartkeep.web.errors import PAGES
from chartkeep.web.forms import tell
from chartkeep.web.patients.current import look_at, nobody_to_write_for, remembered_to_write
from chartkeep.web.records.forms import NewRecordForm, RecordForm


@require_http_methods(["GET", "HEAD"])
@login_required
def add_here(request: HttpRequest) -> HttpResponse:
    """Add a record for the patient looked at last."""
    patient = remembered_to_write(request)
    return redirect("records:add_for", patient.id) if patient else nobody_to_write_for(request)


def _signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """``login_required``, but a script gets JSON: a browser would send the file again to the sign-in page."""
    of_a_person = login_required(view)

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "PUT" and not request.user.is_authenticated:
            message = _("You are signed out. Sign in, then send the file again.")
            return JsonResponse({"code": "not_signed_in", "message": message}, status=401)
        return of_a_person(request, *args, **kwargs)

    return guarded


# Django reads a form before its middleware has checked the token, so the handler that seals the file must
# be in place first: the outer view is exempt, `incoming` sets the handler, and the inner view is protected.
# What was sealed before a refusal is dropped.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST", "PUT"])
@_signed_in
def add(request: HttpRequest, patient: UUID) -> HttpResponse:
    """The page that adds a record, and both ways of sending it."""
    actor = actor_of(request)
    writable_patient_for(actor, patient)
    if request.method == "PUT":
        return _protected(request, lambda: _put(request, actor, patient))
    if request.method == "POST":
        return _posted(request, actor, patient)
    form = NewRecordForm(initial={"service_date": timezone.now().date()})
    return _page(request, patient, form)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST", "PUT"])
@_signed_in
def replace(request: HttpRequest, record: UUID) -> HttpResponse:
    """The page that stores a new version of a record, and both ways of sending it."""
    actor = actor_of(request)
    view = queries.get_record(actor=actor, record=record)
    look_at(request, view.patient)
    writable_patient_for(actor, view.patient)
    context = {"record": view, "most": in_words(settings.MAX_UPLOAD_SIZE)}
    if request.method not in {"POST", "PUT"}:
        return _protected(request, lambda: render(request, "records/replace.html", context))
    if request.method == "PUT":
        return _protected(request, lambda: _next(_replaced(request, actor, record)))
    try:
        _check_is_form(request)
        with incoming(
            request, lambda size: receive_version(actor=actor, record=record, declared=size)
        ) as file:
            refusal = _csrf_refusal(request)
            if refusal is not None:
                return refusal
            replace_flow(actor=actor, record=record, content=file.receiver, file_name=file.file_name)
    except ChartkeepError as problem:
        context["problem"], status = _told(problem), PAGES[problem.code].status
        return _protected(request, lambda: render(request, "records/replace.html", context, status=status))
    return redirect("records:detail", record)


def _put(request: HttpRequest, actor: Actor, patient: UUID) -> HttpResponse:
    with incoming(request, lambda size: receive(actor=actor, patient=patient, declared=size)) as file:
        form = RecordForm({name: value for name, value in file.members.items() if isinstance(value, str)})
        if not form.is_valid():
            field, errors = next(iter(form.errors.items()))
            label = form.fields[field].label if field in form.fields else field
            raise InvalidInputError(field=str(label), problem=str(errors[0]))
        made = upload_flow(
            actor=actor,
            patient=patient,
            content=file.receiver,
            file_name=file.file_name,
            details=form.details(),
        )
    return _next(made)


def _posted(request: HttpRequest, actor: Actor, patient: UUID) -> HttpResponse:
    form, status = NewRecordForm(), 422
    try:
        _check_is_form(request)
        with incoming(request, lambda size: receive(actor=actor, patient=patient, declared=size)) as file:
            refusal = _csrf_refusal(request)
            if refusal is not None:
                return refusal
            form = NewRecordForm(file.members)
            if form.is_valid():
                made = upload_flow(
                    actor=actor,
                    patient=patient,
                    content=file.receiver,
                    file_name=file.file_name,
                    details=form.details(),
                )
                return redirect("records:detail", made.id)
    except ChartkeepError as problem:
        form, status = NewRecordForm(_typed(request)), PAGES[problem.code].status
        if isinstance(problem, InvalidInputError):
            tell(form, problem)
        else:
            form.add_error("file", _told(problem))
    return _page(request, patient, form, status=status)


def _replaced(request: HttpRequest, actor: Actor, record: UUID) -> RecordView:
    with incoming(request, lambda size: receive_version(actor=actor, record=record, declared=size)) as file:
        return replace_flow(actor=actor, record=record, content=file.receiver, file_name=file.file_name)


def _page(request: HttpRequest, patient: UUID, form: RecordForm, status: int = 200) -> HttpResponse:
    context = {
        "patient": look_at(request, patient),
        "form": form,
    }
    return _protected(request, lambda: render(request, "records/add.html", context, status=status))


def _check_is_form(request: HttpRequest) -> None:
    """A raw body comes by PUT; a POST is the form of the page."""
    if request.content_type != "multipart/form-data":
        raise InvalidInputError(field="file", problem=_("choose a file"))


def _typed(request: HttpRequest) -> QueryDict:
    """The members that arrived of a form, however far it came."""
    try:
        return request.POST
    except (UnreadablePostError, RawPostDataException, MultiPartParserError):
        return QueryDict()


def _next(record: RecordView) -> HttpResponse:
    return JsonResponse({"next": reverse("records:detail", args=[record.id])}, status=201)


def _told(problem: ChartkeepError) -> str:
    return _(problem.message).format(**problem.facts) if problem.facts else _(problem.message)


def _protected(request: HttpRequest, answer: Any) -> HttpResponse:
    """Run ``answer`` behind Django's own check of the token, which also sets the cookie of a page."""
    request.csrf_processing_done = False  # type: ignore[attr-defined]  # the outer view was exempt
    protected: HttpResponse = csrf_protect(lambda _request: answer())(request)
    return protected


def _csrf_refusal(request: HttpRequest) -> HttpResponse | None:
    """The refusal of a form without a right token; nothing when it has one."""
    passed = HttpResponse()
    answer = _protected(request, lambda: passed)
    return None if answer is passed else answer
