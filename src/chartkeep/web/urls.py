"""Paths of all pages. Each room names its own full paths."""

from django.urls import include, path

from chartkeep.web.profile.views import sessions

urlpatterns = [
    # In the place of allauth's list, which would show neither address nor browser: we keep both sealed.
    path("accounts/sessions/", sessions, name="usersessions_list"),
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
