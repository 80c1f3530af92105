"""The routes of /api/v1."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from ninja import NinjaAPI

from chartkeep import __version__
from chartkeep.api import errors
from chartkeep.api.auth import user_auth
from chartkeep.api.log.views import router as log
from chartkeep.api.people.views import router as patients
from chartkeep.api.records.views import router as records
from chartkeep.api.shared.views import router as shared
from chartkeep.api.shares.views import router as shares

api = NinjaAPI(
    title="Chartkeep",
    version=__version__,
    description="A personal medical record vault. Sign-up, sign-in, second factors and token refresh are "
    "allauth's headless API under /_allauth/app/v1/. Errors are problem documents (RFC 9457) with a `code`.",
    urls_namespace="api",
    auth=user_auth,
    docs_url=None,
    openapi_url="/openapi.json",
)
errors.register(api)
api.add_router("/records", records)
api.add_router("/shares", shares)
api.add_router("/shared", shared)
api.add_router("/patients", patients)
api.add_router("/access-log", log)


def docs(request: HttpRequest) -> HttpResponse:
    """The description as a page: no script, nothing from elsewhere."""
    schema = api.get_openapi_schema()
    operations = [
        {"method": method.upper(), "path": route, **operation}
        for route, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    shapes = [
        {
            "name": name,
            "description": shape.get("description", ""),
            "members": sorted(shape.get("properties", {}).items()),
        }
        for name, shape in schema["components"]["schemas"].items()
    ]
    return render(
        request, "api/docs.html", {"info": schema["info"], "operations": operations, "shapes": shapes}
    )


urlpatterns = [path("docs", docs, name="api-docs"), path("", api.urls)]
