"""One row of a benchmark: a ratio measured in one run against a named reference, never a bare time."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Row", "table"]


@dataclass(frozen=True, slots=True)
class Row:
    """``ratio`` is what counts; the seconds are medians, the memory is the peak growth of the process.

    ``bound`` is what the project promises (``None``: shown beside, nothing promised): the most that the
    ratio may be, or the least where higher is better.
    """

    name: str
    ratio: float
    reference: str
    seconds: float
    reference_seconds: float
    peak_rss_mib: float
    bound: float | None = None
    higher_is_better: bool = False

    @property
    def met(self) -> bool:
        """Whether the bound holds; without one, yes."""
        if self.bound is None:
            return True
        return self.ratio >= self.bound if self.higher_is_better else self.ratio <= self.bound

    def as_json(self) -> dict[str, Any]:
        """The row as plain values."""
        return asdict(self) | {"met": self.met}


def table(rows: Sequence[Row]) -> str:
    """The rows as text, one line each."""
    lines = [("what", "ratio", "bound", "against", "time", "reference", "RSS +")]
    lines += [
        (
            row.name,
            f"{row.ratio:.2f}",
            _bound(row),
            row.reference,
            f"{row.seconds:.3f} s",
            f"{row.reference_seconds:.3f} s",
            f"{row.peak_rss_mib:.0f} MiB",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([text[0], "-" * len(text[0]), *text[1:]])


def _bound(row: Row) -> str:
    if row.bound is None:
        return ""
    sign = "≥" if row.higher_is_better else "≤"
    return f"{sign} {row.bound:g}" + ("" if row.met else " missed")
