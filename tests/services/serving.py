"""`chartkeep serve` as users run it: its own process, its own data directory, real granian. For journeys."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHARTKEEP = str(Path(sys.executable).with_name("chartkeep"))
_OWN = ("DATA_DIR", "SECRET_KEY", "JWT_SIGNING_KEY", "ENCRYPTION_KEY", "DATABASE_URL", "STORAGE_URL",
        "ALLOWED_HOSTS", "BASE_URL", "LOG_LEVEL", "KEY_DIR", "STATIC_ROOT", "SIGNUP_MODE",
        "DJANGO_ALLOW_ASYNC_UNSAFE", "TEST_DATABASE_URL")  # fmt: skip


def environment(**settings: str) -> dict[str, str]:
    """The environment of a fresh machine: nothing of the test run's own settings, then ``settings``."""
    return {name: value for name, value in os.environ.items() if name not in _OWN} | settings


def command(data: Path, *words: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `chartkeep` to its end."""
    return subprocess.run(
        [CHARTKEEP, "--data-dir", str(data), *words],
        input=stdin, capture_output=True, text=True, timeout=120, check=False, env=environment(**settings),
    )  # fmt: skip


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """A server: where it is, its process and what it printed."""

    url: str
    port: int
    process: subprocess.Popen
    log: Path

    def printed(self) -> str:
        return self.log.read_text()

    def setup_link(self) -> str:
        found = re.search(r"http\S+/setup#\S+", self.printed())
        assert found, self.printed()
        return found.group(0)

    def stop(self, how=signal.SIGTERM) -> int:
        """Send a signal and wait; gives the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(30)


@contextmanager
def serve(data: Path, *words: str, **settings: str):
    """Start `chartkeep serve` on a free port and wait until it answers."""
    port, log = free_port(), data.parent / f"{data.name}-serve.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [CHARTKEEP, "--data-dir", str(data), "serve", "--port", str(port), *words],
            stdout=output, stderr=output, env=environment(**settings), start_new_session=True,
        )  # fmt: skip
    running = Running(f"http://localhost:{port}", port, process, log)
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, running.printed()
            assert time.monotonic() < deadline, running.printed()
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield running
    finally:
        running.stop()
        with_children_gone(process.pid)


def with_children_gone(group: int) -> None:
    """End what a killed server left of its process group."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
