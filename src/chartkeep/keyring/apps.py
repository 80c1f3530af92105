"""Django's entry for this app."""

from django.apps import AppConfig


class KeyringConfig(AppConfig):
    """Vault keys and the states of master keys."""

    name = "chartkeep.keyring"
    label = "keyring"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the app's system checks."""
        from chartkeep.keyring import checks  # noqa: F401 - importing registers
