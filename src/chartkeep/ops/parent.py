"""The processes that `serve` starts do not outlive it, however it ends."""

import os
import signal
import threading
from collections.abc import Callable
from typing import NoReturn

_PATIENCE = 15.0  # seconds that a process has to finish what it does


def end_after(parent_is_gone: Callable[[], object]) -> None:
    """Stop this process in order once the call returns, and hard if that takes too long.

    ``parent_is_gone`` blocks while the parent lives, even if that is killed.
    """
    threading.Thread(target=_end, args=(parent_is_gone,), name="parent", daemon=True).start()


def _end(parent_is_gone: Callable[[], object]) -> NoReturn:
    parent_is_gone()
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_PATIENCE)
    os._exit(1)
