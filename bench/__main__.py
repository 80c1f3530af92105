"""`python -m bench [--quick] [sealing|http|redeem …]`: ratios measured in one run, as a table and JSON."""

import argparse
import json
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from bench.rows import Row, table

RESULTS = Path(__file__).parent / "results"


def _sealing(quick) -> list[Row]:
    from bench import sealing

    return sealing.run(size_bytes=2**26 if quick else 2**30, rounds=1 if quick else 3)


def _http(quick) -> list[Row]:
    from bench import over_http

    rows: list[Row] = []
    for action in (
        lambda data: over_http.upload(data, 2**27 if quick else 5 * 2**30, 1 if quick else 2),
        lambda data: over_http.answers(data, 40 if quick else 400),
    ):
        data = Path(tempfile.mkdtemp(prefix="chartkeep-bench-"))
        try:
            rows += action(data)
        finally:
            shutil.rmtree(data)
    return rows


def _redeem(quick) -> list[Row]:
    from bench import redeem

    return redeem.run(rounds=20 if quick else 1000)


SUITES = {"sealing": _sealing, "http": _http, "redeem": _redeem}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("suites", nargs="*", choices=[*SUITES, []], help="which (default: all)")
    parser.add_argument("--quick", action="store_true", help="small sizes: to see that it runs, not to quote")
    options = parser.parse_args()
    rows: list[Row] = []
    for name in options.suites or SUITES:
        print(f"… {name}", file=sys.stderr, flush=True)
        rows += SUITES[name](options.quick)
    print(table(rows))
    RESULTS.mkdir(exist_ok=True)
    machine = {"machine": platform.machine(), "python": platform.python_version(), "quick": options.quick}
    text = json.dumps(machine | {"rows": [row.as_json() for row in rows]}, indent=1)
    (RESULTS / "latest.json").write_text(text + "\n")
    missed = [row for row in rows if not row.met]
    for row in missed:
        print(f"missed: {row.name}", file=sys.stderr)
    return 1 if missed and not options.quick else 0


sys.exit(main())
