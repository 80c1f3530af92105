"""The little that is asked of a source and a sink."""

from typing import Protocol

__all__ = ["Buffer", "Sink", "Source", "read_into", "write_all"]

Buffer = bytes | bytearray | memoryview


class Source(Protocol):
    """Gives the next at most ``n`` bytes; empty at the end. Short reads are fine."""

    def read(self, n: int, /) -> bytes:
        """The next bytes."""
        ...


class Sink(Protocol):
    """Takes bytes. ``data`` is a view that is used again: it is the sink's only until it returns."""

    def write(self, data: memoryview, /) -> object:
        """Take the bytes; a number given back means that only so many were taken."""
        ...


def read_into(source: Source, buffer: memoryview) -> int:
    """Fill ``buffer`` from ``source``; the number of bytes, short only at the end of the source.

    Files have ``readinto``, which saves a copy; it is used where it is there.
    """
    readinto = getattr(source, "readinto", None)
    filled = 0
    while filled < len(buffer):
        rest = buffer[filled:]
        got = _copy_into(source, rest) if readinto is None else readinto(rest)
        if not got:
            break
        filled += got
    return filled


def _copy_into(source: Source, buffer: memoryview) -> int:
    data = source.read(len(buffer))
    buffer[: len(data)] = data
    return len(data)


def write_all(sink: Sink, data: memoryview) -> None:
    """Hand all of ``data`` to ``sink``. Raw files may take less than they were given, and say so."""
    while data:
        taken = sink.write(data)
        if not isinstance(taken, int):
            return
        data = data[taken:]
