"""What can go wrong with people and patients, told to them."""

from chartkeep.lib.errors import ChartkeepError


class EmailTakenError(ChartkeepError):
    """An operator makes an account for an address that has one. Sign-up never raises it."""

    code = "email_taken"
    message = "There is an account with this e-mail address already."


class InvitationRefusedError(ChartkeepError):
    """An invitation or set-up link is unknown, used, over or meant for another address: one answer."""

    code = "invitation_refused"
    message = "This link does not work any more. Ask the administrator for a new one."


class LastOwnerError(ChartkeepError):
    """Somebody must stay in charge of a patient's record."""

    code = "last_owner"
    message = "This is the only owner of the record. Make somebody else an owner first."


class LastAdministratorError(ChartkeepError):
    """Somebody must be able to run the deployment."""

    code = "last_administrator"
    message = "This is the only active administrator. Make another one first."


class SelfExistsError(ChartkeepError):
    """A user has one record of their own."""

    code = "self_exists"
    message = "You have a record of your own already."


class MailNotSentError(ChartkeepError):
    """A mail that had to go out did not."""

    code = "mail_not_sent"
    message = "The e-mail could not be sent. Try again later, or hand over the link yourself."


class TooManyTriesError(ChartkeepError):
    """Somebody tries out more than a person at work would."""

    code = "too_many_tries"
    message = "Too many tries. Wait a while, then try again."
