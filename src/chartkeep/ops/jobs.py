"""Jobs beside the web server: a worker process that is kept alive, and a ticker that gives it work."""

import os
import signal
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Self

import structlog
from django.core.management import call_command
from django.db import DatabaseError, close_old_connections
from django_tasks import task

from chartkeep.accounts.flows.tidy import tidy
from chartkeep.records.tasks import erase_old_trash, sweep_storage
from chartkeep.sharing.flows.view import forget_ended

HOUR = 3600.0
_FIRST_TICK = 30.0
_SWEEP_EVERY = 24  # hours: a sweep lists the whole storage
_LONGEST_PAUSE = 60.0
_PATIENCE = 15.0
_COMMAND = (sys.executable, "-m", "chartkeep.ops.job_worker")
_log = structlog.get_logger(__name__)


@task()
def tidy_up() -> int:
    """Remove tokens, invitations, counters, viewer sessions and job results that are over."""
    report = tidy()
    call_command("prune_db_task_results", "--min-age-days", "1", "--failed-min-age-days", "14", verbosity=0)
    return forget_ended() + report.tokens + report.counters + report.invitations + report.mails


def give_work(hour: int) -> None:
    """Enqueue the jobs of an hour since the start. Many nodes may do so: every job can run twice."""
    tidy_up.enqueue()
    erase_old_trash.enqueue()
    if hour % _SWEEP_EVERY == 0:
        sweep_storage.enqueue()


class JobRunner:
    """Runs the worker for the length of a ``with`` block: restarted when it dies, stopped at the end."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="jobs", daemon=True)
        self._ticker = threading.Thread(target=self._tick, name="ticker", daemon=True)

    def __enter__(self) -> Self:
        self._keeper.start()
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._keeper.join()

    def _keep(self) -> None:
        pause = 1.0
        while not self._over.is_set():
            started = time.monotonic()
            # The pipe is never written to: it tells the worker when we are gone. A session of its own
            # keeps Ctrl-C from it, so that it is stopped after the web workers.
            with subprocess.Popen(  # noqa: S603 - our own command
                _COMMAND, start_new_session=True, stdin=subprocess.PIPE
            ) as process:
                while process.poll() is None and not self._over.wait(0.2):
                    pass
                if self._over.is_set():
                    _stop(process)
                    return
            _log.error("worker_died", status=process.returncode)
            pause = 1.0 if time.monotonic() - started > _LONGEST_PAUSE else min(pause * 2, _LONGEST_PAUSE)
            self._over.wait(pause)

    def _tick(self) -> None:
        hour = 0
        while not self._over.wait(HOUR if hour else _FIRST_TICK):
            try:
                give_work(hour)
            except DatabaseError as problem:
                _log.error("ticker_failed", problem=type(problem).__name__)
            finally:
                close_old_connections()
            hour += 1


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
