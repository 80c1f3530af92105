"""The page that scans a code, and the pages that codes and links lead to.

None of them sees a token: it stands in the fragment of the address. The open page takes it out of the
address, keeps it in memory, and posts it when "View record" is pressed; so a link preview counts nothing.
"""

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe


@require_safe
@csp_update({"script-src": ["'wasm-unsafe-eval'"]})
def camera(request: HttpRequest) -> HttpResponse:
    """Scan with the camera, read a picture, or paste a link."""
    return render(request, "web/scan.html")


@require_safe
@ensure_csrf_cookie
def open_code(request: HttpRequest) -> HttpResponse:
    """What a QR code leads to."""
    return render(request, "web/open.html", {"field": "token", "redeem_url": _redeem_url()})


@require_safe
@ensure_csrf_cookie
def open_link(request: HttpRequest) -> HttpResponse:
    """What a link leads to."""
    return render(request, "web/open.html", {"field": "token_id", "redeem_url": _redeem_url()})


def _redeem_url() -> str:
    try:
        return reverse("sharing:redeem")
    except NoReverseMatch:
        return "/open"
