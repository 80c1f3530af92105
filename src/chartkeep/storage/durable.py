"""Directories whose names survive a power cut."""

import contextlib
import os
from pathlib import Path

_MOST_REMEMBERED = 100_000


class DurableDirectories:
    """Makes directories below ``root``, which is made itself when it is missing."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: set[Path] = set()

    def make(self, path: Path) -> None:
        """Make a directory and those above it (0700), each durable in its parent.

        One that is found may have been made by another process a moment ago and not be durable yet: so below
        the root each is synced into its parent once by this process as well.
        """
        if path.is_dir() and (path in self._known or self._root not in path.parents):
            return
        self.make(path.parent)
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
        sync_directory(path.parent)
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known.add(path)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    file = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
