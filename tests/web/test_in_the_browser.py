"""The pages in a real browser: scripts work under the strict CSP, and everybody can use them."""

from datetime import date, timedelta

import pytest
from tests.records.making import PDF, add, nothing_left_over
from tests.services.browser import DESKTOP, PHONE, accessibility_faults, sign_in

from chartkeep.records.models import Record
from chartkeep.sharing.details import ShareRequest
from chartkeep.sharing.flows import create, show

pytestmark = pytest.mark.slow


@pytest.fixture
def page(phone, storage, alice, child):
    sign_in(phone, alice, to=f"/patients/{child.id}/records")
    return phone


def choose(page, content=PDF):
    file = {"name": "Blood_count.pdf", "mimeType": "application/pdf", "buffer": content}
    page.get_by_label("File or photo").set_input_files(file)
    page.get_by_role("button", name="Encrypt and store").click()


def test_sends_a_file_with_its_progress(page, child):
    page.get_by_role("link", name="Add a record").click()
    page.get_by_label("Kind").select_option("lab_result")
    choose(page)
    page.get_by_role("heading", name="Blood count").wait_for()
    assert "/records/" in page.url
    assert "Lab result" in page.inner_text("main")
    assert nothing_left_over()


def test_tells_why_a_file_was_refused_and_keeps_what_was_typed(page, child, settings, watched):
    watched.allowed.append("413")
    settings.MAX_UPLOAD_SIZE = 1024
    page.goto(f"/patients/{child.id}/records/add")
    page.get_by_label("Title").fill("Blood count")
    choose(page)
    page.get_by_role("alert").get_by_text("at most 1 KiB").wait_for()
    assert page.get_by_label("Title").input_value() == "Blood count"
    assert not Record.objects.exists()


def test_shows_more_records_in_their_place(page, alice, child):
    for number in range(52):
        add(
            alice,
            child,
            b"x",
            title=f"Visit {number:02}",
            service_date=date(2026, 1, 1) + timedelta(days=number),
        )
    page.reload()
    assert page.locator("a.tile").count() == 50
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name="Show more").click()
    page.get_by_text("Visit 00").wait_for()
    assert page.locator("a.tile").count() == 52
    assert page.evaluate("window.stayed")
    assert page.get_by_role("link", name="Show more").count() == 0
    assert accessibility_faults(page) == []


def test_takes_three_taps_from_the_list_to_the_code(page, alice, child):
    add(alice, child)
    page.reload()
    page.get_by_role("main").get_by_role("link", name="Share").click()
    page.get_by_role("button", name="Show the code (1)").click()
    page.locator("#code svg").wait_for()
    assert page.get_by_text("23 hr 59 min").count() == 1
    assert "#" not in page.url


def test_waits_with_the_code_until_a_record_is_picked(page, alice, child):
    for title in ("Blood count", "Flu"):
        add(alice, child, title=title)
    page.goto(f"/patients/{child.id}/share")
    assert page.get_by_role("button", name="Show the code (0)").is_disabled()
    page.get_by_label("All").check()
    assert page.get_by_role("button", name="Show the code (2)").is_enabled()
    page.get_by_label("Flu").uncheck()
    assert page.get_by_role("button", name="Show the code (1)").is_enabled()


def test_asks_before_it_erases(page, alice, child):
    record = add(alice, child)
    page.goto(f"/records/{record.id}")
    page.get_by_role("button", name="Trash").click()
    page.goto(f"/patients/{child.id}/trash")
    page.get_by_role("button", name="Erase now").click()
    page.get_by_role("button", name="Cancel").click()
    assert Record.objects.exists()
    page.get_by_role("button", name="Erase now").click()
    page.get_by_role("button", name="Erase for good").click()
    page.get_by_text("erased for good").wait_for()
    assert not Record.objects.exists()


WHITE = "rgb(255, 255, 255)"
PAGES = [
    "/patients",
    "/patients/add",
    "/patients/{patient}/edit",
    "/patients/{patient}/guardians",
    "/patients/{patient}/records",
    "/patients/{patient}/records/add",
    "/patients/{patient}/share",
    "/patients/{patient}/trash",
    "/patients/{patient}/log",
    "/records/{record}",
    "/records/{record}/edit",
    "/records/{record}/replace",
    "/shares",
    "/shares/{share}",
    "/shares/{share}/edit",
]


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESKTOP, "dark")], ids=["phone", "desktop"])
def test_is_usable_by_everybody_on_every_page(open_context, storage, alice, child, bob, size, scheme):
    record = add(alice, child, tags=("blood",), notes="fasting", provider="Example Laboratory")
    request = ShareRequest(patient=child.id, record_ids=(record.id,), label="For Dr. Dana")
    share = create.create(actor=alice.actor, request=request)
    page = open_context(viewport=size, color_scheme=scheme).new_page()
    sign_in(page, alice, to="/patients")
    faults = {}
    for path in PAGES:
        page.goto(path.format(patient=child.id, record=record.id, share=share.id))
        faults[path] = accessibility_faults(page)
        if not fits(page):
            faults[path].append("is wider than the screen")
    guest = open_context(viewport=size, color_scheme=scheme).new_page()
    guest.goto(show.link(actor=alice.actor, share=share.id))
    guest.get_by_role("button", name="View record").click()
    guest.get_by_role("heading", name="Carl Example").wait_for()
    faults["/shared"] = accessibility_faults(guest)
    assert not {path: found for path, found in faults.items() if found}


def test_fits_a_phone_and_a_sheet_of_paper_whatever_is_written(open_context, storage, alice, child):
    record = add(
        alice, child, title="L" * 180, provider="W" * 120, notes="x" * 300, file_name="f" * 150 + ".pdf"
    )
    request = ShareRequest(patient=child.id, record_ids=(record.id,), label="M" * 80)
    share = create.create(actor=alice.actor, request=request)
    page = open_context(viewport=PHONE, color_scheme="dark").new_page()
    sign_in(page, alice, to="/patients")
    guest = open_context(viewport=PHONE).new_page()
    guest.goto(show.link(actor=alice.actor, share=share.id))
    guest.get_by_role("button", name="View record").click()
    guest.get_by_role("heading", name="Carl Example").wait_for()
    wide = [] if fits(guest) else ["/shared"]
    for path in PAGES:
        page.goto(path.format(patient=child.id, record=record.id, share=share.id))
        wide += [] if fits(page) else [path]
    assert wide == []
    page.goto(f"/shares/{share.id}")
    page.emulate_media(media="print")
    assert page.locator(".card").first.evaluate("card => getComputedStyle(card).backgroundColor") == WHITE
    assert not page.get_by_role("button", name="Stop sharing").is_visible()


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")
