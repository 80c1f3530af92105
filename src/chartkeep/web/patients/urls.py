"""Paths of these pages."""

from django.urls import path

from chartkeep.web.patients import views

app_name = "patients"
urlpatterns = [
    path("", views.home, name="home"),
    path("patients", views.family, name="list"),
    path("patients/add", views.add, name="add"),
    path("patients/<uuid:patient>/edit", views.edit, name="edit"),
    path("patients/<uuid:patient>/guardians", views.guardians, name="guardians"),
    path("patients/<uuid:patient>/guardians/<uuid:guardian>/remove", views.dismiss, name="dismiss"),
]
