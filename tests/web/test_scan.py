"""The scan page with a real (fake) camera, and the open pages: where a token may go, and where never."""

import json
import re
from io import BytesIO

import pytest
import segno
from PIL import Image
from tests.services.browser import PHONE, accessibility_faults, fake_camera, launch, write_video

pytestmark = pytest.mark.slow

TOKEN = "eyJhbGciOiJSU0EtT0FFUC0yNTYifQ." + "abcDEF123-_" * 70


def qr(text, *, size=720):
    """The code of ``text`` on a white square."""
    drawn = BytesIO()
    segno.make_qr(text, error="l").save(drawn, kind="png", scale=4, border=4)
    canvas = Image.new("L", (size, size), 255)
    code = Image.open(drawn).convert("L")
    code.thumbnail((size, size))
    canvas.paste(code, ((size - code.width) // 2, (size - code.height) // 2))
    return canvas


@pytest.fixture
def camera_page(playwright_driver, open_context, site, tmp_path):
    """Opens the scan page in a browser whose camera sees the given text as a code."""
    browsers = []

    def opened(text):
        video = write_video(tmp_path / "camera.y4m", qr(text))
        browsers.append(launch(playwright_driver, flags=fake_camera(video)))
        context = open_context(browsers[-1], viewport=PHONE, permissions=["camera"])
        page = context.new_page()
        page.goto("/scan")
        return page

    yield opened
    for browser in browsers:
        browser.close()


def test_reads_a_code_of_ours_with_the_camera(camera_page, site):
    page = camera_page(f"{site}/q#{TOKEN}")
    page.get_by_role("button", name="View record").wait_for(timeout=20_000)
    assert page.url == f"{site}/q"


def test_shows_the_camera_to_people_with_and_without_sight(camera_page, site):
    page = camera_page("https://elsewhere.example/q#secret")
    page.get_by_text("This is not a code of this Chartkeep.").wait_for(timeout=20_000)
    assert page.url == f"{site}/scan"
    assert page.locator("#viewfinder").is_visible()
    assert accessibility_faults(page) == []


@pytest.fixture
def scan(phone):
    phone.goto("/scan")
    return phone


def choose(page, picture, tmp_path):
    path = tmp_path / "picture.png"
    picture.save(path)
    page.locator("#picture").set_input_files(path)


def test_reads_a_picture_of_a_code(scan, site, tmp_path):
    choose(scan, qr(f"{site}/s#{'a' * 43}"), tmp_path)
    scan.wait_for_url(f"{site}/s")
    assert scan.get_by_role("button", name="View record").is_visible()


def test_says_when_a_picture_has_no_code(scan, tmp_path):
    choose(scan, Image.new("L", (400, 300), 200), tmp_path)
    scan.get_by_text("There is no code in this picture").wait_for()


def test_says_when_a_file_is_no_picture(scan, tmp_path):
    (tmp_path / "picture.png").write_bytes(b"%PDF-1.7 not a picture")
    scan.locator("#picture").set_input_files(tmp_path / "picture.png")
    scan.get_by_text("There is no code in this picture").wait_for()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "https://elsewhere.example/q#token",
        "/q#token",
        "javascript:alert(1)",
        "{site}/settings#x",
    ],
)
def test_follows_no_link_but_ours(scan, site, text):
    scan.get_by_label("Or paste the link").fill(text.replace("{site}", site))
    scan.get_by_role("button", name="Open the link").click()
    assert scan.get_by_text("This is not a code of this Chartkeep.").is_visible()
    assert scan.url == f"{site}/scan"


def test_follows_a_pasted_link_with_blanks_around_it(scan, site):
    scan.get_by_label("Or paste the link").evaluate(
        "(input, text) => { input.value = text }", f" {site}/s#abc "
    )
    scan.get_by_role("button", name="Open the link").click()
    scan.wait_for_url(f"{site}/s")


def test_explains_how_to_go_on_without_a_camera(open_context, site):
    page = open_context(viewport=PHONE, permissions=[]).new_page()
    page.goto("/scan")
    page.get_by_role("button", name="Use the camera").click()
    page.locator("#scan-problem", has_text=re.compile("choose a picture", re.IGNORECASE)).wait_for()


