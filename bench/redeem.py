"""64 redeems at the same moment at a limit of 5, on PostgreSQL: in how many rounds other than 5 came in.

Four processes of 16 threads each call the flow itself, as four servers on one database would. The database
is a real server, started for the run; keys and people are made for it.
"""

import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench.rows import Row

PROCESSES, THREADS, LIMIT = 4, 16, 5
TOGETHER = PROCESSES * THREADS
PASSWORD = "a long bench password 4711"


def run(rounds: int = 1000) -> list[Row]:
    """Play the rounds; the bound is that none goes wrong."""
    from tests.services.postgres import postgres

    with tempfile.TemporaryDirectory(prefix="chartkeep-bench-") as folder, postgres(Path(folder)) as url:
        environment = os.environ | _environment(Path(folder), url)
        command = [sys.executable, "-m", "bench.redeem", str(rounds)]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout)
    return [
        Row(
            name=f"{TOGETHER} redeems at once, limit {LIMIT}, PostgreSQL: wrong rounds of {rounds}",
            ratio=found["wrong"],
            reference=f"{LIMIT} let in, {TOGETHER - LIMIT} refused; time: one alone",
            seconds=found["round_seconds"],
            reference_seconds=found["alone_seconds"],
            peak_rss_mib=found["peak_rss_mib"],
            bound=0.0,
        )
    ]


def _environment(folder: Path, url: str) -> dict[str, str]:
    from chartkeep.crypto.keys import MasterKey
    from chartkeep.crypto.tokens import generate_rsa_pair

    private, public = generate_rsa_pair()
    keys = folder / "data" / "keys"
    keys.mkdir(parents=True, mode=0o700)
    (keys / "rsa_private.pem").touch(mode=0o600)
    (keys / "rsa_private.pem").write_bytes(private)
    (keys / "rsa_public.pem").write_bytes(public)
    return {
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": url,
        "DATABASE_POOL_SIZE": str(THREADS),
        "STORAGE_URL": "memory:",
        "SECRET_KEY": os.urandom(32).hex(),
        "JWT_SIGNING_KEY": os.urandom(32).hex(),
        "ENCRYPTION_KEY": MasterKey.generate().to_text(),
        "BASE_URL": "http://localhost:8000",
        "LOG_LEVEL": "error",
        "DJANGO_SETTINGS_MODULE": "chartkeep.settings.flat",
    }


def _start_django() -> None:
    import django

    django.setup()


def _redeem(token: str) -> str:
    """What one of many gets: ``in``, ``refused`` or the name of what went wrong."""
    from django.db import connection

    from chartkeep.lib.actor import Actor
    from chartkeep.sharing.errors import ShareRefusedError
    from chartkeep.sharing.flows.redeem import redeem

    try:
        redeem(actor=Actor.anonymous(), token=token, idempotency_key=str(uuid4()))
    except ShareRefusedError:
        return "refused"
    except Exception as problem:  # noqa: BLE001 - counted as a wrong round, by name
        return repr(problem)
    else:
        return "in"
    finally:
        connection.close()


def _server(start: Any, pipe: Any) -> None:
    """One process: for each token it is sent, redeem it in every thread at once and send the answers."""
    _start_django()
    while (token := pipe.recv()) is not None:
        answers: list[str] = []

        def one(token: str = token, answers: list[str] = answers) -> None:
            start.wait(60)
            answers.append(_redeem(token))

        threads = [threading.Thread(target=one) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pipe.send(answers)


class _Owner:
    """Somebody with one record, who makes a share for each round."""

    def __init__(self) -> None:
        import io

        from chartkeep.accounts.flows.create_patient import create_patient
        from chartkeep.accounts.flows.create_user import create_user
        from chartkeep.lib.actor import Actor
        from chartkeep.records.flows.upload import upload

        person = create_user(email="owner@example.org", password=PASSWORD)
        self._actor = Actor.person(person.id)
        patient = create_patient(actor=self._actor, name="Bench Example")
        content = io.BytesIO(b"%PDF-1.7 bench")
        record = upload(actor=self._actor, patient=patient.id, content=content, file_name="bench.pdf")
        self._patient, self._record = patient.id, record.id

    def share(self, limit: int | None = LIMIT) -> tuple[Any, str]:
        """A fresh share: its id and token."""
        from chartkeep.sharing.details import ShareRequest
        from chartkeep.sharing.flows import create, show

        wanted = ShareRequest(self._patient, (self._record,), max_access_count=limit)
        made = create.create(actor=self._actor, request=wanted)
        return made.id, show.link(actor=self._actor, share=made.id).partition("#")[2]

    def counted(self, share: Any) -> int:
        from chartkeep.sharing.queries import get_share

        return get_share(actor=self._actor, share=share).access_count


def _alone(owner: _Owner) -> float:
    _, token = owner.share(limit=None)
    samples = []
    for _ in range(21):
        started = time.perf_counter()
        _redeem(token)
        samples.append(time.perf_counter() - started)
    return statistics.median(samples)


def _play(owner: _Owner, pipes: list[Any], rounds: int) -> tuple[int, list[float]]:
    """The number of wrong rounds, and how long each round took."""
    wrong, seconds = 0, []
    for number in range(1, rounds + 1):
        share, token = owner.share()
        started = time.perf_counter()
        for pipe in pipes:
            pipe.send(token)
        answers = [answer for pipe in pipes for answer in pipe.recv()]
        seconds.append(time.perf_counter() - started)
        expected = sorted(["in"] * LIMIT + ["refused"] * (TOGETHER - LIMIT))
        if sorted(answers) != expected or owner.counted(share) != LIMIT:
            wrong += 1
            print(f"round {number}: {sorted(set(answers))}, {answers.count('in')} in", file=sys.stderr)
        if number % 50 == 0:
            print(f"  {number} of {rounds} rounds, {wrong} wrong", file=sys.stderr, flush=True)
    return wrong, seconds


def main(rounds: int) -> None:
    """The rounds themselves, in a process whose environment is laid out; prints JSON."""
    from django.core.management import call_command

    _start_django()
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    owner = _Owner()
    alone = _alone(owner)
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(TOGETHER)
    ends = [spawn.Pipe() for _ in range(PROCESSES)]
    servers = [spawn.Process(target=_server, args=(start, there)) for _, there in ends]
    for server in servers:
        server.start()
    for _, there in ends:
        there.close()  # so that a process that died is noticed
    pipes = [here for here, _ in ends]
    wrong, seconds = _play(owner, pipes, rounds)
    for pipe in pipes:
        pipe.send(None)
    for server in servers:
        server.join()
    found = {
        "wrong": wrong,
        "round_seconds": statistics.median(seconds),
        "alone_seconds": alone,
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
