"""kill -9 at every step: nothing acknowledged is lost, nothing half-written is visible, nothing is left over."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.services.postgres import new_database, postgres
from tests.services.seaweed import seaweed

from chartkeep.crypto.keys import MasterKey

ROOT = Path(__file__).parents[2]


def killed_at_every_step(act: str, **environment: str) -> dict:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "tests.services.fault_points", act],
        cwd=ROOT,
        env=inherited
        | {
            "DJANGO_SETTINGS_MODULE": "chartkeep.settings.flat",
            "PYTHONPATH": str(ROOT),
            "SECRET_KEY": "a secret for the tests of crashes that is long enough " + os.urandom(16).hex(),
            "JWT_SIGNING_KEY": os.urandom(32).hex(),
            "ENCRYPTION_KEY": MasterKey.generate().to_text(),
            "LOG_LEVEL": "error",
        }
        | environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert not found["problems"], "\n".join(found["problems"]) + done.stderr[-4000:]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("act", "steps"), [("upload", 40), ("replace", 40), ("erase", 20)])
def test_survives_a_kill_at_every_step(tmp_path, act, steps):
    found = killed_at_every_step(
        act,
        DATA_DIR=str(tmp_path),
        DATABASE_URL=f"sqlite:///{tmp_path}/crash.sqlite3",
        STORAGE_URL=(tmp_path / "objects").as_uri(),
        STORAGE_MIN_FREE="0",
    )
    assert found["killed"] >= steps


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """A PostgreSQL and an S3 server."""
    folder = tmp_path_factory.mktemp("servers")
    with postgres(folder) as database, seaweed(folder) as objects:
        yield database, objects


@pytest.mark.services
@pytest.mark.slow
@pytest.mark.parametrize(("act", "steps"), [("upload", 60), ("replace", 60), ("erase", 20)])
def test_survives_it_on_postgresql_and_s3_with_uploads_in_parts(servers, tmp_path, act, steps):
    database, objects = servers
    found = killed_at_every_step(
        act,
        DATA_DIR=str(tmp_path),
        DATABASE_URL=new_database(database, f"crash-{act}"),
        STORAGE_URL=objects.url(),
        CRASH_BODY_BYTES="18000000",
        **objects.options,
    )
    assert found["killed"] >= steps
