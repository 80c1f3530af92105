"""A PostgreSQL server of our own, on loopback, for as long as a test run needs it."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from tests.services.harness import Server, ServiceError, free_ports

_SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "shared_buffers=32MB",
    "fsync=on",
)


@dataclass(frozen=True)
class PostgresService:
    """The server. ``url`` is a ``DATABASE_URL``; ``new_database`` makes others beside it."""

    server: Server
    url: str

    def new_database(self, name: str) -> str:
        """Make an empty database; gives its URL."""
        return new_database(self.url, name)

    def stop(self) -> None:
        """Stop it, with its connections; what it has stays."""
        self.server.stop(signal.SIGINT)

    def start(self) -> None:
        """Start it again, at the same address."""
        self.server.start()


def program(name: str) -> Path:
    """A program of the newest PostgreSQL here, also where Debian hides it from the PATH."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=_version, reverse=True)
    found = str(places[0]) if places else shutil.which(name)
    if found is None:
        raise ServiceError(f"PostgreSQL's {name} is not installed: install Debian's package postgresql.")
    return Path(found)


def _version(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.parts[-3])]


@contextmanager
def postgres_service(folder: Path) -> Iterator[PostgresService]:
    """Run a server with its data below ``folder``. It refuses to run as root and is then ``postgres``."""
    data = folder / "postgres"
    data.mkdir(parents=True)
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(data, user=user)
        _let_through(data)
    _make_cluster(data, user)
    port = free_ports(1)[0]
    url = f"postgres://chartkeep@127.0.0.1:{port}/postgres"
    options = [part for setting in (*_SETTINGS, f"port={port}") for part in ("-c", setting)]
    service = PostgresService(
        Server(
            [program("postgres"), "-D", data, *options],
            folder=Path("/"),
            user=user,
            ready=lambda: psycopg.connect(url, connect_timeout=2).close(),
            pending=(psycopg.OperationalError,),
            log=folder / "postgres.log",
        ),
        url,
    )
    service.start()
    try:
        yield service
    finally:
        service.stop()


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """As ``postgres_service``, for those who need no more than the URL of its database."""
    with postgres_service(folder) as service:
        yield service.url


def new_database(url: str, name: str) -> str:
    """Make an empty database on the server; gives its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return url.rpartition("/")[0] + f"/{name}"


def _make_cluster(data: Path, user: str | None) -> None:
    done = subprocess.run(
        [program("initdb"), "-D", data, "-U", "chartkeep", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
        check=False,
        cwd="/",
        capture_output=True,
        text=True,
        **({"user": user} if user else {}),
    )
    if done.returncode:
        raise ServiceError(f"initdb failed: {done.stderr[-1000:]}")


def _let_through(data: Path) -> None:
    """Let the other account pass the directories above, which pytest makes for us alone."""
    for above in data.parents:
        state = above.stat()
        if state.st_uid == os.geteuid() and not state.st_mode & 0o001:
            above.chmod(state.st_mode | 0o011)
