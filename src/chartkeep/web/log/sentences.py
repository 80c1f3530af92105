"""Every entry of the log as one plain sentence. ``{who}`` and ``{what}`` are filled in."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chartkeep.audit.tags import Outcome, Tag
from chartkeep.sharing.details import LogLine

SENTENCES = {
    Tag.RECORD_UPLOAD: _("{who} added {what}."),
    Tag.RECORD_READ: _("{who} opened {what}."),
    Tag.RECORD_EDIT: _("{who} changed the details of {what}."),
    Tag.RECORD_REPLACE: _("{who} stored a new version of {what}."),
    Tag.RECORD_TRASH: _("{who} put {what} into the trash."),
    Tag.RECORD_RESTORE: _("{who} took {what} out of the trash."),
    Tag.RECORD_ERASE: _("{who} erased {what} for good."),
    Tag.RECORD_INTEGRITY_FAILURE: _("{what} could not be shown: the stored file was changed or lost."),
    Tag.SHARE_CREATE: _("{who} made {share}."),
    Tag.SHARE_EDIT: _("{who} changed {share}."),
    Tag.SHARE_SHOW: _("{who} looked at the code of {share}."),
    Tag.SHARE_REVOKE: _("{who} stopped {share}."),
    Tag.SHARE_REDEEM: _("{who} opened {share}."),
    Tag.SHARE_LOCK: _("{share} was locked after ten wrong passcodes."),
    Tag.PATIENT_CREATE: _("{who} made this record."),
    Tag.PATIENT_EDIT: _("{who} changed name or date of birth."),
    Tag.GUARDIAN_ADD: _("{who} let somebody else act for this record."),
    Tag.GUARDIAN_REMOVE: _("{who} ended somebody's access to this record."),
    Tag.ACCOUNT_CREATE: _("An account was made."),
    Tag.ACCOUNT_SIGN_IN: _("{who} signed in."),
    Tag.ACCOUNT_SIGN_OUT: _("{who} signed out."),
    Tag.ACCOUNT_SESSION_END: _("A session was ended."),
    Tag.ACCOUNT_PASSWORD_CHANGE: _("The password was changed."),
    Tag.ACCOUNT_EMAIL_VERIFY: _("The e-mail address was verified."),
    Tag.ACCOUNT_MFA_ADD: _("A second factor was added."),
    Tag.ACCOUNT_MFA_REMOVE: _("A second factor was removed."),
    Tag.ACCOUNT_TOKEN_REUSE: _("An old token was used again; all of its sessions were ended."),
    Tag.ACCOUNT_DISABLE: _("The account was disabled."),
    Tag.ACCOUNT_ENABLE: _("The account was enabled."),
    Tag.ACCOUNT_INVITE: _("An invitation was made."),
    Tag.CLINICIAN_CLAIM: _("{who} asked to be confirmed as a clinician."),
    Tag.CLINICIAN_CONFIRM: _("A clinician was confirmed."),
    Tag.CLINICIAN_REFUSE: _("A clinician was refused."),
    Tag.KEY_FIRST_SEEN: _("A master key was used for the first time."),
    Tag.KEY_VAULT_CREATE: _("A key was made."),
}
REFUSED = {
    Tag.SHARE_REDEEM: _("{who} tried to open {share} and was refused: {why}."),
}
REFUSED_OTHERWISE = _("{who} tried something and was refused: {why}.")
REASONS = {
    "expired": _("it was over"),
    "revoked": _("it had been stopped"),
    "exhausted": _("all its openings were used up"),
    "locked": _("it was locked"),
    "forged": _("the code was forged"),
    "wrong_form": _("the code was not the one given out"),
    "wrong_key": _("its key is no longer here"),
    "wrong_passcode": _("the passcode was wrong"),
    "not_a_clinician": _("they were not a signed-in clinician"),
    "replayed": _("an old request was sent again"),
}
_SOMEBODY = {
    "anonymous": _("Somebody without an account"),
    "viewer": _("Somebody who opened a share"),
    "user": _("Somebody with an account"),
    "system": _("Chartkeep itself"),
}


def sentence(line: LogLine) -> str:
    """What happened, in plain words."""
    tag = Tag(line.tag)
    if line.outcome == Outcome.REFUSED and tag != Tag.SHARE_LOCK:
        template = REFUSED.get(tag, REFUSED_OTHERWISE)
    else:
        template = SENTENCES[tag]
    return str(template).format(
        who=line.actor_label or str(_SOMEBODY[line.actor_kind]),
        what=f"“{line.record_title}”" if line.record_title else gettext("a record"),
        share=gettext("the share “%s”") % line.share_label if line.share_label else gettext("a share"),
        why=str(REASONS.get(line.reason, _("it could not be read"))),
    )
