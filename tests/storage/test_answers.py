"""What an object store's answers mean to us: a small server on loopback gives each of them to the real client."""

import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic

import pytest

from chartkeep.storage import s3_address
from chartkeep.storage.base import (
    BlobCorrupt,
    BlobExists,
    BlobMissing,
    StorageFull,
    StorageMisconfigured,
    StorageUnavailable,
)
from chartkeep.storage.factory import open_store

KEYS = {"AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "very-secret"}
ACTS = {
    "put": lambda store: store.put("one", b"sealed"),
    "size": lambda store: store.size("one"),
    "list": lambda store: list(store.list()),
    "delete": lambda store: store.delete("one"),
    "sweep": lambda store: store.sweep_partial(timedelta(0)),
    "check": lambda store: store.check(),
}
BODIES = [act for act in ACTS if act != "size"]  # the answer to HEAD has no body that could say more


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answers = self.server.answers
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        status, code, headers = answers.pop(0) if len(answers) > 1 else answers[0]
        body = f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode() if code else b""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.server.act or self._answer
        raise AttributeError(name)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """Gives ``answers`` (status, code, headers) one after the other, the last for ever; notes who ``asked``."""
    found = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    found.daemon_threads = False
    found.answers, found.asked, found.act = [(200, "", {})], [], None
    thread = threading.Thread(target=found.serve_forever, args=(0.02,))
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.socket.close()


@pytest.fixture
def answered(server):
    """The store of that server."""
    return open_store(f"s3://bucket/prefix?endpoint=http://127.0.0.1:{server.server_port}", options=KEYS)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "AccessDenied"),
        (403, "InvalidAccessKeyId"),
        (403, "SignatureDoesNotMatch"),
        (401, ""),
        (403, ""),
    ],
)
def test_says_that_it_is_set_up_wrongly_when_the_store_refuses_us(server, answered, act, status, code):
    server.answers = [(status, code, {})]
    with pytest.raises(StorageMisconfigured, match="bucket of STORAGE_URL exists") as told:
        ACTS[act](answered)
    assert "very-secret" not in str(told.value)


@pytest.mark.parametrize("act", ACTS)
def test_says_that_the_bucket_is_missing(server, answered, act):
    server.answers = [(404, "NoSuchBucket", {})]
    with pytest.raises(StorageMisconfigured, match="bucket of STORAGE_URL exists"):
        ACTS[act](answered)


@pytest.mark.parametrize("act", BODIES)
@pytest.mark.parametrize(
    ("status", "code", "fix"),
    [(403, "RequestTimeTooSkewed", "clock"), (400, "AuthorizationHeaderMalformed", "region")],
)
def test_names_the_fix_that_the_answer_points_to(server, answered, act, status, code, fix):
    server.answers = [(status, code, {"x-amz-bucket-region": "us-east-1"})]
    with pytest.raises(StorageMisconfigured, match=fix):
        ACTS[act](answered)


@pytest.mark.parametrize("act", ["put", "list", "delete", "check"])
def test_asks_for_the_region_when_the_bucket_is_elsewhere(server, answered, act):
    server.answers = [(301, "PermanentRedirect", {})]
    with pytest.raises(StorageMisconfigured, match="region"):
        ACTS[act](answered)


@pytest.mark.parametrize(
    ("status", "code"), [(507, ""), (507, "InsufficientStorage"), (403, "QuotaExceeded")]
)
def test_says_that_the_store_is_full(server, answered, status, code):
    server.answers = [(status, code, {})]
    with pytest.raises(StorageFull, match="no room left"):
        answered.put("one", b"sealed")


@pytest.mark.parametrize("act", ACTS)
def test_says_that_a_broken_store_is_unavailable(server, answered, act):
    server.answers = [(500, "InternalError", {})]
    began = monotonic()
    with pytest.raises(StorageUnavailable):
        ACTS[act](answered)
    assert monotonic() - began < 30
    assert len(server.asked) > 1, "it tried again"


def test_tries_again_until_an_overloaded_store_takes_it(server, answered):
    server.answers = [(503, "SlowDown", {}), (503, "SlowDown", {}), (200, "", {"ETag": '"x"'})]
    answered.put("one", b"sealed")
    assert [(command, path) for command, path, _ in server.asked] == [("PUT", "/bucket/prefix/one")] * 3


