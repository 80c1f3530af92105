"""Django's entry for this app."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    """Shares, redeeming and viewer sessions."""

    name = "chartkeep.sharing"
    label = "sharing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the app's system checks."""
        from chartkeep.sharing import checks  # noqa: F401 - importing registers
