"""``chartkeep migrate``, ``check``, ``sweep``, ``demo``."""

import argparse
import sys
from typing import Any

from chartkeep.ops.start import check, migrate, start


def add(commands: Any) -> None:
    """Add the commands to the command line."""
    for name, run, text in (
        ("migrate", _migrate, "bring the database up to date"),
        ("check", _check, "look for misconfiguration"),
        ("sweep", _sweep, "remove objects that no record names, and unfinished uploads"),
        ("demo", _demo, "make made-up people and records to try things with"),
    ):
        commands.add_parser(name, help=text).set_defaults(run=run)


def _migrate(_options: argparse.Namespace) -> int:
    start(migrated=False)
    migrate()
    print("The database is up to date.")
    return 0


def _check(_options: argparse.Namespace) -> int:
    start(migrated=False)
    check()
    from django.core import checks

    for message in checks.run_checks(include_deployment_checks=True, databases=["default"]):
        if str(message.id).startswith("chartkeep.") and not message.is_silenced():
            print(f"{message.id}: {message.msg}\n  {message.hint or ''}".rstrip(), file=sys.stderr)
    print("Chartkeep can start with these settings.")
    return 0


def _sweep(_options: argparse.Namespace) -> int:
    start()
    from chartkeep.records.flows.sweep import sweep

    report = sweep()
    print(f"Removed {report.orphans} objects without a record and {report.partial} unfinished uploads.")
    return 0


def _demo(_options: argparse.Namespace) -> int:
    start()
    from chartkeep.ops.demo.story import tell

    for line in tell():
        print(line)
    return 0
