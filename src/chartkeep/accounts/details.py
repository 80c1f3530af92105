"""What people type about themselves, made clean: names, dates, addresses, passwords."""

import unicodedata
from datetime import date, datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from chartkeep.accounts.models import User
from chartkeep.lib.clock import database_now
from chartkeep.lib.errors import InvalidInputError

NAME_LENGTH = 200
_ADDRESS_LENGTH = 254  # RFC 5321 section 4.5.3.1.3, and the column
_OLDEST = date(1850, 1, 1)
_UNWANTED = {"Cc", "Cs", "Co", "Cn"}  # control, surrogate, private, unassigned
_BIDI = {"\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}


def clean_name(field: str, text: str) -> str:
    """A name: NFC, single blanks, 1 to 200 characters, no control or direction-changing characters.

    Raises:
        InvalidInputError: it is empty or too long.
    """
    kept = "".join(
        " " if letter.isspace() else letter
        for letter in unicodedata.normalize("NFC", text)
        if letter.isspace() or (unicodedata.category(letter) not in _UNWANTED and letter not in _BIDI)
    )
    name = " ".join(kept.split())
    if not name:
        raise InvalidInputError(field=field, problem="give a name")
    if len(name) > NAME_LENGTH:
        raise InvalidInputError(field=field, problem=f"at most {NAME_LENGTH} characters")
    return name


def clean_birth_date(born: date | None) -> date | None:
    """A date of birth between 1850 and tomorrow (somewhere it is tomorrow already).

    Raises:
        InvalidInputError: it is not.
    """
    if born is None:
        return None
    if isinstance(born, datetime) or not _OLDEST <= born <= database_now().date() + timedelta(days=1):
        raise InvalidInputError(field="birth_date", problem="give a date between 1850 and today")
    return born


def clean_email(text: str) -> str:
    """An e-mail address in lower case, as accounts keep it.

    Raises:
        InvalidInputError: it is no address.
    """
    address = text.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise InvalidInputError(
            field="email", problem="give an e-mail address such as name@example.org"
        ) from None
    if len(address) > _ADDRESS_LENGTH:
        raise InvalidInputError(field="email", problem="this address is too long")
    return address


def clean_password(password: str, user: User) -> str:
    """A password that the validators of the settings take for this user.

    Raises:
        InvalidInputError: too short, too common or too like the address; all reasons in one sentence.
    """
    try:
        validate_password(password, user)
    except ValidationError as problem:
        raise InvalidInputError(field="password", problem=" ".join(problem.messages)) from None
    return password


def clean_end(ends_at: datetime | None) -> datetime | None:
    """An end date in the future, or none.

    Raises:
        InvalidInputError: it has passed or has no time zone.
    """
    if ends_at is not None and (ends_at.tzinfo is None or ends_at <= database_now()):
        raise InvalidInputError(field="ends_at", problem="give a time in the future, with its time zone")
    return ends_at
