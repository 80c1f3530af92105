"""System checks of the pages."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 - Django's name

TAG = "chartkeep"


@register(TAG, Tags.staticfiles)
def front_end_is_built(**_: Any) -> list[CheckMessage]:
    """W001: the front end is not built, so pages have neither style nor scripts."""
    if (Path(settings.STATIC_ROOT) / "manifest.json").is_file():
        return []
    return [
        Warning(
            "The front end is not built: pages come without style and scripts.",
            hint="Run `make assets`, or set STATIC_ROOT to the folder of a built front end.",
            id="chartkeep.web.W001",
        )
    ]
