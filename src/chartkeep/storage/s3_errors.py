"""What an object store's answer means, and what to do about it."""

import re

from chartkeep.storage.base import StorageError, StorageFull, StorageMisconfigured, StorageUnavailable

_STATUS = re.compile(r"status code: (\d{3})")
_NO_CREDENTIALS = re.compile(
    r"/latest/(api/token|meta-data)|metadata\.google\.internal|Unable to locate credentials"
)
_FULL = ("InsufficientStorage", "QuotaExceeded", "StorageFull")
_BUSY = ("RequestTimeout", "SlowDown")
_ACCESS = (
    "see that the bucket of STORAGE_URL exists and that its credentials may read, write, list and delete."
)
_REGION = "give the bucket's region, as in STORAGE_URL=s3://bucket?region=eu-central-1."
_FIXES = {
    "RequestTimeTooSkewed": "the clocks differ: set this machine's clock by NTP.",
    "AuthorizationHeaderMalformed": _REGION,
    "PermanentRedirect": _REGION,
    "redirect without LOCATION": _REGION,
    "NoSuchBucket": _ACCESS,
    "AccessDenied": _ACCESS,
    "InvalidAccessKeyId": _ACCESS,
    "SignatureDoesNotMatch": _ACCESS,
}
_REFUSALS = {"301", "307", "400", "401", "403", "405", "501"}


def told_by_the_store(name: str, text: str) -> StorageError:
    """The error for what a client library says; ``name`` is the store's address without secrets."""
    found = _STATUS.search(text)
    status = found[1] if found else ""
    if status == "507" or any(word in text for word in _FULL):
        return StorageFull(f"{name} has no room left: make room, or raise its quota.")
    if any(word in text for word in _BUSY):
        return StorageUnavailable(f"{name} is overloaded.")
    for word, fix in _FIXES.items():
        if word in text:
            return StorageMisconfigured(f"{name}: {fix}")
    if _NO_CREDENTIALS.search(text):
        return StorageMisconfigured(
            f"{name}: there are no credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or those of your cloud, or run where the machine has a role."
        )
    first = text.strip().splitlines()[0][:200] if text.strip() else "no answer"
    if status in _REFUSALS or "privileges" in first:
        return StorageMisconfigured(f"{name}: {_ACCESS}")
    return StorageUnavailable(f"{name} does not answer: {first}")
