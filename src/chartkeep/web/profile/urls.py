"""Paths of these pages."""

from django.urls import path

from chartkeep.web.profile import views

app_name = "profile"
urlpatterns = [
    path("settings", views.home, name="home"),
    path("settings/clinician", views.clinician, name="clinician"),
    path("settings/still-here", views.still_here, name="still_here"),
    path("settings/sessions/<int:session>/end", views.end_session, name="end_session"),
    path("settings/sessions/end-others", views.end_other_sessions, name="end_other_sessions"),
]
