"""S3, Google Cloud Storage and Azure through obstore.

A small object is one request that fails when the name is taken. A larger one is a multipart upload: a
thread hands full parts to obstore, two at a time, so that memory is bounded and the caller feels the
store's own pace; an abort raises inside that hand-over and obstore aborts the upload. Nothing is visible
before the last request. Bytes never leave by pre-signed addresses.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    GenericError,
    NotFoundError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import from_url

from chartkeep.storage.base import (
    BlobExists,
    BlobInfo,
    BlobMissing,
    BlobReader,
    BlobWriter,
    ReaderBlock,
    StorageError,
    StorageFull,
    StorageMisconfigured,
    StorageUnavailable,
    WriterBlock,
    check_key,
)

PART_SIZE = 8 * 2**20  # bytes; 10,000 parts reach 78 GiB
_PARTS_IN_FLIGHT = 2
_RETRIES: Any = {"max_retries": 4, "retry_timeout": timedelta(seconds=20)}
_CLIENT: dict[str, Any] = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=60)}
_ACCESS = (
    "see that the bucket of STORAGE_URL exists and that its credentials may read, write, list and delete."
)


class _AbortedError(Exception):
    """Raised inside the hand-over of parts, so that obstore aborts the upload."""


class ObjectStore:
    """Satisfies ``BlobStore`` over an obstore store. ``sweep`` removes unfinished uploads of an age."""

    def __init__(self, store: Any, *, name: str, sweep: Callable[[timedelta], int]) -> None:
        self._store = store
        self._name = name
        self._sweep = sweep

    def __repr__(self) -> str:
        return f"ObjectStore({self._name!r})"

    def open_writer(self, key: str) -> BlobWriter:
        """Begin a new object."""
        check_key(key)
        with contextlib.suppress(BlobMissing):
            self.size(key)
            raise BlobExists(key)
        return _Writer(self, key)

    def put(self, key: str, data: bytes) -> None:
        """Write an object in one request, which fails when the name is taken."""
        check_key(key)
        with self.told(key):
            obstore.put(self._store, key, data, mode="create", use_multipart=False)

    def put_parts(self, key: str, parts: Iterator[bytes]) -> None:
        """Write an object by a multipart upload."""
        with self.told(key):
            obstore.put(
                self._store,
                key,
                parts,
                use_multipart=True,
                chunk_size=PART_SIZE,
                max_concurrency=_PARTS_IN_FLIGHT,
            )

    def open_reader(self, key: str) -> BlobReader:
        """Open an object."""
        return _Reader(self, key, self.size(key))

    def size(self, key: str) -> int:
        """Bytes of an object."""
        check_key(key)
        with self.told(key):
            return int(obstore.head(self._store, key)["size"])

    def read_at(self, key: str, offset: int, length: int) -> bytes:
        """A part of an object."""
        length = min(length, self.size(key) - offset)
        return self.read_range(key, offset, length)

    def read_range(self, key: str, offset: int, length: int) -> bytes:
        """Bytes that are known to be there."""
        if length <= 0:
            return b""
        with self.told(key):
            return bytes(obstore.get_range(self._store, key, start=offset, length=length))

    def delete(self, key: str) -> None:
        """Remove an object."""
        check_key(key)
        with contextlib.suppress(BlobMissing), self.told(key):
            obstore.delete(self._store, key)

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        """Objects, a page at a time."""
        # obstore's prefixes are whole path segments: list from the last of them and sift.
        folder = prefix.rpartition("/")[0]
        with self.told():
            for page in obstore.list(self._store, folder or None, chunk_size=1000):
                for item in page:
                    if item["path"].startswith(prefix):
                        modified = item["last_modified"].astimezone(UTC)
                        yield BlobInfo(item["path"], int(item["size"]), modified)

    def sweep_partial(self, older_than: timedelta) -> int:
        """Abort unfinished multipart uploads."""
        return self._sweep(older_than)

    def free_bytes(self) -> int | None:
        """No notion of room."""
        return None

    def check(self) -> None:
        """See that the bucket answers to our credentials."""
        with self.told():
            next(iter(obstore.list(self._store, None, chunk_size=1)), None)

    @contextmanager
    def told(self, key: str = "") -> Iterator[None]:
        """Tell of what obstore says in the store's own words."""
        try:
            yield
        except AlreadyExistsError:
            raise BlobExists(key) from None
        except (NotFoundError, FileNotFoundError) as problem:
            if "NoSuchBucket" in str(problem):
                raise StorageMisconfigured(f"{self._name}: {_ACCESS}") from None
            raise BlobMissing(key) from None
        except (PermissionDeniedError, UnauthenticatedError):
            raise StorageMisconfigured(f"{self._name}: {_ACCESS}") from None
        except (BaseError, GenericError, OSError) as problem:
            raise _translated(self._name, str(problem)) from None


