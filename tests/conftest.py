"""What every test stands on: a fresh set of keys, a private data directory, a real SQLite file."""

import os
import tempfile
from pathlib import Path

import django
import pytest

pytest_plugins = ["tests.cast", "tests.services.browser"]

# The settings read the environment once, at import: it is laid out before Django starts. So Django is
# started here: named in pyproject.toml, the settings would be read before this file.
DATA_DIR = Path(tempfile.mkdtemp(prefix="chartkeep-tests-"))


def _lay_out_environment() -> None:
    from chartkeep.crypto.keys import MasterKey
    from chartkeep.crypto.tokens import generate_rsa_pair

    keys = DATA_DIR / "keys"
    keys.mkdir(mode=0o700)
    private, public = generate_rsa_pair()
    (keys / "rsa_private.pem").touch(mode=0o600)
    (keys / "rsa_private.pem").write_bytes(private)
    (keys / "rsa_public.pem").write_bytes(public)
    (DATA_DIR / "static").mkdir()  # the server warns when the front end is not built
    for name in [name for name in os.environ if name.startswith(("AWS_", "ENCRYPTION_", "RSA_"))]:
        del os.environ[name]
    os.environ.update(
        DATA_DIR=str(DATA_DIR),
        SECRET_KEY="a secret for one test run that is long enough " + os.urandom(16).hex(),
        JWT_SIGNING_KEY=os.urandom(32).hex(),
        ENCRYPTION_KEY=MasterKey.generate().to_text(),
        DATABASE_URL=os.environ.get("TEST_DATABASE_URL", f"sqlite:///{DATA_DIR}/chartkeep.sqlite3"),
        STORAGE_URL="memory:",
        STATIC_ROOT=os.environ.get("STATIC_ROOT", str(DATA_DIR / "static")),
        ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
        BASE_URL="http://localhost:8000",
        LOG_LEVEL="warning",
        DJANGO_SETTINGS_MODULE="chartkeep.settings.flat",
    )


_lay_out_environment()
django.setup()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A database file of this run's own, on disk: what concurrency and crash tests need."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        database.setdefault("TEST", {})["NAME"] = str(DATA_DIR / f"test-{worker}.sqlite3")
