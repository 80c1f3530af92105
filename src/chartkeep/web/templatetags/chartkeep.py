"""Tags and filters of our templates; loaded everywhere (see ``TEMPLATES`` in the settings)."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.forms import BaseForm, BoundField

register = template.Library()


@lru_cache(maxsize=8)
def _manifest(root: str) -> dict[str, str]:
    path = Path(root) / "manifest.json"
    if not path.is_file():
        return {}
    names: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return names


def asset_url(name: str) -> str:
    """The address of a built file such as ``app.js``. Before the first build: the name without a hash.

    Raises:
        ImproperlyConfigured: the front end was built, and has no such file.
    """
    names = _manifest(str(settings.STATIC_ROOT))
    if names and name not in names:
        raise ImproperlyConfigured(f"The front end has no file {name!r}; build it again with `make assets`.")
    return f"/{settings.STATIC_URL.strip('/')}/{names.get(name, name)}"


@register.simple_tag
def asset(name: str) -> str:
    """``{% asset "app.js" %}``: see ``asset_url``."""
    return asset_url(name)


@register.simple_tag(takes_context=True)
def current(context: template.Context, *namespaces: str) -> str:
    """``page`` for ``aria-current`` when this page is of one of the namespaces or view names.

    allauth's pages have no namespace; they belong to ``profile``.
    """
    match = getattr(context.get("request"), "resolver_match", None)
    if match is None:
        return ""
    namespace = match.namespace or "profile"
    return "page" if namespace in namespaces or match.view_name in namespaces else ""


@register.filter
def wrong_fields(form: BaseForm) -> list[BoundField]:
    """The fields of a form that have errors, from the top, for the summary above it."""
    return [form[name] for name in form.fields if name in form.errors]


@register.filter
def widget_kind(field: BoundField) -> str:
    """``checkbox``, ``password``, ``text`` and so on; ``select`` and the like by the name of the widget."""
    widget: Any = field.field.widget
    kind: str = getattr(widget, "input_type", "") or type(widget).__name__.lower()
    return kind


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


@register.filter
def browser_name(user_agent: str) -> str:
    """``Firefox, Windows`` for a ``User-Agent`` header; what is not known is shown cut to 60 characters."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return ", ".join(part for part in (browser, system) if part) or user_agent[:60]
