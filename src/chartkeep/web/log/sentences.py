"""Every entry of the log as one plain sentence.

``{who}`` is who acted, ``{what}`` the record, ``{share}`` the share, ``{whom}`` an address in the details and
``{why}`` the true reason of a refusal. Each tag has a sentence for an act that was done; an act that was
refused or failed has one of its own, or the general one.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chartkeep.audit.tags import Outcome, Tag
from chartkeep.sharing.details import LogLine

Words = Promise | str

DONE: dict[Tag, Words] = {
    Tag.RECORD_UPLOAD: _("{who} added {what}."),
    Tag.RECORD_READ: _("{who} opened {what}."),
    Tag.RECORD_EDIT: _("{who} changed the details of {what}."),
    Tag.RECORD_REPLACE: _("{who} stored a new version of {what}."),
    Tag.RECORD_TRASH: _("{who} put {what} into the trash."),
    Tag.RECORD_RESTORE: _("{who} took {what} out of the trash."),
    Tag.RECORD_ERASE: _("{who} erased {what} for good."),
    Tag.RECORD_INTEGRITY_FAILURE: _("{who} could not open {what}: its file was changed or lost in storage."),
    Tag.SHARE_CREATE: _("{who} made {share}."),
    Tag.SHARE_EDIT: _("{who} changed {share}."),
    Tag.SHARE_SHOW: _("{who} looked at the code of {share}."),
    Tag.SHARE_REVOKE: _("{who} stopped {share}."),
    Tag.SHARE_REDEEM: _("{who} opened {share}."),
    Tag.SHARE_LOCK: _("Chartkeep locked {share} after ten wrong passcodes."),
    Tag.PATIENT_CREATE: _("{who} began this collection of records."),
    Tag.PATIENT_EDIT: _("{who} changed the name or the date of birth."),
    Tag.GUARDIAN_ADD: _("{who} let {whom} act here."),
    Tag.GUARDIAN_REMOVE: _("{who} ended the access of {whom}."),
    Tag.ACCOUNT_CREATE: _("{who} made an account."),
    Tag.ACCOUNT_SIGN_IN: _("{who} signed in."),
    Tag.ACCOUNT_SIGN_OUT: _("{who} signed out."),
    Tag.ACCOUNT_SESSION_END: _("{who} ended a session."),
    Tag.ACCOUNT_PASSWORD_CHANGE: _("{who} changed the password."),
    Tag.ACCOUNT_EMAIL_VERIFY: _("{who} verified an e-mail address."),
    Tag.ACCOUNT_MFA_ADD: _("{who} added a second step of signing in."),
    Tag.ACCOUNT_MFA_REMOVE: _("{who} removed a second step of signing in."),
    Tag.ACCOUNT_TOKEN_REUSE: _("{who} used an old token again: all sessions were ended."),
    Tag.ACCOUNT_DISABLE: _("{who} disabled an account."),
    Tag.ACCOUNT_ENABLE: _("{who} enabled an account."),
    Tag.ACCOUNT_INVITE: _("{who} made or withdrew an invitation."),
    Tag.CLINICIAN_CLAIM: _("{who} asked to be confirmed as a clinician."),
    Tag.CLINICIAN_CONFIRM: _("{who} confirmed a clinician."),
    Tag.CLINICIAN_REFUSE: _("{who} refused a clinician."),
    Tag.KEY_FIRST_SEEN: _("{who} used a master key for the first time."),
    Tag.KEY_VAULT_CREATE: _("{who} made a key."),
}
REFUSED: dict[Tag, Words] = {
    Tag.SHARE_REDEEM: _("{who} tried to open {share} and was refused: {why}."),
    Tag.RECORD_READ: _("{who} was reading {what} and was cut off: {why}."),
    Tag.GUARDIAN_ADD: _("{who} tried to let somebody act here and was refused: {why}."),
}
REFUSED_OTHERWISE = _("{who} was refused: {why}.")
FAILED = {Tag.RECORD_INTEGRITY_FAILURE: DONE[Tag.RECORD_INTEGRITY_FAILURE]}
FAILED_OTHERWISE = _("{who} tried something that failed.")
REASONS: dict[str, Words] = {
    "expired": _("its time was over"),
    "revoked": _("it had been stopped"),
    "exhausted": _("all its openings were used up"),
    "locked": _("it was locked"),
    "erased": _("the records were erased"),
    "forged": _("the code was forged"),
    "malformed": _("the code could not be read"),
    "unknown": _("there was no such link"),
    "wrong_form": _("the code was not the one given out"),
    "wrong_key": _("the code was made with a key that is no longer here"),
    "wrong_passcode": _("the passcode was wrong"),
    "not_a_clinician": _("it opens for signed-in clinicians only"),
    "replayed": _("an old request was sent again"),
    "over": _("the share had ended"),
    "unknown_address": _("nobody here has this e-mail address"),
}
_SOMEBODY: dict[str, Words] = {
    "anonymous": _("Somebody without an account"),
    "viewer": _("Somebody who opened a share"),
    "user": _("Somebody with an account"),
    "system": _("Chartkeep"),
}


def sentence(line: LogLine) -> str:
    """What happened, in plain words. Who acts as a guest is named as they called themselves."""
    return str(_template(line)).format(
        who=_who(line),
        what=f"“{line.record_title}”" if line.record_title else gettext("a record"),
        share=gettext("the share “{label}”").format(label=line.share_label)
        if line.share_label
        else gettext("a share"),
        whom=line.details.get("email") or gettext("somebody"),
        why=str(REASONS.get(line.reason, _("it was not allowed"))),
    )


def _template(line: LogLine) -> Words:
    tag = Tag(line.tag)
    if line.outcome == Outcome.REFUSED:
        return REFUSED.get(tag, REFUSED_OTHERWISE)
    if line.outcome == Outcome.FAILED:
        return FAILED.get(tag, FAILED_OTHERWISE)
    return DONE[tag]


def _who(line: LogLine) -> str:
    if not line.actor_label:
        return str(_SOMEBODY[line.actor_kind])
    if line.actor_kind == "user":
        return line.actor_label
    return gettext("Somebody who gave the name “{name}”").format(name=line.actor_label)
