"""Django's entry for this app."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The JSON interface."""

    name = "chartkeep.api"
    label = "api"
