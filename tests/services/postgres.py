"""A PostgreSQL server of our own, on loopback, for as long as a test run needs it."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

_SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "shared_buffers=32MB",
)


def program(name: str) -> str:
    """Where a program of PostgreSQL is, also where distributions hide it from the PATH."""
    found = shutil.which(name) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), None
    )
    if found is None:
        pytest.fail(f"PostgreSQL's {name} is not installed: install the postgresql package.")
    return found


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a server with its data below ``folder``; gives the URL of its database."""
    data = folder / "postgres"
    data.mkdir(parents=True)
    identity = {"user": "postgres"} if os.geteuid() == 0 else {}  # it refuses to run as root
    if identity:
        shutil.chown(data, user="postgres")
        for above in data.parents:
            if above.stat().st_uid == os.geteuid() and not above.stat().st_mode & 0o001:
                above.chmod(above.stat().st_mode | 0o011)
    where = {"cwd": "/", "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | identity
    subprocess.run(
        [program("initdb"), "-D", data, "-U", "chartkeep", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
        check=True,
        **where,
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [part for setting in (*_SETTINGS, f"port={port}") for part in ("-c", setting)]
    server = subprocess.Popen([program("postgres"), "-D", data, *options], **where)
    try:
        url = f"postgres://chartkeep@127.0.0.1:{port}/postgres"
        _wait_for(server, url)
        yield url
    finally:
        server.terminate()
        server.wait(30)


def new_database(url: str, name: str) -> str:
    """Make an empty database on the server; gives its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return url.rpartition("/")[0] + f"/{name}"


def _wait_for(server: subprocess.Popen, url: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
