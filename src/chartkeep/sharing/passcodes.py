"""Passcodes of shares: Argon2id, and at most ten wrong ones in a share's lifetime (section 4)."""

import threading
import unicodedata

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F

from chartkeep.audit.flows.record import record as log
from chartkeep.audit.tags import Tag
from chartkeep.keyring.vaults import Vault
from chartkeep.lib.errors import InvalidInputError
from chartkeep.sharing.errors import PasscodeRequiredError, ShareRefusedError
from chartkeep.sharing.models import MAX_WRONG_PASSCODES, Share
from chartkeep.sharing.refusals import Attempt

_LENGTHS = range(4, 65)
# One hash takes 100 MiB of memory. However many guess at once, no more than two are worked out together.
_hashing = threading.BoundedSemaphore(2)


def hashed(passcode: str) -> str:
    """The hash to keep of a new passcode of 4 to 64 characters; empty for none.

    Raises:
        InvalidInputError: shorter, longer, or with characters that cannot be typed.
    """
    if not passcode:
        return ""
    normal = _normal(passcode)
    if normal is None:
        raise InvalidInputError(field="passcode", problem="4 to 64 characters")
    with _hashing:
        return make_password(normal)


def check(attempt: Attempt, share: Share, vault: Vault, passcode: str) -> None:
    """Let the right passcode pass, or any when the share has none.

    A wrong one is counted before its answer is given, and the opening itself asks again whether the share
    is locked. So of many guesses at the same moment no more than ten are answered, and a right one
    counts only if fewer than ten wrong ones were counted before: the same odds as one after another.

    Raises:
        PasscodeRequiredError: none was given, or a wrong one; ``remaining`` tries are left.
        ShareRefusedError: a wrong one, and it was the last.
    """
    if not share.passcode:
        return
    if not passcode:
        raise PasscodeRequiredError(remaining=MAX_WRONG_PASSCODES - share.wrong_passcodes)
    normal = _normal(passcode)
    if normal is not None:
        with _hashing:
            if check_password(normal, share.passcode):
                return
    left = _count_wrong(attempt, share, vault)
    if not left:
        raise ShareRefusedError
    raise PasscodeRequiredError(remaining=left)


def _count_wrong(attempt: Attempt, share: Share, vault: Vault) -> int:
    """Count and log a wrong passcode, and the lock when it was the tenth; gives how many are left."""
    with transaction.atomic():
        rows = Share.objects.filter(uuid=share.uuid)
        counted = rows.filter(wrong_passcodes__lt=MAX_WRONG_PASSCODES).update(
            wrong_passcodes=F("wrong_passcodes") + 1
        )
        left = MAX_WRONG_PASSCODES - rows.values_list("wrong_passcodes", flat=True).get()
        attempt.log_refusal(share, "wrong_passcode" if counted else "locked")
        if counted and not left:
            log(
                tag=Tag.SHARE_LOCK,
                actor=attempt.actor,
                sealer=vault.fields,
                patient=share.patient_id,
                object_id=share.uuid,
                share=share.uuid,
            )
    return left


def _normal(passcode: str) -> str | None:
    """The same letters for every keyboard (NFC); ``None`` when it cannot be a passcode."""
    normal = unicodedata.normalize("NFC", passcode)
    kinds = {unicodedata.category(letter) for letter in normal}
    return normal if len(normal) in _LENGTHS and not kinds & {"Cc", "Cs"} else None
