"""``chartkeep COMMAND``: reads the command line, calls a command, tells of problems in one line."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from chartkeep import __version__
from chartkeep.ops.commands import keys, people, serve, upkeep
from chartkeep.ops.errors import CommandError, first_line

_FAMILIES = (serve, keys, people, upkeep)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="chartkeep", description="A personal medical record vault.")
    top.add_argument("--version", action="version", version=f"chartkeep {__version__}")
    top.add_argument("--data-dir", type=Path, help="where everything is kept (default: $DATA_DIR or ./data)")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for family in _FAMILIES:
        family.add(commands)
    return top


def command_names() -> list[str]:
    """Every command, for the documents' test."""
    names: list[str] = []
    for name, below in _below(parser()).items():
        names += [f"{name} {word}" for word in _below(below)] or [name]
    return names


def _below(of: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The sub-commands of a parser: argparse has no public way to ask."""
    for action in of._actions:  # noqa: SLF001 - see above
        if isinstance(action.choices, dict):
            return action.choices
    return {}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit status: 0, 1 for a problem told in one line, 2 for wrong usage."""
    options = parser().parse_args(argv)
    os.umask(0o077)  # the database and everything else that is made here is for this account only
    if options.data_dir is not None:
        os.environ["DATA_DIR"] = str(options.data_dir.absolute())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chartkeep.settings.flat")
    if getattr(options, "base_url", None) is not None:
        os.environ.setdefault("BASE_URL", options.base_url(options))
    try:
        return int(options.run(options) or 0)
    except KeyboardInterrupt:
        return 130
    except Exception as problem:
        text = _told(problem)
        if text is None:
            raise
        print(f"chartkeep: {text}", file=sys.stderr)
        return 1


def _told(problem: Exception) -> str | None:
    """The sentence for a problem that we know; ``None`` for one that deserves its traceback."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db.utils import DatabaseError

    from chartkeep.crypto.errors import KeyMaterialError
    from chartkeep.lib.errors import ChartkeepError
    from chartkeep.settings.env import SettingError
    from chartkeep.storage.base import StorageError

    if isinstance(problem, ChartkeepError | KeyMaterialError | SettingError | StorageError | CommandError):
        return str(problem)
    if isinstance(problem, DatabaseError):
        said = first_line(problem)
        return f"The database cannot be used: {said}. See DATABASE_URL, or run `chartkeep migrate`."
    if isinstance(problem, ImproperlyConfigured):
        return f"A setting cannot be used: {first_line(problem)}."
    if isinstance(problem, OSError) and problem.filename:
        return f"{problem.filename}: {problem.strerror}. Check the path, the space left and the permissions."
    return None


if __name__ == "__main__":
    sys.exit(main())
