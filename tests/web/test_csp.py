"""Every page in a real browser, on a phone and on a desktop, light and dark: nothing that the policy
forbids, nothing from elsewhere, and nothing that axe-core counts against WCAG 2.2 AA.

``watched`` (tests/services/browser.py) collects violations, requests to other origins and script errors, and
fails the test at its end.
"""

import os
from pathlib import Path

import pytest
from tests.services.browser import DESKTOP, PHONE, accessibility_faults, sign_in

pytestmark = pytest.mark.slow

SHOTS = os.environ.get("SCREENSHOTS")  # a folder, to look at the pages with one's own eyes
SCREENS = {"phone": (PHONE, "light"), "desktop": (DESKTOP, "dark")}

STRANGERS_PAGES = {
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "forgotten": "/accounts/password/reset/",
    "inactive": "/accounts/inactive/",
    "scan": "/scan",
    "open": "/q#token",
    "open-without-code": "/s",
    "set-up": "/setup#token",
    "invitation": "/invitation#token",
    "absent": "/no-such-page",
}
MEMBERS_PAGES = {
    "settings": "/settings",
    "sessions": "/accounts/sessions/",
    "addresses": "/accounts/email/",
    "password": "/accounts/password/change/",
    "factors": "/accounts/2fa/",
    "sign-out": "/accounts/logout/",
    "member-scan": "/scan",
    "member-absent": "/no-such-page",
}
AFTER_SIGNING_IN_AGAIN = {
    "totp": "/accounts/2fa/totp/activate/",
    "passkey": "/accounts/2fa/webauthn/add/",
}
OPERATORS_PAGES = {"people": "/people", "invite": "/people/invite", "mailbox": "/people/mailbox"}


def look_at(page, name, screen):
    page.wait_for_load_state("networkidle")
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-{screen}.png", full_page=True)
    assert accessibility_faults(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page scrolls sideways"


@pytest.fixture(params=SCREENS)
def screen(request):
    return request.param


@pytest.fixture
def page(open_context, screen):
    viewport, scheme = SCREENS[screen]
    opened = open_context(viewport=viewport, color_scheme=scheme)
    open_context.watched.allowed += ["the server responded with a status of 404"]
    return opened.new_page()


def test_shows_strangers_clean_pages(page, screen, settings, alice):
    settings.SIGNUP_MODE = "open"
    for name, address in STRANGERS_PAGES.items():
        page.goto("about:blank")
        page.goto(address)
        look_at(page, name, screen)


def test_shows_members_clean_pages(page, screen, alice):
    sign_in(page, alice)
    for name, address in {**MEMBERS_PAGES, **AFTER_SIGNING_IN_AGAIN}.items():
        page.goto(address)
        look_at(page, name, screen)


def test_shows_operators_clean_pages(page, screen, ada, alice, dana):
    sign_in(page, ada)
    for name, address in OPERATORS_PAGES.items():
        page.goto(address)
        look_at(page, name, screen)


def test_keeps_webassembly_to_the_scan_page(client, db):
    assert "'wasm-unsafe-eval'" in client.get("/scan")["Content-Security-Policy"]
    assert "wasm" not in client.get("/accounts/login/")["Content-Security-Policy"]


def test_trusts_no_inline_style_and_no_string_as_script(client, db):
    policy = client.get("/accounts/login/")["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "style-src 'self'" in policy


def test_notices_a_violation_so_that_these_tests_can_fail(page, watched):
    page.goto("/scan")
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.wait_for_timeout(100)
    assert any("style-src" in fault for fault in watched.faults)
    watched.faults.clear()
