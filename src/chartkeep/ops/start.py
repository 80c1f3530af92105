"""Set up Django for a command: first-run files, settings, the database, the checks."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from django.core.checks import CheckMessage, run_checks

from chartkeep.ops.errors import CommandError
from chartkeep.ops.first_run import data_directory, one_at_a_time, prepare

_MIGRATING = 0x63686172_746B6570  # "chartkep": PostgreSQL's advisory locks are numbers


def start(*, migrated: bool = True) -> None:
    """Get Django ready; with ``migrated`` also the database, the checks and the keys' states.

    Raises:
        CommandError: a check says no; its text has the fix.
    """
    made = prepare()
    if made:
        _tell(made)
    import django

    django.setup()
    if migrated:
        migrate()
        check()
        from chartkeep.keyring.flows.recognise import recognise

        recognise()


def migrate() -> None:
    """Bring the database up to date."""
    from django.core.management import call_command

    with one_at_a_time(data_directory()), _one_node_at_a_time():
        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)


@contextlib.contextmanager
def _one_node_at_a_time() -> Iterator[None]:
    """Let other nodes on the same PostgreSQL wait until this one has migrated."""
    from django.db import connection

    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATING])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATING])


def check() -> None:
    """Refuse to go on with a misconfiguration.

    Raises:
        CommandError: with every finding and its fix.
    """
    wrong = [message for message in findings() if message.is_serious()]
    if wrong:
        raise CommandError("This cannot work yet:\n" + "\n".join(line(message) for message in wrong))


def findings() -> list[CheckMessage]:
    """What Django's checks and ours find: errors of any kind, and our own warnings."""
    found = run_checks(include_deployment_checks=True, databases=["default"])
    return [
        message
        for message in found
        if not message.is_silenced() and (message.is_serious() or str(message.id).startswith("chartkeep."))
    ]


def line(message: CheckMessage) -> str:
    """A finding for people: its id, what is wrong and below that what to do."""
    return f"{message.id}: {message.msg}\n  {message.hint or ''}".rstrip()


def _tell(made: list[Path]) -> None:
    lines = "\n".join(f"  {path}" for path in made)
    print(
        f"First start: made new keys, readable only by you.\n{lines}\n"
        "Whoever has them can read every record, and without them nobody can: keep a copy in a safe place.\n"
        "A safe deployment keeps keys away from the data: move them and set KEY_DIR or ENCRYPTION_KEY_FILE.",
        file=sys.stderr,
    )
