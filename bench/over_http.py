"""Over HTTP: upload against the same server writing unencrypted; redeem and lists against a bare endpoint."""

import os
import statistics
import sys
import threading
import time
from pathlib import Path
from uuid import uuid4

from bench.rows import Row
from bench.server import Client, chartkeep, free_port, running, serving

PASSWORD = "a long bench password 4711"


def prepared(data: Path) -> None:
    """People for the benchmarks, in a fresh data directory."""
    for name in ("owner", "bare"):
        chartkeep(
            data, "create-user", "--email", f"{name}@example.org", "--role", "patient", stdin=PASSWORD + "\n"
        )


class _Watch(threading.Thread):
    """Samples a server's resident memory while something runs."""

    def __init__(self, server) -> None:
        super().__init__(daemon=True)
        self._server, self._over = server, threading.Event()
        self.before = self.peak = server.resident_mib()

    def run(self) -> None:
        while not self._over.wait(0.05):
            self.peak = max(self.peak, self._server.resident_mib())

    def growth(self) -> float:
        self._over.set()
        self.join()
        return self.peak - self.before


def upload(data: Path, size: int, rounds: int) -> list[Row]:
    """Alternating rounds of the sealed and the plain upload of ``size`` bytes."""
    prepared(data)
    block, port = os.urandom(2**20), free_port()
    plain = [
        str(Path(sys.executable).with_name("granian")),
        "--interface",
        "wsgi",
        "--port",
        str(port),
        "--workers",
        "1",
        "--blocking-threads",
        "8",
        "bench.plain_server:application",
    ]
    sealed_seconds, plain_seconds, growth = [], [], 0.0
    with (
        serving(data, MAX_UPLOAD_SIZE=str(size + 1)) as server,
        running(plain, port, data / "plain.log", PLAIN_TARGET=str(data)) as reference,
    ):
        owner = Client(server, "owner@example.org", PASSWORD)
        patient = owner.send("POST", "/api/v1/patients", {"name": "Bench Example", "is_self": True})["id"]
        owner.stream(f"/api/v1/records?patient={patient}", 8 * 2**20, block, title="warm up")
        Client(reference).stream("/", 8 * 2**20, block)
        for _ in range(rounds):
            # An access token lives five minutes; and Argon2id takes its 100 MiB at sign-in, not at upload.
            owner = Client(server, "owner@example.org", PASSWORD)
            time.sleep(1)
            watch = _Watch(server)
            watch.start()
            sealed_seconds.append(
                owner.stream(f"/api/v1/records?patient={patient}", size, block, title="bench")
            )
            growth = max(growth, watch.growth())
            plain_seconds.append(Client(reference).stream("/", size, block))
            for stored in sorted((data / "objects").rglob("*"), key=lambda path: path.is_dir()):
                if stored.is_file() and stored.stat().st_size >= size:
                    stored.unlink()  # only to spare the disk between rounds
    sealed, bare = statistics.median(sealed_seconds), statistics.median(plain_seconds)
    return [
        Row(
            name=f"upload over HTTP, {size / 2**30:.1f} GiB: throughput",
            ratio=bare / sealed,
            reference="same server, unencrypted",
            seconds=sealed,
            reference_seconds=bare,
            peak_rss_mib=growth,
            bound=0.6,
            higher_is_better=True,
        ),
        Row(
            name="upload over HTTP: server RSS growth / 64 MiB",
            ratio=growth / 64,
            reference="64 MiB",
            seconds=sealed,
            reference_seconds=bare,
            peak_rss_mib=growth,
            bound=1.0,
            higher_is_better=False,
        ),
    ]


def _p95(samples: list[float]) -> float:
    return statistics.quantiles(samples, n=20)[-1]


def _timed(action) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def answers(data: Path, rounds: int) -> list[Row]:
    """p95 of redeem and of a list of 100 records, against a bare authenticated JSON endpoint."""
    prepared(data)
    with serving(data) as server:
        owner, bare = (Client(server, f"{name}@example.org", PASSWORD) for name in ("owner", "bare"))
        patient = owner.send("POST", "/api/v1/patients", {"name": "Bench Example"})["id"]
        for number in range(100):
            owner.stream(f"/api/v1/records?patient={patient}", 1000, b"x" * 1000, title=f"Record {number}")
        records = owner.send("GET", f"/api/v1/records?patient={patient}&limit=100")["items"]
        share = owner.send(
            "POST", "/api/v1/shares", {"patient": patient, "record_ids": [records[0]["id"]], "method": "qr"}
        )
        token = share["link"].partition("#")[2]
        subjects = {
            "bare": lambda: bare.send("GET", "/api/v1/patients"),
            "list of 100 records": lambda: owner.send("GET", f"/api/v1/records?patient={patient}&limit=100"),
            "redeem": lambda: bare.send(
                "POST", "/api/v1/shares/redeem", {"token": token, "idempotency_key": str(uuid4())}
            ),
        }
        samples: dict[str, list[float]] = {name: [] for name in subjects}
        for _ in range(rounds):
            for name, action in subjects.items():
                samples[name].append(_timed(action))
        memory = server.resident_mib()
    reference = _p95(samples["bare"])
    return [
        Row(
            name=f"{name}, p95",
            ratio=_p95(samples[name]) / reference,
            reference="bare authenticated JSON endpoint, p95",
            seconds=_p95(samples[name]),
            reference_seconds=reference,
            peak_rss_mib=memory,
            bound=None,
            higher_is_better=False,
        )
        for name in ("redeem", "list of 100 records")
    ]
