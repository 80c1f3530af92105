"""File names as people and programs send them, made safe to keep and to show."""

import re
import unicodedata

LONGEST_NAME = 255
_LONGEST_EXTENSION = 16
_LONGEST_TITLE = 200
_JOINERS = frozenset("\u200c\u200d")  # Persian and Indic spelling, emoji sequences
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_MOST_LOOKED_AT = 16_384


def clean_file_name(name: str) -> str:
    """The last component of a name, in NFC, without control characters, bidirectional marks and separators.

    Cut to 255 characters with its extension kept. Empty when nothing is left.
    """
    parts = [_printable(part) for part in re.split(r"[/\\]", name[-_MOST_LOOKED_AT:])]
    whole = next((part for part in reversed(parts) if part), "")
    if len(whole) <= LONGEST_NAME:
        return whole
    dot = extension_of(whole)
    return whole[: LONGEST_NAME - len(dot)].rstrip(" .") + dot


def extension_of(name: str) -> str:
    """The extension with its dot, as written: ``.PDF``. Empty when there is none or it is no extension."""
    stem, dot, end = name.rpartition(".")
    if not stem or not end or len(end) >= _LONGEST_EXTENSION or " " in end:
        return ""
    return dot + end


def guess_title(file_name: str) -> str:
    """A title for a record from the name of its file: ``blood_test-2024.pdf`` becomes ``blood test 2024``."""
    stem = file_name.removesuffix(extension_of(file_name))
    words = re.sub(r"[\s_]+|(?<=\w)-(?=\w)", " ", stem).strip(" .-")
    return words[:_LONGEST_TITLE].strip() or "Document"


def _printable(part: str) -> str:
    kept = (
        " " if char.isspace() else char
        for char in part
        if char in _JOINERS or char.isspace() or unicodedata.category(char) not in _DROPPED
    )
    text = re.sub(r" +", " ", unicodedata.normalize("NFC", "".join(kept)))
    return text.lstrip(" ").rstrip(" .")
