"""Typed readers of the environment: the only code that reads it.

Each reader takes a name and a default. A secret ``NAME`` may be given as ``NAME_FILE`` instead: the
path of a file that holds it, as Docker and systemd hand over secrets.
"""

import os
from pathlib import Path


class SettingError(Exception):
    """A setting cannot be read; the message names the setting and the fix."""


def text(name: str, default: str = "") -> str:
    """The value of ``name`` without surrounding blanks, or ``default`` when unset or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    """A boolean: 1, true, yes, on or 0, false, no, off."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise SettingError(f"{name} must be true or false, not {value!r}.")


def whole(name: str, default: int, *, least: int = 0) -> int:
    """A whole number of at least ``least``."""
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise SettingError(f"{name} must be a whole number, not {value!r}.") from None
    if number < least:
        raise SettingError(f"{name} must be at least {least}.")
    return number


_UNITS = {"": 1, "B": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def size(name: str, default: int) -> int:
    """A size in bytes: a number with an optional unit K, M, G or T (powers of 1,024)."""
    value = text(name).upper().replace("IB", "").replace(" ", "")
    if not value:
        return default
    number, unit = (value[:-1], value[-1]) if value[-1].isalpha() else (value, "")
    if unit not in _UNITS or not number.isdigit():
        raise SettingError(f"{name} must be a size such as 500M or 5G, not {value!r}.")
    return int(number) * _UNITS[unit]


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list without blanks and empty items."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def choice(name: str, default: str, *, of: tuple[str, ...]) -> str:
    """One of the words in ``of``."""
    value = text(name, default).lower()
    if value not in of:
        raise SettingError(f"{name} must be one of {', '.join(of)}, not {value!r}.")
    return value


def must_begin(name: str, value: str, *beginnings: str) -> str:
    """The address ``value`` itself, if it begins in one of these ways; the message keeps it secret."""
    if not value.startswith(beginnings):
        raise SettingError(f"{name} must begin with {' or '.join(beginnings)}.")
    return value


def secret(name: str, *, fallback_file: Path | None = None) -> str:
    """A secret from ``NAME``, else from the file that ``NAME_FILE`` names, else from ``fallback_file``.

    Empty when none of them is there. Naming it twice, or a file that cannot be read, is an error.
    """
    value, path = text(name), text(f"{name}_FILE")
    if value and path:
        raise SettingError(f"Set {name} or {name}_FILE, not both.")
    if value:
        return value
    if path:
        return _read_secret(Path(path), f"{name}_FILE")
    if fallback_file is not None and fallback_file.is_file():
        return _read_secret(fallback_file, name)
    return ""


def subset(*prefixes: str) -> dict[str, str]:
    """The variables whose names start with one of ``prefixes``, for a library that takes its own."""
    return {name: value for name, value in os.environ.items() if name.startswith(prefixes)}


def _read_secret(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingError(
            f"{name}: cannot read {path}: {problem.__class__.__name__}. "
            "Check that the file is there and readable by this account."
        ) from None
