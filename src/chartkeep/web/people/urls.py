"""Paths of these pages."""

from django.urls import path, re_path

from chartkeep.web.people import views

app_name = "people"
urlpatterns = [
    path("people", views.people, name="list"),
    path("people/invite", views.invite, name="invite"),
    path("people/mailbox", views.mailbox, name="mailbox"),
    path("people/invitations/<uuid:invitation>/withdraw", views.withdraw, name="withdraw"),
    re_path(
        r"^people/(?P<user>[0-9a-f-]{36})/(?P<act>confirm|refuse|disable|enable)$",
        views.decide,
        name="decide",
    ),
]
