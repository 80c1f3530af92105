"""Paths of these pages."""

from django.urls import path

from chartkeep.web.arrival import views

app_name = "arrival"
urlpatterns = [
    path("setup", views.first_run, name="setup"),
    path("invitation", views.invitation, name="invitation"),
]
