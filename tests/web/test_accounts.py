"""Accounts by hand, as people make and use them: in a real browser, with real codes from the mailbox."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from tests.cast import PASSWORD, signed_in
from tests.services.browser import sign_in

NEW_PASSWORD = "another horse battery"


def code_from_mail(operator):
    """The code of the newest mail that waits in the mailbox."""
    from chartkeep.accounts.mailbox import list_messages

    newest = list_messages(operator.actor)[0]
    return re.search(r"^([A-Z0-9]{3,}-?[A-Z0-9]{3,})$", newest.text, flags=re.MULTILINE)[1]


@pytest.fixture(autouse=True)
def _private_mailbox(settings, tmp_path):
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    settings.EMAIL_BACKEND = "chartkeep.accounts.mailbox.EmailBackend"


class TestFirstRun:
    @pytest.fixture
    def link(self, site):
        from chartkeep.accounts.flows.set_up import setup_link

        return setup_link()

    def test_makes_the_first_account_and_signs_it_in(self, phone, link):
        phone.goto(link)
        assert phone.url.endswith("/setup")  # the token left the address
        phone.get_by_label("E-mail address").fill("ada@example.org")
        phone.get_by_label("Password").fill(PASSWORD)
        phone.get_by_role("button", name="Make the account").click()
        phone.wait_for_url(lambda url: "/setup" not in url)
        phone.goto("/settings")
        assert phone.get_by_text("Administrator").is_visible()

    def test_says_what_is_wrong_with_a_password_and_keeps_the_link_working(self, phone, link, watched):
        watched.allowed.append("422")
        phone.goto(link)
        phone.get_by_label("E-mail address").fill("ada@example.org")
        phone.get_by_label("Password").fill("short")
        phone.get_by_role("button", name="Make the account").click()
        summary = phone.get_by_role("alert").first
        assert "at least 10 characters" in summary.inner_text()
        phone.get_by_label("Password").fill(PASSWORD)
        phone.get_by_role("button", name="Make the account").click()
        phone.wait_for_url(lambda url: "/setup" not in url)

    def test_explains_a_link_without_its_end(self, phone, site):
        phone.goto("/setup")
        assert phone.get_by_text("Open the whole set-up link").is_visible()
        assert not phone.get_by_role("button", name="Make the account").is_visible()

    def test_sends_no_token_in_any_address(self, phone, link):
        token = link.partition("#")[2]
        addresses = []
        phone.on("request", lambda request: addresses.append(request.url))
        phone.on("request", lambda request: addresses.append(str(request.headers)))
        phone.goto(link)
        phone.wait_for_load_state("networkidle")
        assert len(addresses) > 2
        assert not [text for text in addresses[2:] if token in text]


class TestSignUp:
    def test_turns_people_away_without_an_invitation(self, phone, ada):
        phone.goto("/accounts/signup/")
        assert phone.get_by_role("heading", name="An invitation is needed").is_visible()

    def test_leads_from_the_invitation_to_a_confirmed_account(self, phone, ada):
        from chartkeep.accounts.flows.invite import invite

        phone.goto(invite(actor=ada.actor).url)
        phone.get_by_role("button", name="Make my account").click()
        phone.get_by_label("Email").fill("new@example.org")
        phone.get_by_label("Password").fill(PASSWORD)
        phone.get_by_role("button", name="Make the account").click()
        phone.get_by_role("heading", name="Confirm your e-mail address").wait_for()
        phone.get_by_label("Code").fill(code_from_mail(ada))
        phone.get_by_role("button", name="Confirm").click()
        phone.wait_for_url(lambda url: "confirm-email" not in url)
        phone.goto("/settings")
        assert phone.get_by_text("new@example.org").is_visible()

    def test_refuses_a_used_invitation(self, client, ada):
        answer = client.post("/invitation", {"token": "x" * 43})
        assert answer.status_code == 403
        assert "does not work any more" in answer.content.decode()


class TestSignIn:
    def test_keeps_a_wrong_password_out_and_says_so(self, phone, alice):
        phone.goto("/accounts/login/")
        phone.get_by_label("Email").fill(alice.email)
        phone.get_by_label("Password", exact=True).fill("not her password")
        phone.get_by_role("button", name="Sign in", exact=True).click()
        assert "There is a problem" in phone.get_by_role("alert").first.inner_text()
        assert phone.evaluate("document.activeElement.getAttribute('role')") == "alert"

    def test_shows_the_password_when_asked(self, phone, site):
        phone.goto("/accounts/login/")
        phone.get_by_label("Password", exact=True).fill("secret words")
        phone.get_by_role("button", name="Show").click()
        assert phone.locator("#id_password").get_attribute("type") == "text"

    def test_can_be_done_with_the_keyboard_alone(self, desktop, alice):
        desktop.goto("/accounts/login/")
        desktop.keyboard.press("Tab")
        assert desktop.evaluate("document.activeElement.textContent") == "Skip to the content"
        desktop.keyboard.press("Enter")
        desktop.keyboard.press("Tab")
        desktop.keyboard.type(alice.email)
        desktop.keyboard.press("Tab")
        desktop.keyboard.type(PASSWORD)
        desktop.keyboard.press("Enter")
        desktop.wait_for_url(lambda url: "login" not in url)

    @pytest.fixture(autouse=True)
    def _start_page_is_not_ours(self, request):
        if "watched" in request.fixturenames or "phone" in request.fixturenames:
            request.getfixturevalue("watched").allowed.append("404")


class TestSecondFactor:
    @pytest.fixture
    def page(self, desktop, watched, alice):
        watched.allowed.append("404")
        sign_in(desktop, alice)
        return desktop

    def confirm_it_is_me(self, page):
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()

    def test_turns_an_authenticator_app_on_and_asks_for_it(self, page, alice):
        page.goto("/accounts/2fa/totp/activate/")
        self.confirm_it_is_me(page)
        assert page.locator(".qr img").bounding_box()["width"] >= 200
        secret = page.locator("#totp-secret").inner_text()
        counter = next(iter(yield_hotp_counters_from_time()))
        page.get_by_label("Authenticator code").fill(format_hotp_value(hotp_value(secret, counter)))
        page.get_by_role("button", name="Turn on").click()
        page.get_by_role("heading", name="Recovery codes").wait_for()
        recovery = page.locator("#recovery-codes").inner_text().split()[0]
        page.goto("/accounts/logout/")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/accounts/login/**")
        sign_in(page, alice)
        assert page.get_by_role("heading", name="Second step").is_visible()
        page.get_by_label("Code").fill(recovery)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(lambda url: "/2fa/" not in url)
        page.goto("/settings")
        assert page.get_by_text(alice.email).is_visible()

    def test_signs_in_with_a_passkey(self, page, alice):
        cdp = page.context.new_cdp_session(page)
        cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        page.goto("/accounts/2fa/webauthn/add/")
        self.confirm_it_is_me(page)
        page.get_by_label("Passwordless").check()
        page.get_by_role("button", name="Add the passkey").click()
        page.get_by_role("heading", name="Recovery codes").wait_for()
        page.goto("/accounts/2fa/webauthn/")
        assert page.get_by_text("Signs in alone").is_visible()
        page.goto("/accounts/logout/")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/accounts/login/**")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(lambda url: "/accounts/login" not in url)
        page.goto("/settings")
        assert page.get_by_text(alice.email).is_visible()


class TestPassword:
    def test_is_reset_by_a_code(self, phone, watched, ada, alice, settings, monkeypatch):
        # Without a mail server the code is withheld from the mailbox (administrators read it); so let it be
        # a deployment with one, whose mails this test receives.
        from django.core import mail

        settings.EMAIL_URL = "smtp://mail.example.org"
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        watched.allowed.append("404")
        mail.outbox = []
        phone.goto("/accounts/password/reset/")
        phone.get_by_label("Email").fill(alice.email)
        phone.get_by_role("button", name="Send the code").click()
        phone.get_by_label("Code").wait_for()
        code = re.search(r"^([A-Z0-9]{3,}-?[A-Z0-9]{3,})$", mail.outbox[0].body, flags=re.MULTILINE)[1]
        phone.get_by_label("Code").fill(code)
        phone.get_by_role("button", name="Confirm").click()
        phone.get_by_label("New Password", exact=True).fill(NEW_PASSWORD)
        phone.get_by_label("New Password (again)").fill(NEW_PASSWORD)
        phone.get_by_role("button", name="Set the password").click()
        phone.wait_for_url(lambda url: "complete" not in url)
        from django.contrib.auth import get_user_model

        assert get_user_model().objects.get(id=alice.id).check_password(NEW_PASSWORD)


@pytest.mark.django_db
class TestSessions:
    def test_shows_where_one_is_signed_in(self, client, alice):
        signed_in(client, alice)
        answer = client.get("/accounts/sessions/")
        assert "Where you are signed in" in answer.content.decode()

    def test_signs_another_browser_out(self, client, alice):
        from django.test import Client

        other, settings_page = Client(headers={"User-Agent": "Mozilla Firefox/140 (Windows)"}), "/settings"
        for browser in (client, other):
            browser.post("/accounts/login/", {"login": alice.email, "password": alice.password})
        assert other.get(settings_page).status_code == 200
        listed = client.get("/accounts/sessions/").content.decode()
        assert "Firefox, Windows" in listed
        (address,) = re.findall(r'action="(/settings/sessions/\d+/end)"', listed)
        assert client.post(address).status_code == 302
        assert other.get(settings_page).status_code == 302
        assert client.get(settings_page).status_code == 200

    def test_cannot_end_the_session_of_somebody_else(self, client, alice, charlie):
        from django.test import Client

        hers = Client()
        hers.post("/accounts/login/", {"login": alice.email, "password": alice.password})
        signed_in(client, charlie)
        from chartkeep.accounts.client_sessions import sessions_of

        (session,) = sessions_of(alice.actor, current=None)
        assert client.post(f"/settings/sessions/{session.id}/end").status_code == 404
        assert hers.get("/settings").status_code == 200


@pytest.mark.django_db
class TestClinicians:
    def test_claims_and_is_confirmed(self, client, alice, ada):
        signed_in(client, alice)
        client.post("/settings/clinician", {"name": "Dr. Alice", "organisation": "Example Hospital"})
        assert "An administrator will confirm it" in client.get("/settings").content.decode()
        signed_in(client, ada)
        assert "Dr. Alice" in client.get("/people").content.decode()
        assert client.post(f"/people/{alice.id}/confirm").status_code == 302
        signed_in(client, alice)
        assert "confirmed as Dr. Alice" in client.get("/settings").content.decode()

    def test_says_which_field_is_empty(self, client, alice):
        signed_in(client, alice)
        answer = client.post("/settings/clinician", {"name": "", "organisation": "x"})
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.content.decode()


@pytest.mark.django_db
class TestPeople:
    PAGES = ("/people", "/people/invite", "/people/mailbox")

    @pytest.mark.parametrize("address", PAGES)
    def test_are_for_administrators_only(self, client, alice, address):
        assert client.get(address).status_code == 302
        signed_in(client, alice)
        assert client.get(address).status_code == 404

    @pytest.mark.parametrize("act", ["confirm", "refuse", "disable", "enable"])
    def test_are_decided_by_administrators_only(self, client, alice, dana, act):
        signed_in(client, alice)
        assert client.post(f"/people/{dana.id}/{act}").status_code == 404
        assert client.get(f"/people/{dana.id}/{act}").status_code == 405

    def test_are_invited_by_a_link_that_is_shown_once(self, client, ada):
        signed_in(client, ada)
        answer = client.post("/people/invite", {"email": "new@example.org"})
        assert re.search(r"/invitation#[\w-]{43}", answer.content.decode())
        listed = client.get("/people").content.decode()
        assert "new@example.org" in listed
        assert "/invitation#" not in listed

    def test_can_have_their_invitation_withdrawn(self, client, ada):
        from chartkeep.accounts.flows.invite import invite

        link = invite(actor=ada.actor)
        signed_in(client, ada)
        client.post(f"/people/invitations/{link.id}/withdraw")
        assert client.post("/invitation", {"token": link.url.partition("#")[2]}).status_code == 403

    def test_are_disabled_and_signed_out_at_once(self, client, ada, alice):
        from django.test import Client

        hers = Client()
        hers.post("/accounts/login/", {"login": alice.email, "password": alice.password})
        signed_in(client, ada)
        client.post(f"/people/{alice.id}/disable")
        assert hers.get("/settings").status_code == 302
        client.post(f"/people/{alice.id}/enable")
        assert "Disabled" not in client.get("/people").content.decode()

    def test_keeps_the_last_administrator(self, client, ada):
        signed_in(client, ada)
        answer = client.post(f"/people/{ada.id}/disable")
        assert answer.status_code == 409
        assert "only active administrator" in answer.content.decode()


class TestQuestionBeforeAnAct:
    @pytest.fixture
    def page(self, phone, ada, alice):
        sign_in(phone, ada, to="/people")
        return phone

    def row(self, page):
        return page.get_by_role("listitem").filter(has_text="alice@example.org")

    def test_does_nothing_when_the_answer_is_no(self, page):
        self.row(page).get_by_role("button", name="Disable").click()
        question = page.get_by_role("dialog")
        assert "Disable alice@example.org" in question.inner_text()
        question.get_by_role("button", name="Cancel").click()
        assert page.url.endswith("/people")
        assert not page.get_by_text("Disabled").is_visible()

    def test_goes_on_when_the_answer_is_yes(self, page):
        self.row(page).get_by_role("button", name="Disable").click()
        page.get_by_role("dialog").get_by_role("button", name="Disable").click()
        page.get_by_text("disabled and signed out everywhere").wait_for()
        assert self.row(page).get_by_text("Disabled").is_visible()

    def test_takes_the_escape_key_for_a_no(self, page):
        self.row(page).get_by_role("button", name="Disable").click()
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="hidden")
        assert self.row(page).get_by_role("button", name="Disable").is_visible()


class TestInvitationLink:
    def test_is_copied_by_a_button(self, open_context, ada):
        context = open_context(permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        sign_in(page, ada, to="/people/invite")
        page.get_by_role("button", name="Make the link").click()
        page.get_by_role("button", name="Copy the link").click()
        page.get_by_role("button", name="Copied").wait_for()
        assert (
            page.evaluate("navigator.clipboard.readText()") == page.locator("#invitation-link").inner_text()
        )


class TestIdleTimer:
    def test_warns_then_signs_out(self, desktop, watched, alice, settings):
        watched.allowed.append("404")
        settings.IDLE_LOGOUT_MINUTES = 15
        sign_in(desktop, alice)
        desktop.clock.install(time=time.time())
        desktop.goto("/settings")
        desktop.clock.run_for(14 * 60_000 + 2_000)
        assert desktop.get_by_role("dialog", name="Are you still there?").is_visible()
        desktop.clock.run_for(60_000)
        desktop.wait_for_url("**/accounts/login/**")

    def test_stays_when_asked(self, desktop, watched, alice):
        watched.allowed.append("404")
        sign_in(desktop, alice)
        desktop.clock.install(time=time.time())
        desktop.goto("/settings")
        desktop.clock.run_for(14 * 60_000 + 2_000)
        with desktop.expect_response("**/settings/still-here") as answer:
            desktop.get_by_role("button", name="Stay signed in").click()
        assert answer.value.status == 204
        desktop.clock.run_for(5 * 60_000)
        assert desktop.url.endswith("/settings")
