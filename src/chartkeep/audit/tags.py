"""Event tags, ``subject:action``. A tag that is no longer written stays here: old entries carry it."""

from enum import StrEnum


class Outcome(StrEnum):
    """How an act ended."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"


class Tag(StrEnum):
    """Everything that is written to the log."""

    # Records
    RECORD_UPLOAD = "record:upload"
    RECORD_READ = "record:read"
    RECORD_EDIT = "record:edit"
    RECORD_REPLACE = "record:replace"
    RECORD_TRASH = "record:trash"
    RECORD_RESTORE = "record:restore"
    RECORD_ERASE = "record:erase"
    RECORD_INTEGRITY_FAILURE = "record:integrity_failure"

    # Shares
    SHARE_CREATE = "share:create"
    SHARE_EDIT = "share:edit"
    SHARE_SHOW = "share:show"
    SHARE_REVOKE = "share:revoke"
    SHARE_REDEEM = "share:redeem"
    SHARE_LOCK = "share:lock"

    # Patients and who may act for them
    PATIENT_CREATE = "patient:create"
    PATIENT_EDIT = "patient:edit"
    GUARDIAN_ADD = "guardian:add"
    GUARDIAN_REMOVE = "guardian:remove"

    # Accounts
    ACCOUNT_CREATE = "account:create"
    ACCOUNT_SIGN_IN = "account:sign_in"
    ACCOUNT_SIGN_OUT = "account:sign_out"
    ACCOUNT_SESSION_END = "account:session_end"
    ACCOUNT_PASSWORD_CHANGE = "account:password_change"  # noqa: S105 - a tag, not a password
    ACCOUNT_EMAIL_VERIFY = "account:email_verify"
    ACCOUNT_MFA_ADD = "account:mfa_add"
    ACCOUNT_MFA_REMOVE = "account:mfa_remove"
    ACCOUNT_TOKEN_REUSE = "account:token_reuse"  # noqa: S105 - a tag, not a password
    ACCOUNT_DISABLE = "account:disable"
    ACCOUNT_ENABLE = "account:enable"
    ACCOUNT_INVITE = "account:invite"
    CLINICIAN_CLAIM = "clinician:claim"
    CLINICIAN_CONFIRM = "clinician:confirm"
    CLINICIAN_REFUSE = "clinician:refuse"

    # Keys
    KEY_FIRST_SEEN = "key:first_seen"
    KEY_VAULT_CREATE = "key:vault_create"
