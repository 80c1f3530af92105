"""A patient with records, and people who may and may not share them."""

import pytest
from tests.cast import grant, make_person
from tests.records.making import add
from tests.sharing.making import ANYBODY, KEY, make_share, secret_of

from chartkeep import wiring
from chartkeep.sharing import refusals
from chartkeep.sharing.flows import redeem, show, view


@pytest.fixture(autouse=True)
def fresh_objects():
    wiring.forget()
    yield
    wiring.forget()


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Nobody signs in here, and most passcodes need not be slow; one test asks for the real hash."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def quick_refusals(request, monkeypatch):
    """The wait is tested where it is the subject."""
    if "real_wait" not in request.fixturenames:
        monkeypatch.setattr(refusals, "REFUSAL_SECONDS", 0.001)


@pytest.fixture
def real_wait():
    """Asks for refusals as slow as in the product."""


@pytest.fixture
def records(alice, child):
    return [add(alice, child, title=f"Finding {number}") for number in range(3)]


@pytest.fixture
def erin(alice, child):
    """An editor of Alice's child."""
    person = make_person("erin")
    grant(alice, child.id, person, role="editor")
    return person


@pytest.fixture
def secrets_of(alice):
    """What was in a share's link when it was first asked for, whatever became of the share since."""
    kept = {}

    def go(made):
        if made.id not in kept:
            kept[made.id] = secret_of(show.link(actor=alice.actor, share=made.id))
        return kept[made.id]

    return go


@pytest.fixture
def share(alice, child, records):
    """Make a share of the child's records: a ``ShareView``."""
    return lambda **facts: make_share(alice, child, records, **facts)


@pytest.fixture
def open_share(secrets_of):
    """Redeem a share as somebody: a ``Redeemed``."""

    def go(made, actor=ANYBODY, key=KEY, **facts):
        return redeem.redeem(actor=actor, **secrets_of(made), idempotency_key=key, **facts)

    return go


@pytest.fixture
def viewer(share, open_share):
    """The actor of a viewer session, of a fresh share or the one given."""

    def go(made=None, actor=ANYBODY, user=None, **facts):
        opened = open_share(made or share(), actor=actor, **facts)
        return view.viewer(secret=opened.secret, origin=ANYBODY.origin, user=user)

    return go
