"""Django's entry for this app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The pages."""

    name = "chartkeep.web"
    label = "web"
