"""A storage of its own for every test here: a real directory."""

from types import SimpleNamespace

import pytest

from chartkeep import wiring


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    """The folder of this test's storage."""
    folder = tmp_path / "objects"
    settings.STORAGE_URL = folder.as_uri()
    settings.STORAGE_MIN_FREE = 0
    wiring.forget()
    yield folder
    wiring.forget()


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """The people of these tests never sign in: no need to spend a tenth of a second on each password."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def storage_down(settings):
    """Call it, and from then on the storage is an S3 server that nobody runs."""

    def take_down():
        settings.STORAGE_URL = (
            "s3://bucket/records?endpoint=http://127.0.0.1:9&region=us-east-1&path_style=true"
        )
        settings.STORAGE_OPTIONS = {"AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK"}
        wiring.forget()

    return take_down


@pytest.fixture
def erin(alice, child):
    """An editor of Alice's child."""
    from tests.cast import grant, make_person

    person = make_person("erin")
    grant(alice, child.id, person, role="editor")
    return person


@pytest.fixture
def viewer(child):
    """Make the actor of a live viewer session for some records of the child."""
    from chartkeep.lib.actor import Actor
    from chartkeep.lib.ids import new_id

    def make(*records, patient=None):
        ids = frozenset(record.id for record in records)
        actor = Actor.viewer(new_id(), share=new_id(), patient=patient or child.id, records=ids)
        return SimpleNamespace(actor=actor)

    return make
