"""Paths of these pages."""

from django.urls import path

from chartkeep.web.records import uploads, views

app_name = "records"
urlpatterns = [
    path("records", views.records, name="list"),
    path("records/add", uploads.add_here, name="add"),
    path("patients/<uuid:patient>/records", views.timeline, name="timeline"),
    path("patients/<uuid:patient>/records/add", uploads.add, name="add_for"),
    path("patients/<uuid:patient>/trash", views.trashed, name="trashed"),
    path("records/<uuid:record>", views.detail, name="detail"),
    path("records/<uuid:record>/content", views.content, name="content"),
    path("records/<uuid:record>/versions/<int:number>", views.content, name="version"),
    path("records/<uuid:record>/edit", views.edit, name="edit"),
    path("records/<uuid:record>/replace", uploads.replace, name="replace"),
    path("records/<uuid:record>/trash", views.trash, name="trash"),
    path("records/<uuid:record>/restore", views.restore, name="restore"),
    path("records/<uuid:record>/erase", views.erase, name="erase"),
]
