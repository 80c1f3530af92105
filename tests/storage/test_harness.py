"""The servers that tests start: they answer when they are given, can go away and come back, and never outlive us."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from tests.services import postgres as postgres_module
from tests.services.harness import Server, ServiceError, free_ports
from tests.services.postgres import postgres_service

ROOT = Path(__file__).parents[2]


def is_running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(*processes):
    until = time.monotonic() + 10
    while any(map(is_running, processes)) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(map(is_running, processes))


def sleeper(folder, **kwargs):
    """A server that is a shell with a child of its own."""
    script = f"echo said; sleep 100 & echo $! > {folder}/child; echo $$ > {folder}/parent; wait"
    options = {
        "folder": folder,
        "ready": (folder / "parent").read_text,
        "pending": (FileNotFoundError,),
        "patience": 5,
    }
    return Server(["sh", "-c", script], **(options | kwargs))


def processes_of(folder):
    return [int((folder / name).read_text()) for name in ("parent", "child")]


def test_ends_a_server_with_its_children(tmp_path):
    server = sleeper(tmp_path)
    server.start()
    running = processes_of(tmp_path)
    assert all(map(is_running, running))
    server.stop()
    server.stop()
    assert wait_until_gone(*running)


def test_starts_again_what_was_stopped(tmp_path):
    server = sleeper(tmp_path)
    server.start()
    first = processes_of(tmp_path)
    server.stop()
    (tmp_path / "parent").unlink()
    server.start()
    second = processes_of(tmp_path)
    server.stop()
    assert not set(first) & set(second)
    assert wait_until_gone(*first, *second)


def test_says_what_a_server_said_that_does_not_start(tmp_path):
    def never():
        raise ConnectionError("nobody listens")

    server = sleeper(tmp_path, ready=never, pending=(ConnectionError,), patience=0.5, log=tmp_path / "log")
    with pytest.raises(ServiceError, match=r"nobody listens\. said"):
        server.start()
    assert wait_until_gone(*processes_of(tmp_path))


OWNER = """
import os, signal, sys
from pathlib import Path
from tests.storage.test_harness import sleeper
sleeper(Path(sys.argv[1])).start()
print("started", flush=True)
if sys.argv[2] == "killed":
    signal.pause()
"""


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["left", "killed"])
def test_leaves_no_server_when_the_owner_ends_without_a_word(tmp_path, ending):
    if ending == "killed" and not shutil.which("setpriv"):
        pytest.skip("there is no setpriv")
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, tmp_path, ending], cwd=ROOT, stdout=subprocess.PIPE
    )
    with owner:
        assert owner.stdout.readline() == b"started\n"
        if ending == "killed":
            owner.send_signal(signal.SIGKILL)
    parent, child = processes_of(tmp_path)
    assert wait_until_gone(parent)
    if ending == "killed":  # the kernel's signal reaches the server, not what it started
        os.kill(child, signal.SIGKILL)
    assert wait_until_gone(child)


def test_gives_ports_that_are_free():
    ports = free_ports(20)
    assert len(set(ports)) == 20
    for port in ports:
        for number in (port, port + 10_000):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", number))


def test_names_the_package_when_postgresql_is_missing(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ServiceError, match="package postgresql"):
        postgres_module.program("no-such-program")


@pytest.mark.services
@pytest.mark.slow
def test_keeps_what_postgresql_has_over_a_stop(tmp_path):
    with postgres_service(tmp_path) as service:
        url = service.new_database("kept")
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept (word text)")
            connection.execute("INSERT INTO kept VALUES ('here')")
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
        service.stop()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=2)
        service.start()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT word FROM kept").fetchone() == ("here",)
