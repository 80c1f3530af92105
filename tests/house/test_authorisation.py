"""Who may do what: every route and verb, for every kind of caller. A route that is not here fails the suite.

``nobody`` has no account, ``charlie`` one without any patient, ``ada`` administers, ``bob`` may view the
child's record, ``alice`` owns it, ``viewer`` opened a share of one record. Whoever is not named for a row
gets what a stranger gets: sent to sign in, or "nothing here".
"""

import re
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from tests.api.conftest import sign_in
from tests.cast import signed_in

from chartkeep.sharing.details import ShareRequest
from chartkeep.sharing.flows.create import create
from chartkeep.sharing.flows.redeem import redeem
from chartkeep.sharing.flows.show import link

# allauth's own routes are allauth's to test; ours only dress them.
NOT_OURS = ("accounts/", "_allauth/")
EVERYBODY = {"nobody", "charlie", "ada", "bob", "alice", "viewer"}
MEMBERS = {"charlie", "ada", "bob", "alice"}
READERS, WRITERS, VIEWERS = {"bob", "alice"}, {"alice"}, {"viewer"}
ADMINISTRATORS = {"ada"}

WEB = {
    "": {"GET": MEMBERS},
    "patients": {"GET": MEMBERS},
    "patients/add": {"GET": MEMBERS, "POST": MEMBERS},
    "patients/<patient>/edit": {"GET": WRITERS, "POST": WRITERS},
    "patients/<patient>/guardians": {"GET": WRITERS, "POST": WRITERS},
    "patients/<patient>/guardians/<guardian>/remove": {"POST": READERS},  # Bob may leave by himself
    "records": {"GET": MEMBERS},
    "records/add": {"GET": MEMBERS},
    "patients/<patient>/records": {"GET": READERS, "POST": READERS},
    "patients/<patient>/records/add": {"GET": WRITERS, "POST": WRITERS, "PUT": WRITERS},
    "patients/<patient>/trash": {"GET": WRITERS},
    "records/<record>": {"GET": READERS},
    "records/<record>/content": {"GET": READERS},
    "records/<record>/versions/<number>": {"GET": READERS},
    "records/<record>/edit": {"GET": WRITERS, "POST": WRITERS},
    "records/<record>/replace": {"GET": WRITERS, "POST": WRITERS, "PUT": WRITERS},
    "records/<record>/trash": {"POST": WRITERS},
    "records/<trashed>/restore": {"POST": WRITERS},
    "records/<trashed>/erase": {"POST": WRITERS},
    "shares": {"GET": MEMBERS},
    "share": {"GET": MEMBERS},
    "patients/<patient>/share": {"GET": WRITERS, "POST": WRITERS},
    "shares/<share>": {"GET": READERS},
    "shares/<share>/qr.png": {"GET": WRITERS},
    "shares/<share>/qr.svg": {"GET": WRITERS},
    "shares/<share>/edit": {"GET": WRITERS, "POST": WRITERS},
    "shares/<share>/revoke": {"POST": WRITERS},
    "open": {"POST": set()},  # without a token: refused to everybody alike
    "shared": {"GET": VIEWERS},
    "shared/close": {"POST": EVERYBODY},
    "shared/records/<record>/content": {"GET": VIEWERS},
    "log": {"GET": MEMBERS},
    "patients/<patient>/log": {"GET": READERS},
    "scan": {"GET": EVERYBODY},
    "q": {"GET": EVERYBODY},
    "s": {"GET": EVERYBODY},
    "setup": {"GET": EVERYBODY},
    "invitation": {"GET": EVERYBODY},
    "settings": {"GET": MEMBERS},
    "settings/clinician": {"POST": MEMBERS},
    "settings/still-here": {"POST": MEMBERS},
    "settings/sessions/<session>/end": {"POST": set()},  # of a session that is not theirs
    "settings/sessions/end-others": {"POST": MEMBERS},
    "people": {"GET": ADMINISTRATORS},
    "people/invite": {"GET": ADMINISTRATORS, "POST": ADMINISTRATORS},
    "people/mailbox": {"GET": ADMINISTRATORS},
    "people/invitations/<invitation>/withdraw": {"POST": set()},  # of an invitation that is not there
    "people/<user>/<act>": {"POST": ADMINISTRATORS},
}
API = {
    "records": {"GET": READERS, "POST": WRITERS},
    "records/<record>": {"GET": READERS, "PATCH": WRITERS, "DELETE": WRITERS},
    "records/<trashed>/restore": {"POST": WRITERS},
    "records/<record>/versions": {"GET": READERS},
    "records/<record>/content": {"GET": READERS, "PUT": WRITERS},
    "shares": {"GET": MEMBERS, "POST": WRITERS},
    "shares/redeem": {"POST": set()},
    "shares/<share>": {"GET": READERS, "PATCH": WRITERS, "DELETE": WRITERS},
    "shares/<share>/link": {"GET": WRITERS},
    "shares/<share>/qr.svg": {"GET": WRITERS},
    "shares/<share>/qr.png": {"GET": WRITERS},
    "shared": {"GET": VIEWERS, "DELETE": VIEWERS},
    "shared/records/<record>/content": {"GET": VIEWERS},
    "patients": {"GET": MEMBERS, "POST": MEMBERS},
    "patients/<patient>": {"GET": READERS, "PUT": WRITERS},
    "access-log": {"GET": READERS},
    "docs": {"GET": EVERYBODY},
    "openapi.json": {"GET": EVERYBODY},
    "": {"GET": set()},
}
QUERIES = {"api/v1/records": "?patient=<patient>", "api/v1/access-log": "?patient=<patient>"}
FORM = "application/x-www-form-urlencoded"
BODIES = {
    ("POST", "api/v1/shares"): '{"patient": "<patient>", "record_ids": ["<record>"], "method": "qr"}',
    ("POST", "api/v1/shares/redeem"): '{"token": "x", "idempotency_key": "0123456789abcdef"}',
    ("POST", "api/v1/patients"): '{"name": "New Example"}',
    ("PATCH", "api/v1/records/<record>"): '{"notes": "x"}',
    ("PATCH", "api/v1/shares/<share>"): '{"label": "x"}',
    ("PUT", "api/v1/patients/<patient>"): '{"name": "Carl Example"}',
}
ROWS = [
    (method, face + route, allowed)
    for face, table in (("", WEB), ("api/v1/", API))
    for route, verbs in table.items()
    for method, allowed in verbs.items()
]


