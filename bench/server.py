"""A real server for the benchmarks: `chartkeep serve` in a directory of its own, and people who use it."""

import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def chartkeep(data: Path, *words: str, stdin: str = "", **environment: str) -> str:
    """Run the command and give what it printed."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("chartkeep")), "--data-dir", str(data), *words],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    if done.returncode:
        raise SystemExit(f"chartkeep {' '.join(words)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


@dataclass
class Server:
    """A server on loopback: its port and process."""

    port: int
    process: subprocess.Popen[bytes]

    def processes(self) -> list[int]:
        """The ids of the process and everything below it."""
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                waiting += [int(child) for child in children.read_text().split()]
        return found

    def resident_mib(self) -> float:
        """Resident memory of all its processes together, in MiB."""
        total = 0
        for pid in self.processes():
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            total += sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        return total / 1024


@contextmanager
def running(command: list[str], port: int, log: Path, **environment: str) -> Iterator[Server]:
    """Start a server, wait until it listens, stop it at the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=os.environ | environment, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 60
        while True:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command[0]} did not start:\n{log.read_text()[-3000:]}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield Server(port, process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def serving(data: Path, **environment: str) -> Iterator[Server]:
    """`chartkeep serve` with an own data directory."""
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("chartkeep")),
        "--data-dir",
        str(data),
        "serve",
        "--port",
        str(port),
    ]
    with running(command, port, data / "serve.log", **environment) as server:
        yield server


class Client:
    """Somebody who is signed in to the API of a server."""

    def __init__(self, server: Server, email: str = "", password: str = "") -> None:
        self._port = server.port
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
        self._headers: dict[str, str] = {}
        if email:
            answer = self.send("POST", "/_allauth/app/v1/auth/login", {"email": email, "password": password})
            self._headers["Authorization"] = f"Bearer {answer['meta']['access_token']}"

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send JSON and read JSON."""
        headers = dict(self._headers)
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        self._connection.request(method, path, data, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:500]!r}")
        return json.loads(text) if text else None

    def stream(self, path: str, size: int, block: bytes, **members: str) -> float:
        """Send ``size`` bytes made of ``block`` as a raw body; gives seconds."""
        metadata = base64.urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=1800)
        started = time.perf_counter()
        connection.putrequest("POST", path)
        for name, value in self._headers.items():
            connection.putheader(name, value)
        connection.putheader("Content-Type", "application/octet-stream")
        connection.putheader("Content-Length", str(size))
        connection.putheader("Chartkeep-Metadata", metadata)
        connection.endheaders()
        left = size
        while left:
            part = block if left >= len(block) else block[:left]
            connection.send(part)
            left -= len(part)
        answer = connection.getresponse()
        text = answer.read()
        seconds = time.perf_counter() - started
        connection.close()
        if answer.status >= 400:
            raise SystemExit(f"POST {path}: {answer.status} {text[:500]!r}")
        return seconds
