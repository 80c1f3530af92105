"""Django's entry for this app."""

from django.apps import AppConfig


class OpsConfig(AppConfig):
    """The chartkeep command."""

    name = "chartkeep.ops"
    label = "ops"