class _Writer(WriterBlock):
    """Collects parts; the first full one starts the upload."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store, self._key = store, key
        self._part = bytearray()
        self._upload: _Upload | None = None
        self._over = False

    def write(self, data: bytes | bytearray | memoryview) -> int:
        if self._over:
            raise ValueError("This writer is done.")
        view = memoryview(data).cast("B")
        total = len(view)
        while len(self._part) + len(view) >= PART_SIZE:
            step = PART_SIZE - len(self._part)
            self._part += view[:step]
            view = view[step:]
            self._hand_over()
        self._part += view
        return total

    def commit(self) -> None:
        if self._over:
            raise ValueError("This writer is done.")
        if self._upload is None:
            self._over = True
            self._store.put(self._key, bytes(self._part))
            return
        if self._part:
            self._hand_over()
        self._over = True
        self._upload.finish()

    def abort(self) -> None:
        if self._over:
            return
        self._over = True
        self._part.clear()
        if self._upload is not None:
            self._upload.abort()

    def _hand_over(self) -> None:
        if self._upload is None:
            self._upload = _Upload(self._store, self._key)
        part, self._part = bytes(self._part), bytearray()
        self._upload.send(part)


class _Upload:
    """A multipart upload in a thread of its own, fed through a queue of one part."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._queue: queue.Queue[bytes | BaseException | None] = queue.Queue(maxsize=1)
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(store, key), daemon=True)
        self._thread.start()

    def send(self, part: bytes) -> None:
        """Hand over a part; waits while the store is slower than the caller."""
        self._offer(part)

    def finish(self) -> None:
        """Complete the upload; raises what stopped it."""
        self._offer(None)
        self._thread.join()
        if self._problem is not None:
            raise self._problem

    def abort(self) -> None:
        """Abort the upload; never raises."""
        with contextlib.suppress(StorageError):
            self._offer(_AbortedError())
        self._thread.join()

    def _offer(self, item: bytes | BaseException | None) -> None:
        while self._thread.is_alive():
            with contextlib.suppress(queue.Full):
                self._queue.put(item, timeout=0.2)
                return
        if self._problem is not None:
            raise self._problem

    def _parts(self) -> Iterator[bytes]:
        while (item := self._queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def _run(self, store: ObjectStore, key: str) -> None:
        try:
            store.put_parts(key, self._parts())
        except BaseException as problem:  # noqa: BLE001 - it is raised again in the caller's thread
            self._problem = problem if isinstance(problem, StorageError) else StorageUnavailable(str(problem))


class _Reader(ReaderBlock):
    def __init__(self, store: ObjectStore, key: str, size: int) -> None:
        self._store, self._key, self.size = store, key, size

    def read_at(self, offset: int, length: int) -> bytes:
        return self._store.read_range(self._key, offset, min(length, self.size - offset))


def open_object_store(url: str, options: Mapping[str, str]) -> ObjectStore:
    """The store at ``s3://bucket/prefix?endpoint=…&region=…&path_style=true``, ``gs://…`` or ``az://…``.

    Raises:
        StorageMisconfigured: the address makes no sense, or would send data in clear over a network.
    """
    parts = urlsplit(url)
    if not parts.netloc:
        raise StorageMisconfigured(f"STORAGE_URL: name a bucket, as in {parts.scheme}://bucket/prefix.")
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    place = f"{parts.scheme}://{parts.netloc}{parts.path}"
    config = {name.lower(): value for name, value in options.items() if value}
    client: dict[str, Any] = dict(_CLIENT)
    if parts.scheme == "s3":
        _s3_options(query, config, client)
    store = _built(place, config, client)
    sweep = _s3_sweeper(parts.netloc, parts.path.strip("/"), config) if parts.scheme == "s3" else _nothing
    return ObjectStore(store, name=place, sweep=sweep)


def _s3_options(query: Mapping[str, str], config: dict[str, str], client: dict[str, Any]) -> None:
    if "endpoint" in query:
        config["aws_endpoint_url"] = query["endpoint"]
    config["aws_region"] = query.get("region") or config.get(
        "aws_region", config.pop("aws_default_region", "us-east-1")
    )
    path_style = query.get("path_style", "true" if "endpoint" in query else "false").lower() == "true"
    config["aws_virtual_hosted_style_request"] = "false" if path_style else "true"
    endpoint = urlsplit(config.get("aws_endpoint_url", ""))
    config.pop("aws_allow_http", None)
    if endpoint.scheme == "http":
        if not _is_loopback(endpoint.hostname or "") and query.get("allow_http", "").lower() != "true":
            raise StorageMisconfigured(
                "STORAGE_URL: the endpoint speaks plain HTTP. Use https://, or add allow_http=true "
                "when the network between is protected."
            )
        client["allow_http"] = True


def _built(place: str, config: dict[str, str], client: Any) -> Any:
    known: Any = {name: value for name, value in config.items() if name not in _NOT_FOR_OBSTORE}
    try:
        return from_url(place, config=known, client_options=client, retry_config=_RETRIES)
    except (BaseError, ValueError, TypeError) as problem:
        raise StorageMisconfigured(f"STORAGE_URL {place}: {str(problem).splitlines()[0]}") from None


_NOT_FOR_OBSTORE = {
    "aws_profile",
    "aws_config_file",
    "aws_shared_credentials_file",
    "aws_ca_bundle",
    "aws_pager",
}


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _translated(name: str, text: str) -> StorageError:
    first = text.strip().splitlines()[0][:200] if text.strip() else "no answer"
    if any(word in text for word in ("InsufficientStorage", "QuotaExceeded", "507 ")):
        return StorageFull(f"{name} has no room left.")
    if any(
        word in text
        for word in ("403 Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket")
    ):
        return StorageMisconfigured(f"{name}: {_ACCESS}")
    return StorageUnavailable(f"{name} does not answer: {first}")


def _nothing(_older_than: timedelta) -> int:
    """Google and Azure drop uncommitted parts by themselves after a week."""
    return 0


def _s3_sweeper(bucket: str, prefix: str, config: Mapping[str, str]) -> Callable[[timedelta], int]:
    """Aborts unfinished uploads below our prefix through boto3: obstore cannot list them."""

    def sweep(older_than: timedelta) -> int:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        style = "virtual" if config.get("aws_virtual_hosted_style_request") == "true" else "path"
        settings = Config(
            s3={"addressing_style": style}, connect_timeout=5, retries={"total_max_attempts": 3}
        )
        client = boto3.client(
            "s3",
            endpoint_url=config.get("aws_endpoint_url"),
            region_name=config.get("aws_region"),
            aws_access_key_id=config.get("aws_access_key_id"),
            aws_secret_access_key=config.get("aws_secret_access_key"),
            aws_session_token=config.get("aws_session_token"),
            config=settings,
        )
        gone, limit = 0, datetime.now(UTC) - older_than
        below = f"{prefix}/" if prefix else ""
        try:
            for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=below):
                for upload in page.get("Uploads", []):
                    if upload["Initiated"] <= limit:
                        client.abort_multipart_upload(
                            Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                        )
                        gone += 1
        except (BotoCoreError, ClientError) as problem:
            raise _translated(f"s3://{bucket}", str(problem)) from None
        finally:
            client.close()
        return gone

    return sweep