def test_says_that_a_store_is_overloaded_for_good(server, answered):
    server.answers = [(503, "SlowDown", {})]
    with pytest.raises(StorageUnavailable, match="overloaded"):
        answered.put("one", b"sealed")


def test_says_that_there_are_no_credentials_when_the_machine_has_no_role(server):
    server.answers = [(404, "", {})]
    here = f"http://127.0.0.1:{server.server_port}"
    store = open_store(f"s3://bucket?endpoint={here}", options={"AWS_METADATA_ENDPOINT": here})
    with pytest.raises(StorageMisconfigured, match="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        store.put("one", b"sealed")
    assert {path for _, path, _ in server.asked} <= {
        "/latest/api/token",
        "/latest/meta-data/iam/security-credentials/",
    }


def test_says_that_the_name_is_taken(server, answered):
    server.answers = [(412, "PreconditionFailed", {})]
    with pytest.raises(BlobExists):
        answered.put("one", b"sealed")
    assert server.asked[0][2]["if-none-match"] == "*"


def test_says_that_an_object_is_missing(server, answered):
    server.answers = [(404, "", {}), (404, "NoSuchKey", {})]
    for act in (answered.size, answered.open_reader):
        with pytest.raises(BlobMissing):
            act("one")
    answered.delete("one")


def test_signs_in_headers_and_never_in_addresses(server, answered):
    server.answers = [(200, "", {"ETag": '"x"'})]
    answered.put("one", b"sealed")
    ((_, path, headers),) = server.asked
    assert path == "/bucket/prefix/one"
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AK/")
    assert headers["x-amz-checksum-sha256"] == "ydADa+1nRLzfaS/JgNhxfX5fWk9Ogma0qEmCYC+xzQk="


@pytest.mark.parametrize("query", ["sse=AES256", "sse=aws:kms&sse_kms_key_id=ours"])
def test_asks_for_the_stores_own_encryption_when_told_to(server, query):
    server.answers = [(200, "", {"ETag": '"x"'})]
    endpoint = f"http://127.0.0.1:{server.server_port}"
    open_store(f"s3://bucket?endpoint={endpoint}&{query}", options=KEYS).put("one", b"sealed")
    headers = server.asked[0][2]
    assert headers["x-amz-server-side-encryption"] == query.split("&")[0].removeprefix("sse=")
    assert headers.get("x-amz-server-side-encryption-aws-kms-key-id") == ("ours" if "&" in query else None)


def test_sends_no_checksum_to_a_store_that_knows_none(server):
    server.answers = [(200, "", {"ETag": '"x"'})]
    endpoint = f"http://127.0.0.1:{server.server_port}"
    open_store(f"s3://bucket?endpoint={endpoint}&checksum=none", options=KEYS).put("one", b"sealed")
    assert not [name for name in server.asked[0][2] if name.startswith("x-amz-checksum")]


@pytest.mark.slow
def test_says_that_nobody_listens(server):
    url = f"s3://bucket?endpoint=http://127.0.0.1:{server.server_port}"
    store = open_store(url, options=KEYS)
    server.shutdown()
    server.socket.close()
    for act in ACTS.values():
        began = monotonic()
        with pytest.raises(StorageUnavailable, match="does not answer"):
            act(store)
        assert monotonic() - began < 30


@pytest.mark.slow
def test_gives_up_on_a_store_that_hangs(monkeypatch, server):
    monkeypatch.setitem(s3_address._CLIENT, "timeout", timedelta(seconds=1))
    store = open_store(f"s3://bucket?endpoint=http://127.0.0.1:{server.server_port}", options=KEYS)
    hang = threading.Event()
    server.act = lambda: hang.wait(20)
    try:
        for act in ("put", "size", "list"):
            began = monotonic()
            with pytest.raises(StorageUnavailable):
                ACTS[act](store)
            assert monotonic() - began < 30
    finally:
        hang.set()


def test_notices_that_a_store_gives_fewer_bytes_than_the_object_has(server, answered):
    whole = {"Content-Length": "6", "ETag": '"x"', "Last-Modified": "Tue, 01 Jan 2030 00:00:00 GMT"}
    server.answers = [(200, "", whole)]
    reader = answered.open_reader("one")
    server.answers = [(206, "", {**whole, "Content-Length": "0", "Content-Range": "bytes 0-5/6"})]
    with pytest.raises((BlobCorrupt, StorageUnavailable)):
        reader.read_at(0, 6)
