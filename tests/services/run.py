"""Run the tests that need real servers: ``python -m tests.services.run [PYTEST OPTIONS]``.

Starts a PostgreSQL for the whole run, on which the tests of every app with rows are repeated; the tests
marked ``services`` start the S3 server (and whatever they stop and kill) themselves. Ends with pytest's
exit status.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.services.harness import ServiceError
from tests.services.postgres import postgres_service

ROOT = Path(__file__).parents[2]
WITH_ROWS = ("audit", "keyring", "accounts", "records", "sharing", "api")
OWN_DATABASES = "tests/records/test_crash.py"  # it names its databases itself
NONE_CHOSEN = 5  # pytest's status when the options leave no test
_PYTEST = (sys.executable, "-m", "pytest", "-q")


def main(options: list[str]) -> int:
    """Both halves, the second one also when the first one fails.

    Gives the first status that is not 0. Options such as ``-k`` may leave no test in one half, not in both.
    """
    with tempfile.TemporaryDirectory(prefix="chartkeep-services-") as folder:
        try:
            with postgres_service(Path(folder)) as service:
                found = [_on_postgresql(service.url, options)]
        except ServiceError as problem:
            sys.stderr.write(f"{problem}\n")
            return 1
    found.append(_with_own_servers(options))
    if options:
        found = [status for status in found if status != NONE_CHOSEN] or [NONE_CHOSEN]
    return next((status for status in found if status), 0)


def _on_postgresql(url: str, options: list[str]) -> int:
    """Every app with rows, on PostgreSQL: what SQLite allows by accident fails here."""
    places = [f"tests/{name}" for name in WITH_ROWS]
    words = ["-n", "2", "--dist", "loadfile", "-m", "not services and not journey"]
    words += [f"--ignore={OWN_DATABASES}", *places, *options]
    return _run("the apps on PostgreSQL", words, TEST_DATABASE_URL=url)


def _with_own_servers(options: list[str]) -> int:
    """What is marked ``services``: S3, servers that go away, kills at every step."""
    return _run("storage, races and crashes", ["-n", "2", "--dist", "loadfile", "-m", "services", *options])


def _run(what: str, words: list[str], **environment: str) -> int:
    started = time.monotonic()
    sys.stdout.write(f"== {what}\n")
    sys.stdout.flush()
    done = subprocess.run([*_PYTEST, *words], cwd=ROOT, env=os.environ | environment, check=False)
    sys.stdout.write(f"== {what} took {time.monotonic() - started:.0f} s\n")
    sys.stdout.flush()
    return done.returncode


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the tests and servers end with us
    sys.exit(main(sys.argv[1:]))
