"""Progress of long work: a bar on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar("Item")


def tracked(items: Iterable[Item], *, what: str, total: int) -> Iterator[Item]:
    """The same items, showing on standard error how many of ``total`` are done."""
    console = Console(stderr=True)
    if not console.is_terminal:
        for number, item in enumerate(items, 1):
            yield item
            if number == total or number % max(1, total // 10) == 0:
                print(f"{what}: {number} of {total}", file=sys.stderr)  # noqa: T201 - progress is for people
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(items, total=total)
