"""Paths of these pages."""

from django.urls import path

from chartkeep.web.viewer import views

app_name = "viewer"
urlpatterns = [
    path("shared", views.shared, name="shared"),
    path("shared/close", views.close, name="close"),
    path("shared/records/<uuid:record>/content", views.content, name="content"),
]
