"""All paths: the API under /api/v1, allauth's headless API under /_allauth, pages for the rest."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("chartkeep.api.urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path("", include("chartkeep.web.urls")),
]

handler400 = "chartkeep.web.errors.bad_request"
handler403 = "chartkeep.web.errors.forbidden"
handler404 = "chartkeep.web.errors.not_found"
handler500 = "chartkeep.web.errors.server_error"
