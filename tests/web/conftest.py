"""What the tests of pages share: quick passwords, a storage of their own, people at their browsers."""

from types import SimpleNamespace

import pytest
from django.test import Client
from tests.cast import grant, make_person, signed_in

from chartkeep import wiring


@pytest.fixture
def quick_passwords(settings):
    """For tests that do not sign in by password: no tenth of a second for each person."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def storage(settings, tmp_path):
    """The folder of this test's storage."""
    folder = tmp_path / "objects"
    settings.STORAGE_URL = folder.as_uri()
    settings.STORAGE_MIN_FREE = 0
    wiring.forget()
    yield folder
    wiring.forget()


@pytest.fixture
def erin(alice, child):
    """An editor of Alice's child."""
    person = make_person("erin")
    grant(alice, child.id, person, role="editor")
    return person


@pytest.fixture
def at(quick_passwords, storage, alice, alice_self, child, bob, charlie):
    """Browsers: ``at.alice`` owns, ``at.bob`` views the child, ``at.charlie`` nothing, ``at.nobody`` is a guest."""
    return SimpleNamespace(
        alice=signed_in(Client(), alice),
        bob=signed_in(Client(), bob),
        charlie=signed_in(Client(), charlie),
        nobody=Client(),
        strict=signed_in(Client(enforce_csrf_checks=True), alice),
    )


def words_of(answer) -> str:
    """The text of a page as it stands, each run of blanks as one."""
    return " ".join(answer.content.decode().split())


def content_of(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content
