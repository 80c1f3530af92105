"""What every page's template may know."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001 - the shape of a context processor
    """``idle_minutes``: after how long without an act a session ends."""
    return {"idle_minutes": settings.IDLE_LOGOUT_MINUTES}
