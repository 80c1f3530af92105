"""What can go wrong with shares, told to people."""

from chartkeep.lib.errors import ChartkeepError


class ShareRefusedError(ChartkeepError):
    """A share does not open: unknown, forged, expired, revoked, used up, locked. One answer for all."""

    code = "share_refused"
    message = "This code or link does not open anything. Ask the person who gave it to you for a new one."


class PasscodeRequiredError(ChartkeepError):
    """The share is live and wants its passcode; facts: ``remaining`` tries in its lifetime."""

    code = "passcode_required"
    message = "This share is protected by a passcode. {remaining} tries are left."


class ClinicianRequiredError(ChartkeepError):
    """The share is live and opens for signed-in, confirmed clinicians only."""

    code = "clinician_required"
    message = "Only a signed-in clinician can open this. Sign in, then open it again."


class ShareOverError(ChartkeepError):
    """The owner asks for the code of a share that no longer opens anything."""

    code = "share_over"
    message = "This share is over. Make a new one."
