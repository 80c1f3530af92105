"""The process that runs background jobs: ``python -m chartkeep.ops.job_worker``, started by ``serve``.

Its standard input is a pipe that the parent holds open and never writes to: its end is the parent's end.
"""

import os
import sys

from chartkeep.ops.parent import end_after

_POLL_SECONDS = "5"


def main() -> None:
    """Take jobs from the database until told to stop."""
    end_after(sys.stdin.buffer.read)
    os.umask(0o077)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("db_worker", "--interval", _POLL_SECONDS)


if __name__ == "__main__":
    main()
