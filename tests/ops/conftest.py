"""Data directories for the command: an empty place, and a vault that has its keys and its tables."""

import shutil

import pytest
from tests.services.serving import command


@pytest.fixture
def data(tmp_path):
    """Where nothing is yet."""
    return tmp_path / "data"


@pytest.fixture(scope="session")
def made_vault(tmp_path_factory):
    """A vault after its first start, made once: to be copied, not used."""
    made = tmp_path_factory.mktemp("made") / "data"
    done = command(made, "migrate")
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def vault(made_vault, tmp_path):
    """A vault of the test's own, with keys and tables, without people."""
    return shutil.copytree(made_vault, tmp_path / "vault")
