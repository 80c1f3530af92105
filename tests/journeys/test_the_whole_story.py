"""The story that Chartkeep exists for, in two real browsers against a real `chartkeep serve`.

Sign up, verify, add a PDF, a photo and a DICOM image, share two by QR code, scan it with a camera, look,
be refused over the limit, revoke, lose access, and find all of it in the log, in order.
"""

import hashlib
import io
import re
from datetime import date

import pytest
from PIL import Image
from tests.services.browser import (
    DESKTOP,
    PHONE,
    Watched,
    accessibility_faults,
    fake_camera,
    launch,
    write_video,
)
from tests.services.serving import command, serve

from chartkeep.ops.demo import documents

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(240)]

PASSWORD = "plum orchard window 27"
BORN = date(1988, 4, 2)
FILES = {
    "Blood count": ("blood.pdf", documents.pdf("Blood count", ["Haemoglobin 12.8"]), "lab_result"),
    "Prescription": ("ear.jpg", documents.photo("Prescription"), "prescription"),
    "Hand": ("hand.dcm", documents.dicom("Alice Example", BORN, BORN), "imaging"),
}


@pytest.fixture
def server(front_end, tmp_path):
    data = tmp_path / "data"
    made = command(data, "create-admin", "--email", "ada@example.org", stdin=PASSWORD + "\n")
    assert made.returncode == 0, made.stderr
    with serve(data, SIGNUP_MODE="open") as running:
        yield running


@pytest.fixture
def people(playwright_driver, server):
    """Opens a browser context for somebody; at the end nothing may have broken the CSP or left the origin."""
    watched, open_things = Watched(server.url), []

    def person(*, viewport=PHONE, flags=(), **options):
        browser = launch(playwright_driver, flags=flags)
        context = browser.new_context(base_url=server.url, viewport=viewport, **options)
        context.set_default_timeout(15_000)
        watched.watch(context)
        open_things.append(browser)
        return context.new_page()

    person.watched = watched
    yield person
    for browser in open_things:
        browser.close()
    assert not watched.faults


def sign_in(page, email):
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def sign_up(page, admin):
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill("alice@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.wait_for_url("**/accounts/confirm-email/**")
    sign_in(admin, "ada@example.org")
    admin.goto("/people/mailbox")
    code = re.search(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", admin.inner_text("main"), flags=re.MULTILINE)
    assert code, admin.inner_text("main")
    page.get_by_label("Code").fill(code.group(1))
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/patients/add")
    page.get_by_label("Full name").fill("Alice Example")
    page.get_by_label("Date of birth").fill(BORN.isoformat())
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="No records yet").wait_for()


def add(page, title, name, content, category):
    page.goto("/records/add")
    page.get_by_label("File or photo").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    page.get_by_label("Title").fill(title)
    page.get_by_label("Kind").select_option(category)
    page.get_by_role("button", name="Encrypt and store").click()
    page.get_by_role("heading", name=title).wait_for()


def share_two(page):
    """From the list: Share, two ticks, a limit, and the code. Gives the link under the code."""
    page.goto("/records")
    page.get_by_role("main").get_by_role("link", name="Share").click()
    for title in ("Blood count", "Hand"):
        page.locator("label.tile", has_text=title).click()
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Number of openings").fill("2")
    page.get_by_role("button", name="Show the code (2)").click()
    page.locator("#code svg").wait_for()
    return page.locator("#link").inner_text().strip()


def picture_of_the_code(page):
    """What a clinician's camera sees: the code as the owner's screen shows it."""
    answer = page.request.get(page.url + "/qr.png")
    code = Image.open(io.BytesIO(answer.body())).convert("L")
    code = code.resize((1000, 1000), Image.Resampling.NEAREST) if code.width > 1000 else code
    canvas = Image.new("L", (1080, 1080), 255)
    canvas.paste(code, ((1080 - code.width) // 2, (1080 - code.height) // 2))
    return canvas


def view(page, name):
    page.get_by_label("Your name and organisation").fill(name)
    page.get_by_role("button", name="View record").click()


def downloads(page):
    found = {}
    for title in ("Blood count", "Hand"):
        with page.expect_download() as download:
            page.get_by_role("link", name=re.compile(f"Open the file {title}")).click()
        found[title] = hashlib.sha256(download.value.path().read_bytes()).hexdigest()
    return found


def test_shares_with_a_clinician_and_takes_it_back(people, server, tmp_path):
    alice, admin = people(), people(viewport=DESKTOP)
    sign_up(alice, admin)
    for title, (name, content, category) in FILES.items():
        add(alice, title, name, content, category)
    link = share_two(alice)
    assert re.fullmatch(re.escape(server.url) + r"/q#[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){4}", link)
    share_page = alice.url

    # The clinician has no account and scans the code with a camera.
    video = write_video(tmp_path / "camera.y4m", picture_of_the_code(alice))
    clinician = people(viewport=DESKTOP, flags=fake_camera(video), permissions=["camera"])
    clinician.goto("/scan")
    clinician.get_by_role("button", name="View record").wait_for(timeout=30_000)
    assert "#" not in clinician.url, "the token stays in the address bar"
    view(clinician, "Dr. Dana, Hillside")
    clinician.get_by_role("heading", name="Alice Example").wait_for()
    assert clinician.get_by_role("article").count() == 2
    assert "Prescription" not in clinician.inner_text("main")
    assert downloads(clinician) == {
        title: hashlib.sha256(FILES[title][1]).hexdigest() for title in ("Blood count", "Hand")
    }
    assert accessibility_faults(clinician) == []

    # The second opening is the last; the third is refused.
    second = people()
    second.goto(link)
    view(second, "Reception")
    second.get_by_role("heading", name="Alice Example").wait_for()
    third = people()
    people.watched.allowed.append("status of 403")
    third.goto(link)
    view(third, "Somebody else")
    third.get_by_text("does not open anything").wait_for()

    # Alice stops it: the open page loses access at its next read.
    alice.goto(share_page)
    alice.get_by_role("button", name="Stop sharing").click()
    alice.get_by_text("Nobody can open it any more").wait_for()
    assert clinician.request.get(
        clinician.get_by_role("link", name=re.compile("Open the file Hand")).get_attribute("href")
    ).status == 403  # fmt: skip
    clinician.reload()
    clinician.get_by_role("heading", name="This can no longer be seen").wait_for()

    # Everything is in the log, in order, the refusal with its true reason.
    alice.goto("/log")
    lines = alice.locator("main ol > li p:first-child").all_inner_texts()
    told = [line for line in reversed(lines) if "code of" not in line]
    expected = [
        "began this collection", "added “Blood count”", "added “Prescription”", "added “Hand”", "made a share",
        "“Dr. Dana, Hillside” opened a share", "“Dr. Dana, Hillside” opened “Blood count”",
        "“Dr. Dana, Hillside” opened “Hand”", "“Reception” opened a share",
        "was refused: all its openings were used up", "alice@example.org stopped a share",
    ]  # fmt: skip
    assert len(told) == len(expected), told
    for line, part in zip(told, expected, strict=True):
        assert part in line
    assert accessibility_faults(alice) == []
    assert "#" not in server.printed()
    assert link.partition("#")[2] not in server.printed()
