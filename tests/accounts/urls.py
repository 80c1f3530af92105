"""The paths that accounts needs, without the pages and the API."""

from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path("", lambda request: HttpResponse("home")),
]
