"""The cast: Alice owns, Bob was granted, Charlie has nothing, Dr. Dana is a clinician, Ada administers.

A fixture plugin (see ``pytest_plugins`` in conftest.py) and plain functions that make more people.
Every one is made by the flows that make them in the product.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest

from chartkeep.lib.actor import Actor, Origin

PASSWORD = "correct horse battery"
ORIGIN = Origin(address="192.0.2.7", user_agent="Firefox", face="web")


@dataclass(frozen=True)
class Person:
    """Somebody of the cast: their account, and themselves as an actor."""

    id: UUID
    email: str
    actor: Actor
    password: str = PASSWORD


def make_person(name: str, *, is_administrator: bool = False, clinician: bool = False, verified: bool = True):
    """An account ``name@example.org`` with the password ``PASSWORD``."""
    from chartkeep.accounts.flows.create_user import create_user

    view = create_user(
        email=f"{name}@example.org",
        password=PASSWORD,
        is_administrator=is_administrator,
        clinician=clinician,
        verified=verified,
    )
    actor = Actor.person(view.id, origin=ORIGIN, is_administrator=is_administrator, is_clinician=clinician)
    return Person(view.id, view.email, actor)


def make_patient(owner: Person, name: str = "Alice Example", *, is_self: bool = False, birth_date=None):
    """A patient whom ``owner`` owns: a ``PatientView``."""
    from chartkeep.accounts.flows.create_patient import create_patient

    return create_patient(actor=owner.actor, name=name, birth_date=birth_date, is_self=is_self)


def grant(owner: Person, patient: UUID, to: Person, role: str = "viewer", ends_at=None):
    """Let ``to`` act for the owner's patient: a ``GuardianView``."""
    from chartkeep.accounts.flows.add_guardian import add_guardian

    return add_guardian(actor=owner.actor, patient=patient, email=to.email, role=role, ends_at=ends_at)


def signed_in(client, person: Person):
    """Django's test client with a session of ``person``; gives the client."""
    from django.contrib.auth import get_user_model

    client.force_login(get_user_model().objects.get(id=person.id))
    return client


@pytest.fixture(autouse=True)
def _fresh_system_sealer():
    """Each test has a database of its own, and so a system vault of its own."""
    from chartkeep.accounts import system_box

    system_box.forget()


@pytest.fixture
def alice(db):
    """Owner of two patients: herself and her child."""
    return make_person("alice")


@pytest.fixture
def alice_self(alice):
    """Alice as a patient."""
    return make_patient(alice, "Alice Example", is_self=True, birth_date=date(1988, 4, 2))


@pytest.fixture
def child(alice):
    """Alice's child, a patient without an account."""
    return make_patient(alice, "Carl Example", birth_date=date(2019, 11, 30))


@pytest.fixture
def bob(db, alice, child):
    """Was granted: views the record of Alice's child, nothing else."""
    person = make_person("bob")
    grant(alice, child.id, person)
    return person


@pytest.fixture
def charlie(db):
    """Nobody: an account without any patient."""
    return make_person("charlie")


@pytest.fixture
def dana(db):
    """Dr. Dana, a confirmed clinician without any patient."""
    return make_person("dana", clinician=True)


@pytest.fixture
def ada(db):
    """An administrator, who can read no record."""
    return make_person("ada", is_administrator=True)
