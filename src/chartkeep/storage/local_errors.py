"""What the operating system's answers mean for a local directory, and what to do about it."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chartkeep.storage.base import (
    BlobMissing,
    StorageError,
    StorageFull,
    StorageMisconfigured,
    StorageUnavailable,
)

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SET_UP = "see that it is there and writable for the account that runs Chartkeep."
_LINKS = "choose a file system with hard links; objects and partial must lie on the same one."
_REFUSED = dict.fromkeys((errno.EACCES, errno.EROFS, errno.ENOTDIR, errno.ENOENT, errno.ELOOP), _SET_UP) | (
    dict.fromkeys((errno.EXDEV, errno.EOPNOTSUPP, errno.EMLINK), _LINKS)
    | {errno.EPERM: f"{_SET_UP} If it is, {_LINKS}"}
)


def see_volume(root: Path) -> None:
    """See that what the first write made is there.

    Raises:
        StorageUnavailable: it is not: the volume is not mounted, or nothing was ever written.
    """
    if not (root / "objects").is_dir():
        raise StorageUnavailable(f"{root} holds no objects directory: see that its volume is mounted.")


@contextmanager
def told_by_the_system(root: Path, key: str = "") -> Iterator[None]:
    """Tell of what the operating system says in the store's own words.

    ``root`` is the directory of the store; with a ``key``, what is not found is an object.
    """
    try:
        yield
    except StorageError:
        raise
    except OSError as problem:
        if key and problem.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
            see_volume(root)
            raise BlobMissing(key) from problem
        why = os.strerror(problem.errno or 0)
        if problem.errno in _FULL:
            raise StorageFull(
                f"There is no room left in {root}: make room, or move STORAGE_URL."
            ) from problem
        if problem.errno in _REFUSED:
            fix = _REFUSED[problem.errno]
            raise StorageMisconfigured(f"{root} cannot be used ({why}): {fix}") from problem
        raise StorageUnavailable(f"{root}: {why}.") from problem
