"""A real browser for tests: Debian's Chromium, driven by Playwright. A fixture plugin.

    pytest_plugins = ["tests.services.browser"]    (in tests/conftest.py, beside "tests.cast")

Every page that ``browser_page`` opens is watched: CSP violations, requests to other origins, script errors
and error messages of the console are collected in ``page.faults`` and fail the test at its end.
"""

import fcntl
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "src" / "chartkeep" / "web" / "static" / "dist"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
FLAGS = [
    "--no-sandbox",  # tests may run as root, where Chromium has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_WATCH = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error("CSP: " + event.effectiveDirective + " " + (event.blockedURI || "") + " " + (event.sample || ""));
});
"""


@dataclass
class Watched:
    """What went wrong while a context was open. ``allowed`` names parts of messages that a test expects."""

    origin: str
    faults: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def note(self, text):
        if not any(part in text for part in self.allowed):
            self.faults.append(text)

    def watch(self, context):
        context.add_init_script(_WATCH)
        context.on("request", self._request)
        context.on("weberror", lambda error: self.note(f"script: {error.error}"))
        context.on("console", self._console)

    def _request(self, request):
        if not request.url.startswith((self.origin, "data:", "blob:", "about:")):
            self.note(f"off origin: {request.url}")

    def _console(self, message):
        if message.type == "error":
            self.note(f"console: {message.text}")


def fake_camera(video: Path) -> list[str]:
    """Flags that show ``video`` (.y4m or .mjpeg) to every page as the picture of a camera, and allow it."""
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    ]


def write_video(path: Path, picture, *, frames: int = 30) -> Path:
    """A video of one grey picture (a PIL image), which Chromium takes for a camera's: raw YUV4MPEG2."""
    grey = picture.convert("L")
    width, height = grey.size
    colour = bytes([128]) * (width // 2 * (height // 2) * 2)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F15:1 Ip A1:1 C420\n".encode())
        for _ in range(frames):
            file.write(b"FRAME\n" + grey.tobytes() + colour)
    return path


def launch(playwright, *, flags=(), **options):
    """Chromium with a new, empty profile."""
    return playwright.chromium.launch(
        executable_path=shutil.which("chromium"), headless=True, args=[*FLAGS, *flags], **options
    )


def _build_if_older_than_its_sources():
    sources = [ROOT / "package.json", *(ROOT / "assets").rglob("*.*"), *BUILT.parents[1].rglob("*.html")]
    manifest = BUILT / "manifest.json"
    newest = max(path.stat().st_mtime for path in sources)
    if not manifest.is_file() or manifest.stat().st_mtime < newest:
        node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
        subprocess.run([node, "assets/build.mjs"], cwd=ROOT, check=True)


@pytest.fixture(scope="session")
def front_end():
    """The built front end, built now if it is not there: its folder."""
    with (ROOT / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may start at once
        _build_if_older_than_its_sources()
    return BUILT


@pytest.fixture(scope="session")
def playwright_driver():
    """Playwright, started once. It runs in its own greenlet: Django must be told that this is no event loop."""
    import os

    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright_driver):
    """One browser for the whole run; every test has a context of its own."""
    browser = launch(playwright_driver)
    yield browser
    browser.close()


@pytest.fixture
def site(front_end, settings, transactional_db, live_server):
    """The address of a server with the built front end."""
    settings.STATIC_ROOT = front_end
    settings.BASE_URL = live_server.url
    return live_server.url


@pytest.fixture
def open_context(chromium, site):
    """Makes browser contexts: ``open_context(viewport=PHONE, color_scheme="dark")``. Each is watched."""
    contexts = []
    watched = Watched(site)

    def opened(browser=None, *, viewport=PHONE, **options):
        context = (browser or chromium).new_context(base_url=site, viewport=viewport, **options)
        context.set_default_timeout(10_000)
        watched.watch(context)
        contexts.append(context)
        return context

    opened.watched = watched
    yield opened
    for context in contexts:
        context.close()
    assert not watched.faults


@pytest.fixture
def watched(open_context):
    """What is noted while this test's pages are open."""
    return open_context.watched


@pytest.fixture
def phone(open_context):
    """A page on a phone-sized screen."""
    return open_context(viewport=PHONE, has_touch=True).new_page()


@pytest.fixture
def desktop(open_context):
    """A page on a desktop-sized screen."""
    return open_context(viewport=DESKTOP).new_page()


def sign_in(page, person, *, to="/settings"):
    """Sign in by the form, as a person does, and go on to the page ``to``."""
    page.goto(f"/accounts/login/?next={to}")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def accessibility_faults(page):
    """WCAG 2.2 AA violations that axe-core finds on the page as it is now."""
    from axe_playwright_python.sync_playwright import Axe

    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}})
    return [
        f"{fault['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for fault in found.response["violations"]
        for node in fault["nodes"]
    ]