def routes(patterns, prefix=""):
    for pattern in patterns:
        path = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLPattern):
            yield re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", re.sub(r"<\w+:(\w+)>", r"<\1>", path))
        else:
            yield from routes(pattern.url_patterns, path)


def test_names_every_route_and_no_other():
    ours = {route for route in routes(get_resolver().url_patterns) if not route.startswith(NOT_OURS)}
    listed = {route.replace("<trashed>", "<record>") for _, route, _ in ROWS}
    assert ours == listed


@dataclass
class World:
    values: dict[str, str]
    clients: dict[str, Client]

    def fill(self, text):
        return re.sub(r"<(\w+)>", lambda match: self.values[match.group(1)], text)


@pytest.fixture
def world(alice, bob, charlie, ada, dana, child, settings):
    alice_api = sign_in(alice)
    made = [alice_api.upload(child.id, b"%PDF-1.7 x", title=title).json()["id"] for title in ("one", "two")]
    alice_api.call("DELETE", f"/records/{made[1]}")
    share = create(actor=alice.actor, request=ShareRequest(patient=child.id, record_ids=(UUID(made[0]),)))
    token = link(actor=alice.actor, share=share.id).partition("#")[2]
    from chartkeep.lib.actor import Actor

    secret = redeem(actor=Actor.anonymous(), token=token, idempotency_key="0123456789abcdef").secret
    values = {
        "patient": str(child.id), "record": made[0], "trashed": made[1], "share": str(share.id), "number": "1",
        "guardian": guardian_of(alice, child, bob), "session": "0", "user": str(dana.id), "act": "refuse",
        "invitation": str(share.id),
        "secret": secret,
    }  # fmt: skip
    clients = {"nobody": Client(), "viewer": Client(headers={"Authorization": f"Bearer {secret}"})}
    for name, person in {"alice": alice, "bob": bob, "charlie": charlie, "ada": ada}.items():
        clients[name] = signed_in(sign_in(person).client, person)
    return World(values, clients)


def guardian_of(owner, patient, person):
    from chartkeep.accounts.queries import guardians_of

    (found,) = [view for view in guardians_of(owner.actor, patient.id) if view.user == person.id]
    return str(found.id)


def refused(answer) -> bool:
    to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
    return to_sign_in or answer.status_code in {401, 403, 404}


def tried(world, name, method, route):
    """The answer to one caller, with everything that the call changed undone."""
    path = "/" + world.fill(route + QUERIES.get(route, ""))
    body = BODIES.get((method, route))
    sent = {"data": world.fill(body), "content_type": "application/json"} if body else {}
    if route == "open":
        sent = {"data": "token=x&idempotency_key=0123456789abcdef", "content_type": FORM}
    if method == "PUT" and not body:
        sent = {"data": b"%PDF-1.7 y", "content_type": "application/pdf"}
    world.clients["viewer"].cookies["viewer"] = world.values["secret"]  # closing takes it away
    with transaction.atomic():
        answer = world.clients[name].generic(method, path, **sent)
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer


@pytest.mark.parametrize("face", ["web", "api"])
def test_lets_in_whom_the_table_names_and_nobody_else(world, face):
    wrong = []
    for method, route, allowed in ROWS:
        if route.startswith("api/") != (face == "api"):
            continue
        for name in sorted(EVERYBODY):
            answer = tried(world, name, method, route)
            if refused(answer) == (name in allowed) or answer.status_code >= 500:
                wrong.append(f"{method} /{route}: {name} got {answer.status_code}")
    assert not wrong
