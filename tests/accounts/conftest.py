import json
import socketserver
import threading

import pytest
from django.test import Client
from tests.cast import PASSWORD

from chartkeep.accounts import mailbox

API = "/_allauth/app/v1"


class AppClient:
    """An app that talks to the headless API, holding its session token and its JWTs."""

    def __init__(self, **headers):
        self.client = Client(**headers)
        self.session = self.access = self.refresh = None

    def call(self, method, path, body=None, **headers):
        if self.access:
            headers["Authorization"] = f"Bearer {self.access}"
        elif self.session:
            headers["X-Session-Token"] = self.session
        response = self.client.generic(
            method, API + path, json.dumps(body or {}), "application/json", headers=headers
        )
        meta = response.json().get("meta", {}) if response.content else {}
        self.session = meta.get("session_token", self.session)
        self.access = meta.get("access_token", self.access)
        self.refresh = meta.get("refresh_token", self.refresh)
        return response

    def sign_in(self, person, password=PASSWORD):
        return self.call("POST", "/auth/login", {"email": person.email, "password": password})

    def confirm_password(self, person):
        """Second factors are changed only soon after the password was given once more."""
        return self.call("POST", "/auth/reauthenticate", {"password": person.password})

    def sign_up(self, email, invitation="", password=PASSWORD):
        headers = {"X-Invitation": invitation} if invitation else {}
        return self.call("POST", "/auth/signup", {"email": email, "password": password}, **headers)

    def refresh_with(self, token):
        return Client().post(f"{API}/tokens/refresh", {"refresh_token": token}, "application/json")

    def is_in(self):
        return self.call("GET", "/auth/session").status_code == 200


@pytest.fixture(autouse=True)
def _paths(settings, tmp_path):
    settings.ROOT_URLCONF = "chartkeep.urls"
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    settings.EMAIL_BACKEND = "chartkeep.accounts.mailbox.EmailBackend"
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("chartkeep.web")]


@pytest.fixture
def app():
    return AppClient()


@pytest.fixture
def new_app():
    return AppClient


@pytest.fixture
def mails(ada):
    """What waits in the mailbox, newest first, as an administrator reads it."""
    return lambda: mailbox.list_messages(ada.actor)


@pytest.fixture
def log_of(db):
    """The tags and outcomes of an account's log, oldest first."""
    from chartkeep.audit.queries import entries_for_account
    from chartkeep.keyring.vaults import vault_of

    def read(person):
        page = entries_for_account(person.id, sealer=vault_of(person.id).fields)
        return [(entry.tag, entry.outcome) for entry in reversed(page.items)]

    return read


class _SmtpSink(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs; keeps what it is given."""

    def handle(self):
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.mails.append(text.decode().replace("\r\n", "\n"))
            self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def mail_server(settings):
    """A mail server on loopback that ``EMAIL_URL`` names: the list of what it was given."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _SmtpSink)
    server.mails = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.EMAIL_URL = f"smtp://127.0.0.1:{server.server_address[1]}"
    yield server.mails
    server.shutdown()
    thread.join()
    server.server_close()
