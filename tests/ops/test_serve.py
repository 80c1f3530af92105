"""`chartkeep serve`: one command, from an empty directory to a server, and a graceful end."""

import hashlib
import http.client
import json
import os
import re
import signal
import sqlite3
import ssl
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.services.postgres import postgres
from tests.services.seaweed import seaweed
from tests.services.serving import command, free_port, serve

pytestmark = pytest.mark.slow
PASSWORD = "plum orchard window 27"


def get(port, path, context=None):
    make = http.client.HTTPSConnection if context else http.client.HTTPConnection
    connection = make("localhost", port, timeout=20, **({"context": context} if context else {}))
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def family(pid):
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            found += family(int(child))
    return found


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_serves_from_nothing_and_stops_with_everything_it_started(tmp_path, how):
    with serve(tmp_path / "data") as server:
        answer, _ = get(server.port, "/accounts/login/")
        assert answer.status == 200
        assert "nonce-" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        answer, body = get(server.port, "/api/v1/patients")
        assert (answer.status, json.loads(body)["code"]) == (401, "not_signed_in")
        link = server.setup_link()
        assert link.startswith(server.url + "/setup#")
        started = with_its_worker(server)
        assert len(started) >= 3
        assert server.stop(how) == 0
        assert gone(started, patience=1)
        assert not re.search("Traceback|Fatal|panicked", server.printed())


def gone(pids, *, patience=20):
    """Those of the processes that are still there after a while."""
    deadline = time.monotonic() + patience
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not [pid for pid in pids if alive(pid)]


def with_its_worker(server):
    """The server's processes, as soon as the job worker is one of them."""
    deadline = time.monotonic() + 30
    while True:
        found = family(server.process.pid)
        if any("chartkeep.ops.job_worker" in cmdline(pid) for pid in found):
            return found
        assert time.monotonic() < deadline, "no job worker beside the web workers"
        time.sleep(0.2)


def test_leaves_nothing_running_when_it_is_killed(vault):
    with serve(vault) as server:
        get(server.port, "/accounts/login/")
        started = with_its_worker(server)
        server.process.kill()
        server.process.wait()
        assert gone(started)


def test_ends_well_when_a_terminal_interrupts_everything_at_once(vault):
    with serve(vault) as server:
        get(server.port, "/accounts/login/")
        started = with_its_worker(server)
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.process.wait(30) == 0
        assert gone(started)
        assert not re.search("Traceback|Fatal|panicked", server.printed())


def test_ends_well_when_a_service_manager_stops_every_process(vault):
    with serve(vault) as server:
        get(server.port, "/accounts/login/")
        started = with_its_worker(server)
        for pid in reversed(started):
            os.kill(pid, signal.SIGTERM)
        assert server.process.wait(30) == 0
        assert gone(started)


def test_restarts_a_web_worker_that_died(vault):
    with serve(vault) as server:
        get(server.port, "/accounts/login/")

        def workers():
            return {pid for pid in family(server.process.pid) if "spawn_main" in cmdline(pid)}

        (first,) = workers()
        os.kill(first, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while True:
            try:
                answer, _ = get(server.port, "/accounts/login/")
                break
            except OSError:
                assert time.monotonic() < deadline, "no new web worker"
                time.sleep(0.2)
        assert answer.status == 200
        assert first not in workers()


def test_finishes_what_it_answers_before_it_stops(vault):
    command(vault, "create-admin", "--email", "ada@example.org", stdin=PASSWORD + "\n")
    with serve(vault) as server:
        get(server.port, "/accounts/login/")
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        body = json.dumps({"email": "ada@example.org", "password": PASSWORD}).encode()
        connection.putrequest("POST", "/_allauth/app/v1/auth/login")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:10])
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        connection.send(body[10:])
        assert connection.getresponse().status == 200
        assert server.process.wait(30) == 0


def test_refuses_a_port_that_is_taken_and_leaves_the_other_server_alone(vault):
    with serve(vault) as server:
        link = server.setup_link()
        refused = command(vault, "serve", "--port", str(server.port))
        assert refused.returncode == 1
        assert refused.stderr.startswith(f"chartkeep: Cannot listen on 127.0.0.1, port {server.port}")
        assert "choose another --port" in refused.stderr
        token = link.partition("#")[2].encode()
        with closing(sqlite3.connect(vault / "chartkeep.sqlite3")) as database:
            hashes = [bytes(row[0]) for row in database.execute("SELECT token_hash FROM accounts_invitation")]
        assert hashes == [hashlib.sha256(token).digest()], "the first link was replaced"


