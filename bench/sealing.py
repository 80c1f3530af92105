"""Sealing and opening against a bare AES-256-GCM loop over the same 16 KiB chunks, and others beside it.

Each measurement is a process of its own, so that its memory is its own. Sealing goes from a block in memory
to a sink that counts. Opening reads a file that was just written, so it lies in the page cache; the bare loop
has its chunks in memory, so the ratio of opening contains the reading.
Other libraries get at most 256 MiB, compared by time per byte.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from bench.rows import Row
from bench.subjects import SUBJECTS, Count, Source

ACTS = ("seal", "open")
REFERENCE = "bare AES-256-GCM loop, 16 KiB chunks"
MAX_OTHER_BYTES = 256 * 2**20
MAX_RSS_MIB = 32
NAMES = {
    "object": "Chartkeep object",
    "cobblestone": "Chartkeep bare message",
    "aws": "AWS Encryption SDK, defaults",
    "aws-best": "AWS Encryption SDK, unsigned, 1 MiB frames",
    "tink": "Tink AES256_GCM_HKDF_1MB",
    "age": "age (pyrage)",
    "secretstream": "libsodium secretstream, 1 MiB",
    "fernet": "Fernet, 64 MiB slices",
}
BOUNDS = {"object": 2.0, "cobblestone": 2.0}


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds for each byte, and the growth of the resident memory in MiB."""

    per_byte: float
    growth: float


def run(size_bytes: int = 2**30, rounds: int = 3) -> list[Row]:
    """All rows: medians over ``rounds``, in each of which every subject has its turn."""
    found: dict[tuple[str, str], list[Measured]] = defaultdict(list)
    for _ in range(rounds):
        for name in SUBJECTS:
            own = name in BOUNDS or name == "bare"
            for act, measured in _measure(
                name, size_bytes if own else min(size_bytes, MAX_OTHER_BYTES)
            ).items():
                found[act, name].append(measured)
    rows = [_row(found, act, name, size_bytes) for act in ACTS for name in NAMES]
    return rows + [_memory_row(found, act, size_bytes) for act in ACTS]


def _seconds(found: dict[tuple[str, str], list[Measured]], act: str, name: str, size: int) -> float:
    return statistics.median(measured.per_byte for measured in found[act, name]) * size


def _growth(found: dict[tuple[str, str], list[Measured]], act: str, name: str) -> float:
    return max(measured.growth for measured in found[act, name])


def _row(found: dict[tuple[str, str], list[Measured]], act: str, name: str, size: int) -> Row:
    seconds, reference = (_seconds(found, act, subject, size) for subject in (name, "bare"))
    return Row(
        name=f"{act}: {NAMES[name]}",
        ratio=seconds / reference,
        reference=REFERENCE,
        seconds=seconds,
        reference_seconds=reference,
        peak_rss_mib=_growth(found, act, name),
        bound=BOUNDS.get(name),
        higher_is_better=False,
    )


def _memory_row(found: dict[tuple[str, str], list[Measured]], act: str, size: int) -> Row:
    growth = _growth(found, act, "object")
    return Row(
        name=f"{act}: Chartkeep object, RSS growth / {MAX_RSS_MIB} MiB",
        ratio=growth / MAX_RSS_MIB,
        reference=f"{MAX_RSS_MIB} MiB",
        seconds=_seconds(found, act, "object", size),
        reference_seconds=_seconds(found, act, "bare", size),
        peak_rss_mib=growth,
        bound=1.0,
        higher_is_better=False,
    )


def _measure(name: str, size: int) -> dict[str, Measured]:
    with tempfile.TemporaryDirectory(prefix="chartkeep-bench-") as folder:
        (Path(folder) / "key").write_bytes(SUBJECTS[name].new_key())
        results = {}
        for act in ("seal", "prepare", "open"):
            command = [sys.executable, "-m", "bench.sealing", act, name, str(size), folder]
            answer = subprocess.run(
                command, check=True, capture_output=True, text=True, cwd=Path(__file__).parent.parent
            )
            if act in ACTS:
                results[act] = Measured(**json.loads(answer.stdout))
        return results


def _status(field: str) -> float:
    """A line of /proc/self/status in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


def _child(act: str, name: str, size: int, folder: Path) -> Measured:
    """One measurement, in the process that was started for it."""
    subject, key, sealed = SUBJECTS[name], (folder / "key").read_bytes(), folder / "sealed"
    if act == "prepare":
        with sealed.open("wb") as file:
            subject.seal(Source(size), file, key)
        return Measured(0.0, 0.0)
    _first_use(name, key)
    sink = Count()
    source = Source(size) if act == "seal" else sealed.open("rb")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before, begun = _status("VmRSS"), time.perf_counter()
    (subject.seal if act == "seal" else subject.open_)(source, sink, key)
    seconds = time.perf_counter() - begun
    if sink.size < size or (act == "open" and sink.size != size):
        raise SystemExit(f"{name} gave {sink.size} bytes for {size}")
    return Measured(seconds / size, _status("VmHWM") - before)


def _first_use(name: str, key: bytes) -> None:
    """Imports and tables of the library are not the stream's memory nor its time."""
    import io

    kept = io.BytesIO()
    kept.close = lambda: None  # type: ignore[method-assign]  # Tink closes what it writes to
    SUBJECTS[name].seal(Source(1), kept, key)


if __name__ == "__main__":
    chosen_act, chosen_name, chosen_size, chosen_folder = sys.argv[1:]
    result = _child(chosen_act, chosen_name, int(chosen_size), Path(chosen_folder))
    print(json.dumps({"per_byte": result.per_byte, "growth": result.growth}))
