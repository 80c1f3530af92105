"""Paths of these pages."""

from django.urls import path

from chartkeep.web.log import views

app_name = "log"
urlpatterns = [
    path("log", views.log_here, name="list"),
    path("patients/<uuid:patient>/log", views.log, name="patient"),
]
