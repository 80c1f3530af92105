"""Django's entry for this app."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The medical record."""

    name = "chartkeep.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the app's system checks."""
        from chartkeep.records import checks  # noqa: F401 - importing registers
