"""Django's entry for this app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The append-only Merkle log."""

    name = "chartkeep.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the app's system checks."""
        from chartkeep.audit import checks  # noqa: F401 - importing registers
