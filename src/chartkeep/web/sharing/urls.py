"""Paths of these pages."""

from django.urls import path

from chartkeep.web.sharing import views

app_name = "sharing"
urlpatterns = [
    path("shares", views.shares, name="list"),
    path("share", views.new_here, name="new_here"),
    path("patients/<uuid:patient>/share", views.new, name="new"),
    path("shares/<uuid:share>", views.detail, name="detail"),
    path("shares/<uuid:share>/qr.png", views.picture, {"kind": "png"}, name="picture"),
    path("shares/<uuid:share>/qr.svg", views.picture, {"kind": "svg"}, name="drawing"),
    path("shares/<uuid:share>/edit", views.change, name="edit"),
    path("shares/<uuid:share>/revoke", views.stop, name="revoke"),
    path("open", views.redeem_share, name="redeem"),
]