class TestOpenPage:
    """The answers of the server are played here; the journeys run with the real ones."""

    @pytest.fixture
    def posts(self):
        return []

    @pytest.fixture
    def page(self, phone, posts):
        """Answers by the list ``phone.answers``, one for each press of the button."""
        phone.answers = []

        def answer(route):
            posts.append(route.request)
            status, body = phone.answers.pop(0)
            route.fulfill(status=status, content_type="application/json", body=json.dumps(body))

        phone.route("**/open", answer)
        phone.route(
            "**/shared",
            lambda route: route.fulfill(body="<title>shared</title>shared", content_type="text/html"),
        )
        return phone

    def press(self, page):
        page.get_by_role("button", name="View record").click()

    def test_posts_nothing_before_the_button_is_pressed(self, page, posts, site):
        page.goto(f"/q#{TOKEN}")
        page.wait_for_load_state("networkidle")
        assert posts == []
        assert page.url == f"{site}/q"
        assert page.evaluate("history.length") <= 2

    def test_posts_the_token_once_and_leaves_no_trace_of_it(self, page, posts, site):
        page.answers = [(200, {"ok": True, "next": "/shared"})]
        page.goto(f"/q#{TOKEN}")
        page.get_by_label("Your name and organisation").fill("Dr. Dana, Example Hospital")
        self.press(page)
        page.wait_for_url(f"{site}/shared")
        form = posts[0].post_data
        assert f"token={TOKEN}" in form
        assert "recipient=Dr.+Dana%2C+Example+Hospital" in form
        assert "csrfmiddlewaretoken=" in form
        assert TOKEN not in posts[0].url + posts[0].headers.get("referer", "")
        page.go_back()
        assert TOKEN not in page.url

    def test_asks_for_the_passcode_and_keeps_the_key_of_the_try(self, page, posts, watched):
        watched.allowed.append("401")
        needed = {"code": "passcode_required", "remaining": 10}
        page.answers = [
            (401, needed),
            (401, needed | {"remaining": 9}),
            (200, {"ok": True, "next": "/shared"}),
        ]
        page.goto(f"/s#{'b' * 43}")
        assert not page.get_by_label("Passcode").is_visible()
        self.press(page)
        page.get_by_label("Passcode").wait_for()
        assert page.evaluate("document.activeElement.id") == "passcode"
        assert accessibility_faults(page) == []
        page.get_by_label("Passcode").fill("wrong")
        self.press(page)
        page.get_by_role("alert").get_by_text("Tries left: 9").wait_for()
        page.get_by_label("Passcode").fill("right")
        self.press(page)
        page.wait_for_url("**/shared")
        assert "token_id=" + "b" * 43 in posts[2].post_data
        keys = {re.search("idempotency_key=([^&]+)", post.post_data)[1] for post in posts}
        assert len(keys) == 1

    def test_tells_a_refusal_aloud(self, page, watched):
        watched.allowed.append("403")
        page.answers = [
            (403, {"code": "share_refused", "message": "This code or link does not open anything."})
        ]
        page.goto("/q#x")
        self.press(page)
        page.get_by_role("alert").get_by_text("does not open anything").wait_for()
        assert page.get_by_role("link", name="Scan a code").is_visible()

    def test_offers_clinicians_to_sign_in_without_losing_the_code(self, page, watched):
        watched.allowed.append("403")
        page.answers = [
            (403, {"code": "clinician_required", "message": "Only a signed-in clinician can open this."})
        ]
        page.goto("/q#x")
        self.press(page)
        link = page.get_by_role("link", name="Sign in as a clinician")
        link.wait_for()
        assert link.get_attribute("target") == "_blank"

    def test_says_when_the_network_is_gone(self, phone, site, watched):
        watched.allowed.append("ERR_FAILED")
        phone.route("**/open", lambda route: route.abort())
        phone.goto("/q#x")
        self.press(phone)
        phone.get_by_role("alert").get_by_text("There is no connection").wait_for()
        assert phone.get_by_role("button", name="View record").is_enabled()

    def test_works_with_the_keyboard_alone(self, page, site):
        page.answers = [(200, {"ok": True, "next": "/shared"})]
        page.goto("/q#x")
        page.get_by_label("Your name and organisation").press("Enter")
        page.wait_for_url(f"{site}/shared")

    def test_says_when_the_code_is_missing(self, phone):
        phone.goto("/q")
        assert phone.get_by_text("The code is missing from the address").is_visible()
        assert not phone.get_by_role("button", name="View record").is_visible()

    def test_answers_previews_of_links_without_a_word_about_the_share(self, client, db):
        for address in ("/q", "/s"):
            assert client.get(address).content.count(b"<form") == 1
            assert client.head(address).status_code == 200
            assert client.post(address).status_code == 405
