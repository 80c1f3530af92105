"""Django's entry for this app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, patients and who may act for them."""

    name = "chartkeep.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks and signal handlers."""
        from chartkeep.accounts import checks, signals  # noqa: F401 - importing registers