def cmdline(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def test_prints_no_set_up_link_once_there_is_an_account(vault):
    command(vault, "create-admin", "--email", "ada@example.org", stdin=PASSWORD + "\n")
    with serve(vault) as server:
        assert "/setup#" not in server.printed()


def test_restarts_a_job_worker_that_died(vault):
    with serve(vault) as server:

        def worker(but=0):
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                for pid in family(server.process.pid):
                    if "chartkeep.ops.job_worker" in cmdline(pid) and pid != but:
                        return pid
                time.sleep(0.2)
            raise AssertionError("no worker")

        first = worker()
        os.kill(first, signal.SIGKILL)
        assert worker(but=first) != first


def test_refuses_to_start_with_a_readable_private_key(vault):
    (vault / "keys" / "rsa_private.pem").chmod(0o644)
    refused = command(vault, "serve", "--port", str(free_port()))
    assert refused.returncode == 1
    assert "chartkeep.sharing.E001" in refused.stderr
    assert "chmod" in refused.stderr


def test_warns_beyond_this_machine_without_https(vault):
    with serve(vault, "--host", "0.0.0.0") as server:  # noqa: S104 - the point
        assert "without HTTPS" in server.printed()
        assert "until BASE_URL is the address" in server.printed()


def test_does_not_warn_behind_an_https_proxy(vault):
    with serve(vault, "--host", "0.0.0.0", BASE_URL="https://records.example.org") as server:  # noqa: S104
        assert "Chartkeep at https://records.example.org" in server.printed()
        assert "WARNING" not in server.printed()


def certificate(folder):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def test_speaks_https_with_a_certificate(tmp_path):
    certificate(tmp_path)
    files = {"TLS_CERT": str(tmp_path / "cert.pem"), "TLS_KEY": str(tmp_path / "key.pem")}
    with serve(tmp_path / "data", **files) as server:
        context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        answer, _ = get(server.port, "/accounts/login/", context)
        assert answer.status == 200
        assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
        assert "__Host-csrf" in answer.headers["Set-Cookie"]
        assert "https://localhost" in server.printed()


@pytest.mark.services
def test_serves_records_from_postgresql_and_s3(tmp_path):
    """On both, what the first process opened must not be carried into the workers."""
    with postgres(tmp_path / "pg") as url, seaweed(tmp_path / "s3") as objects:
        data = tmp_path / "data"
        settings = {"DATABASE_URL": url, "STORAGE_URL": objects.url(), **objects.options}
        told = command(data, "demo", **settings)
        assert told.returncode == 0, told.stderr
        password = re.search(r"guardian@demo.example\s+password (\S+)", told.stdout).group(1)
        with serve(data, "--workers", "2", **settings) as server:
            assert len(downloaded(server.port, "guardian@demo.example", password)) == 6
            assert server.stop() == 0


def downloaded(port, email, password):
    """The content of each record of the child, by the API."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def call(method, path, body=None, **headers):
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        return content

    login = {"email": email, "password": password}
    signed_in = json.loads(
        call("POST", "/_allauth/app/v1/auth/login", login, **{"Content-Type": "application/json"})
    )
    bearer = {"Authorization": f"Bearer {signed_in['meta']['access_token']}"}
    patients = json.loads(call("GET", "/api/v1/patients", **bearer))
    (child,) = [patient for patient in patients if not patient["is_self"]]
    records = json.loads(call("GET", f"/api/v1/records?patient={child['id']}", **bearer))["items"]
    found = [call("GET", f"/api/v1/records/{record['id']}/content", **bearer) for record in records]
    connection.close()
    return found


@pytest.mark.parametrize(
    ("broken", "told"), [("cert.pem", "cannot be used for TLS"), ("key.pem", "cannot be used for TLS")]
)
def test_refuses_a_certificate_that_is_none(tmp_path, broken, told):
    certificate(tmp_path)
    (tmp_path / broken).write_text("no PEM at all")
    words = ("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))
    refused = command(tmp_path / "data", "serve", *words)
    assert refused.returncode == 1
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "data").exists()


def test_refuses_a_key_of_another_certificate(tmp_path):
    certificate(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    certificate(other)
    words = ("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(other / "key.pem"))
    refused = command(tmp_path / "data", "serve", *words)
    assert refused.returncode == 1
    assert "mismatch" in refused.stderr


def test_refuses_half_of_a_certificate(tmp_path):
    refused = command(tmp_path / "data", "serve", "--tls-cert", "/nowhere/cert.pem")
    assert refused.returncode == 1
    assert "both a certificate and a key" in refused.stderr
