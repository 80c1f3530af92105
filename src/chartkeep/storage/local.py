"""A local directory of plain files, durable and atomic.

``ROOT/objects/<key>`` holds committed objects, ``ROOT/partial/<random>`` what is being written. A write goes
to ``partial`` under a lock, is fsynced, and is hard-linked to its name, which fails when the name is taken;
then the directories are fsynced. So an object is either there whole and for good, or not at all, and a power
cut leaves at most a file in ``partial``, which ``sweep_partial`` removes.
"""

import contextlib
import errno
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

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

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENOENT}


class LocalDirectory:
    """Satisfies ``BlobStore``. ``min_free_bytes``: with less room than this, writing is refused."""

    def __init__(self, root: Path, *, min_free_bytes: int = 0) -> None:
        self.root = Path(root)
        self._objects = self.root / "objects"
        self._partial = self.root / "partial"
        self._min_free = min_free_bytes

    def __repr__(self) -> str:
        return f"LocalDirectory({str(self.root)!r})"

    def open_writer(self, key: str) -> BlobWriter:
        """Begin a new object."""
        target = self._path(key)
        if target.exists():
            raise BlobExists(key)
        with _told(self.root):
            make_directory(self._partial)
            if (self.free_bytes() or 0) < self._min_free:
                raise StorageFull(f"Less than {self._min_free} bytes are free in {self.root}: make room.")
            return _Writer(self.root, self._partial / secrets.token_hex(16), target)

    def put(self, key: str, data: bytes) -> None:
        """Write an object in one go."""
        with self.open_writer(key) as writer:
            writer.write(data)
            writer.commit()

    def open_reader(self, key: str) -> BlobReader:
        """Open an object."""
        path = self._path(key)
        with _told(self.root, key):
            return _Reader(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), self.root)

    def size(self, key: str) -> int:
        """Bytes of an object."""
        with _told(self.root, key):
            return self._path(key).stat().st_size

    def read_at(self, key: str, offset: int, length: int) -> bytes:
        """A part of an object."""
        with self.open_reader(key) as reader:
            return reader.read_at(offset, length)

    def delete(self, key: str) -> None:
        """Remove an object for good: its name is gone durably."""
        path = self._path(key)
        with _told(self.root):
            try:
                path.unlink()
            except (FileNotFoundError, NotADirectoryError):
                return
            sync_directory(path.parent)

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        """Objects, directory by directory."""
        with _told(self.root):
            yield from self._below(self._objects, "", prefix)

    def sweep_partial(self, older_than: timedelta) -> int:
        """Remove left-over files of that age whose writer is gone."""
        gone = 0
        with _told(self.root):
            if not self._partial.is_dir():
                return 0
            with os.scandir(self._partial) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):  # its writer ended in the meantime
                        if time.time() - entry.stat().st_mtime >= older_than.total_seconds():
                            gone += _remove_unless_held(entry.path)
        return gone

    def free_bytes(self) -> int | None:
        """Room on the file system, for an account without privileges."""
        with _told(self.root):
            make_directory(self.root)
            state = os.statvfs(self.root)
            return state.f_bavail * state.f_frsize

    def check(self) -> None:
        """See that files can be written, linked and removed here."""
        probe = f"check/{secrets.token_hex(8)}"
        self.put(probe, b"x")
        self.delete(probe)

    def _path(self, key: str) -> Path:
        return self._objects / check_key(key)

    def _below(self, directory: Path, name: str, prefix: str) -> Iterator[BlobInfo]:
        try:
            entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
        except FileNotFoundError:
            return
        for entry in entries:
            key = f"{name}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if prefix.startswith(f"{key}/"[: len(prefix)]) or key.startswith(prefix):
                    yield from self._below(Path(entry.path), f"{key}/", prefix)
            elif key.startswith(prefix):
                with contextlib.suppress(FileNotFoundError):
                    state = entry.stat(follow_symlinks=False)
                    yield BlobInfo(key, state.st_size, datetime.fromtimestamp(state.st_mtime, UTC))


class _Writer(WriterBlock):
    def __init__(self, root: Path, part: Path, target: Path) -> None:
        self._root, self._part, self._target = root, part, target
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._file: int | None = os.open(part, flags, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)  # tells the sweeper that somebody is writing

    def write(self, data: bytes | bytearray | memoryview) -> int:
        file = self._open()
        view = memoryview(data).cast("B")
        total = len(view)
        with _told(self._root):
            while view:
                view = view[os.write(file, view) :]
        return total

    def commit(self) -> None:
        file = self._open()
        try:
            with _told(self._root):
                os.fsync(file)
                self._link()
        except BaseException:
            self.abort()
            raise
        self.abort()  # the name under ``partial`` goes; the object stays under its own

    def abort(self) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        with contextlib.suppress(OSError):
            self._part.unlink()
        os.close(file)

    def _open(self) -> int:
        if self._file is None:
            raise ValueError("This writer is done.")
        return self._file

    def _link(self) -> None:
        make_directory(self._target.parent)
        try:
            os.link(self._part, self._target)
        except FileExistsError:
            raise BlobExists(self._target.name) from None
        sync_directory(self._target.parent)


class _Reader(ReaderBlock):
    def __init__(self, file: int, root: Path) -> None:
        self._file: int | None = file
        self._root = root
        self.size = os.fstat(file).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        if self._file is None:
            raise ValueError("This reader is closed.")
        with _told(self._root):
            data = os.pread(self._file, length, offset)
            while (
                data
                and len(data) < length
                and (more := os.pread(self._file, length - len(data), offset + len(data)))
            ):
                data += more
        return data

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


def make_directory(path: Path) -> None:
    """Make a directory and its parents (0700), each durable in its parent."""
    if path.is_dir():
        return
    make_directory(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    file = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _remove_unless_held(path: str) -> int:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        Path(path).unlink(missing_ok=True)
    except BlockingIOError:
        return 0
    finally:
        os.close(file)
    return 1


@contextmanager
def _told(root: Path, key: str = "") -> Iterator[None]:
    """Tell of what the operating system says in the store's own words."""
    try:
        yield
    except StorageError:
        raise
    except OSError as problem:
        if key and problem.errno in {errno.ENOENT, errno.ENOTDIR}:
            raise BlobMissing(key) from problem
        if problem.errno in _FULL:
            raise StorageFull(
                f"There is no room left in {root}: make room, or move STORAGE_URL."
            ) from problem
        if problem.errno in _REFUSED:
            raise StorageMisconfigured(
                f"{root} cannot be used ({os.strerror(problem.errno or 0)}): "
                "see that it is there and writable for the account that runs Chartkeep."
            ) from problem
        raise StorageUnavailable(f"{root}: {os.strerror(problem.errno or 0)}.") from problem
