"""Paths of these pages."""

from django.urls import path

from chartkeep.web.scan import views

app_name = "scan"
urlpatterns = [
    path("scan", views.camera, name="camera"),
    path("q", views.open_code, name="open_code"),
    path("s", views.open_link, name="open_link"),
]
