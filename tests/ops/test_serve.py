"""`chartkeep serve`: one command, from an empty directory to a server, and a graceful end."""

import http.client
import json
import os
import signal
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.services.serving import command, serve

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
        deadline = time.monotonic() + 20
        while not any("db_worker" in cmdline(pid) for pid in family(server.process.pid)):
            assert time.monotonic() < deadline, "no job worker beside the web workers"
            time.sleep(0.2)
        started = family(server.process.pid)
        assert len(started) >= 3
        assert server.stop(how) in {0, -how}
        assert not [pid for pid in started if alive(pid)]
        assert "Traceback" not in server.printed()


def cmdline(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def test_prints_no_set_up_link_once_there_is_an_account(tmp_path):
    command(tmp_path / "data", "create-admin", "--email", "ada@example.org", stdin=PASSWORD + "\n")
    with serve(tmp_path / "data") as server:
        assert "/setup#" not in server.printed()


def test_restarts_a_job_worker_that_died(tmp_path):
    with serve(tmp_path / "data") as server:

        def worker(but=0):
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                for pid in family(server.process.pid):
                    if "db_worker" in cmdline(pid) and pid != but:
                        return pid
                time.sleep(0.2)
            raise AssertionError("no worker")

        first = worker()
        os.kill(first, signal.SIGKILL)
        assert worker(but=first) != first


def test_refuses_to_start_with_a_readable_private_key(tmp_path):
    data = tmp_path / "data"
    command(data, "migrate")
    (data / "keys" / "rsa_private.pem").chmod(0o644)
    refused = command(data, "serve", "--port", "1")
    assert refused.returncode == 1
    assert "chartkeep.sharing.E001" in refused.stderr
    assert "chmod" in refused.stderr


def test_warns_beyond_this_machine_without_https(tmp_path):
    with serve(tmp_path / "data", "--host", "0.0.0.0") as server:  # noqa: S104 - the point
        assert "without HTTPS" in server.printed()


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


def test_refuses_half_of_a_certificate(tmp_path):
    refused = command(tmp_path / "data", "serve", "--tls-cert", "/nowhere/cert.pem")
    assert refused.returncode == 1
    assert "both a certificate and a key" in refused.stderr
