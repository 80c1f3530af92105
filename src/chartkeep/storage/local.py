"""A local directory of plain files, durable and atomic.

``ROOT/objects/<key>`` holds committed objects, ``ROOT/partial/<random>`` what is being written. A write goes
to ``partial`` under a lock, is fsynced, and is hard-linked to its name, which fails when the name is taken;
then the directory is fsynced, after those above it. So an object is either there whole and for good, or not
at all, and a power cut leaves at most a file in ``partial``, which ``sweep_partial`` removes.

The first write makes ``objects``, and nothing of ours removes it. Without it the volume is not mounted, so
that objects are out of reach rather than missing, and nothing is written below the bare mount point.
"""

import contextlib
import errno
import fcntl
import os
import secrets
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chartkeep.storage.base import (
    BlobCorrupt,
    BlobExists,
    BlobInfo,
    BlobReader,
    BlobWriter,
    ReaderBlock,
    StorageFull,
    WriterBlock,
    check_key,
    check_range,
)
from chartkeep.storage.durable import DurableDirectories, sync_directory
from chartkeep.storage.local_errors import see_volume, told_by_the_system


class LocalDirectory:
    """Satisfies ``BlobStore``. ``min_free_bytes``: with less room than this, writing is refused."""

    def __init__(self, root: Path, *, min_free_bytes: int = 0) -> None:
        self.root = Path(root)
        self._objects = self.root / "objects"
        self._partial = self.root / "partial"
        self._min_free = min_free_bytes
        self._begun = False
        self.directories = DurableDirectories(self.root)

    def __repr__(self) -> str:
        return f"LocalDirectory({str(self.root)!r})"

    def open_writer(self, key: str, *, expected_size: int | None = None) -> BlobWriter:
        """Begin a new object."""
        target = self._path(key)
        with told_by_the_system(self.root):
            if os.path.lexists(target):
                raise BlobExists(key)
            self._begin()
            free = self.free_bytes() or 0
            if free < self._min_free + (expected_size or 0):
                raise StorageFull(
                    f"{free} bytes are free in {self.root}; {self._min_free} have to stay free: make room."
                )
            return _Writer(self, self._partial / secrets.token_hex(16), target)

    def put(self, key: str, data: bytes) -> None:
        """Write an object in one go."""
        with self.open_writer(key) as writer:
            writer.write(data)
            writer.commit()

    def open_reader(self, key: str) -> BlobReader:
        """Open an object."""
        path = self._path(key)
        with told_by_the_system(self.root, key):
            return _Reader(path, self.root)

    def size(self, key: str) -> int:
        """Bytes of an object."""
        with told_by_the_system(self.root, key):
            return _whole_file(self._path(key).lstat())

    def read_at(self, key: str, offset: int, length: int) -> bytes:
        """A part of an object."""
        check_range(offset, length)
        with self.open_reader(key) as reader:
            return reader.read_at(offset, length)

    def delete(self, key: str) -> None:
        """Remove an object for good: its name is gone durably."""
        path = self._path(key)
        with told_by_the_system(self.root):
            try:
                path.unlink()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                see_volume(self.root)
                return  # a directory above other objects is none itself
            sync_directory(path.parent)

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        """Objects, directory by directory."""
        with told_by_the_system(self.root):
            self.refuse_lost()
            yield from self._below(self._objects, "", prefix)
            self.refuse_lost()

    def sweep_partial(self, older_than: timedelta) -> int:
        """Remove left-over files of that age whose writer is gone."""
        gone = 0
        with told_by_the_system(self.root):
            self.refuse_lost()
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
        with told_by_the_system(self.root):
            self.refuse_lost()
            self.directories.make(self.root)
            state = os.statvfs(self.root)
            return state.f_bavail * state.f_frsize

    def check(self) -> None:
        """See that files can be written, linked and removed here."""
        probe = f"check/{secrets.token_hex(8)}"
        self.put(probe, b"x")
        self.delete(probe)

    def refuse_lost(self) -> None:
        """Raise ``StorageUnavailable`` when the directory was there before and no longer is."""
        if self._begun:
            see_volume(self.root)
        elif self._objects.is_dir():
            self._begun = True

    def _begin(self) -> None:
        self.refuse_lost()
        self.directories.make(self._objects)
        self.directories.make(self._partial)
        self._begun = True

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
    def __init__(self, store: LocalDirectory, part: Path, target: Path) -> None:
        self._store, self._part, self._target = store, part, target
        self._file: int | None = _held(part)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        file = self._open()
        view = memoryview(data).cast("B")
        total = len(view)
        with told_by_the_system(self._store.root):
            while view:
                view = view[os.write(file, view) :]
        return total

    def commit(self) -> None:
        file = self._open()
        try:
            with told_by_the_system(self._store.root):
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
        self._store.refuse_lost()
        try:
            self._store.directories.make(self._target.parent)
            os.link(self._part, self._target)
        except (FileExistsError, NotADirectoryError):  # also: a part of the key is an object itself
            raise BlobExists(self._target.name) from None
        try:
            sync_directory(self._target.parent)
        except BaseException:  # it may not be durable: better none than one that may vanish
            with contextlib.suppress(OSError):
                self._target.unlink()
            raise


class _Reader(ReaderBlock):
    def __init__(self, path: Path, root: Path) -> None:
        self._root = root
        self._file: int | None = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            self.size = _whole_file(os.fstat(self._file))
        except BaseException:
            self.close()
            raise

    def read_at(self, offset: int, length: int) -> bytes:
        check_range(offset, length)
        if self._file is None:
            raise ValueError("This reader is closed.")
        wanted = min(length, max(self.size - offset, 0))
        with told_by_the_system(self._root):
            data = os.pread(self._file, wanted, offset)
            while len(data) < wanted:
                more = os.pread(self._file, wanted - len(data), offset + len(data))
                if not more:
                    raise BlobCorrupt(f"An object in {self._root} has become shorter: look at the disk.")
                data += more
        return data

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


def _held(part: Path) -> int:
    """A new file under a lock, which tells the sweeper that somebody is writing it."""
    while True:
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file).st_nlink:
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)  # a sweeper came between the two and took it for left over


def _whole_file(state: os.stat_result) -> int:
    if not stat.S_ISREG(state.st_mode):
        raise FileNotFoundError(errno.ENOENT, "not a plain file")
    return state.st_size


def _remove_unless_held(path: str) -> int:
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)  # NFS locks only what may be written
    except FileNotFoundError:
        return 0
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        Path(path).unlink()
    except (BlockingIOError, FileNotFoundError):  # it is being written; its writer ended in the meantime
        return 0
    finally:
        os.close(file)
    return 1
