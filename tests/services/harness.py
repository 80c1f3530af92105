"""What the servers that tests and benchmarks start have in common. Nothing here needs pytest."""

import atexit
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

_running: set["Server"] = set()


class ServiceError(Exception):
    """A server is not installed or does not start; the message says what to do."""


class Server:
    """A program that runs in a process group of its own and is gone, with all its children, at the end.

    Its end is certain thrice: ``stop``, our own exit, and (where ``setpriv`` is) a signal from the kernel when we
    are killed. ``ready`` is called until it no longer raises one of ``pending``.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        folder: Path,
        ready: Callable[[], object],
        pending: tuple[type[Exception], ...],
        patience: float = 60,
        environment: dict[str, str] | None = None,
        user: str | None = None,
        log: Path | None = None,
    ) -> None:
        guard = shutil.which("setpriv")
        self._command = [*([guard, "--pdeathsig", "KILL", "--"] if guard else []), *map(str, command)]
        self._folder = folder
        self._ready, self._pending, self._patience = ready, pending, patience
        self._environment = os.environ | (environment or {})
        self._user = user
        self._log = log
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        with contextlib.ExitStack() as open_files:
            out = open_files.enter_context(self._log.open("ab")) if self._log else subprocess.DEVNULL
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                **({"user": self._user} if self._user else {}),
            )
        _running.add(self)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait until it is gone, so that its ports are free; kills what does not end."""
        process, self._process = self._process, None
        _running.discard(self)
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(sign)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def freeze(self) -> None:
        """Let it hang: it accepts connections and answers nothing."""
        os.killpg(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.killpg(self._process.pid, signal.SIGCONT)

    def _wait(self) -> None:
        until = time.monotonic() + self._patience
        while True:
            try:
                self._ready()
            except self._pending as problem:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise ServiceError(
                        f"{self._command[-1]} does not start: {problem}. {self._said()}"
                    ) from None
                time.sleep(0.1)
            else:
                return

    def _said(self) -> str:
        return self._log.read_text(errors="replace")[-2000:] if self._log else ""


@atexit.register
def _stop_all() -> None:
    for server in tuple(_running):
        server.stop(signal.SIGKILL)


def free_ports(count: int) -> list[int]:
    """Free loopback ports below those that the kernel hands out, each with its neighbour 10,000 above free too.

    SeaweedFS takes that neighbour for gRPC.
    """
    found: list[int] = []
    while len(found) < count:
        port = 12_000 + secrets.randbelow(10_000)
        if port not in found and _is_free(port) and _is_free(port + 10_000):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
