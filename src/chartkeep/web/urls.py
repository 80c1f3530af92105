"""Paths of all pages. Each room names its own full paths."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("", include("chartkeep.web.arrival.urls")),
    path("", include("chartkeep.web.profile.urls")),
    path("", include("chartkeep.web.people.urls")),
    path("", include("chartkeep.web.scan.urls")),
    path("", include("chartkeep.web.patients.urls")),
    path("", include("chartkeep.web.records.urls")),
    path("", include("chartkeep.web.sharing.urls")),
    path("", include("chartkeep.web.viewer.urls")),
    path("", include("chartkeep.web.log.urls")),
]
