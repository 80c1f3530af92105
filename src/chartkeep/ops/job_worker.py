"""The process that runs background jobs: ``python -m chartkeep.ops.job_worker``, started by ``serve``.

Its standard input is a pipe that the parent holds open and never writes to: its end is the parent's end.
"""

import os

from chartkeep.ops.parent import end_after

_STANDARD_INPUT = 0
_POLL_SECONDS = "5"


def main() -> None:
    """Take jobs from the database until told to stop."""
    end_after(lambda: os.read(_STANDARD_INPUT, 1))  # not sys.stdin: its lock would be held at our own end
    os.umask(0o077)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("db_worker", "--interval", _POLL_SECONDS)


if __name__ == "__main__":
    main()
