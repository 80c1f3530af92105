"""``chartkeep migrate``, ``check``, ``sweep``, ``demo``."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from chartkeep.ops.start import findings, line, migrate, start


def add(commands: Any) -> None:
    """Add the commands to the command line."""
    for name, run, text in (
        ("migrate", _migrate, "bring the database up to date"),
        ("check", _check, "look for misconfiguration"),
        ("sweep", _sweep, "remove objects that no record names, and unfinished uploads"),
        ("demo", _demo, "make made-up people and records to try things with"),
    ):
        command = commands.add_parser(name, help=text)
        command.set_defaults(run=run)
        if run in {_check, _sweep}:
            command.add_argument("--json", action="store_true", help="print JSON for programs")


def _migrate(_options: argparse.Namespace) -> int:
    start(migrated=False)
    migrate()
    print("The database is up to date.")
    return 0


def _check(options: argparse.Namespace) -> int:
    start(migrated=False)
    found = findings()
    wrong = any(message.is_serious() for message in found)
    if options.json:
        facts = [
            {
                "id": message.id,
                "serious": message.is_serious(),
                "problem": message.msg,
                "fix": message.hint or "",
            }
            for message in found
        ]
        print(json.dumps(facts, indent=1))
        return int(wrong)
    for message in found:
        print(line(message), file=sys.stderr)
    if wrong:
        print("chartkeep: This cannot work yet.", file=sys.stderr)
        return 1
    print("Chartkeep can start with these settings.")
    return 0


def _sweep(options: argparse.Namespace) -> int:
    start()
    from chartkeep.records.flows.sweep import sweep

    report = sweep()
    if options.json:
        print(json.dumps(asdict(report), indent=1))
        return 0
    print(f"Removed {report.orphans} objects without a record and {report.partial} unfinished uploads.")
    return 0


def _demo(_options: argparse.Namespace) -> int:
    start()
    from chartkeep.ops.demo.story import tell

    for told in tell():
        print(told)
    return 0
