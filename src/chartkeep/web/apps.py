"""Django's entry for this app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The pages."""

    name = "chartkeep.web"
    label = "web"

    def ready(self) -> None:
        """Register the system checks."""
        from chartkeep.web import checks  # noqa: F401 - importing registers
