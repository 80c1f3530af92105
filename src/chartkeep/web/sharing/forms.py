"""Forms about shares."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from chartkeep.sharing.details import ShareRequest, ShareView

PRESETS = [
    ("900", _("At the desk: 15 minutes")),
    ("86400", _("Today: 24 hours")),
    ("604800", _("Referral: 7 days")),
]


class ShareForm(forms.Form):
    """How to share what was picked. Only the preset is asked for; the rest is behind "More"."""

    expires_in = forms.ChoiceField(
        label=_("How long?"), choices=PRESETS, initial="86400", widget=forms.RadioSelect
    )
    method = forms.ChoiceField(
        label=_("How?"),
        choices=[("qr", _("Code to scan")), ("url", _("Link to send"))],
        initial="qr",
        widget=forms.RadioSelect,
    )
    label = forms.CharField(
        label=_("Who is it for, what is it about?"),
        required=False,
        max_length=80,
        help_text=_("Shown to them too."),
    )
    max_access_count = forms.IntegerField(
        label=_("Number of openings"), required=False, min_value=1, help_text=_("Left empty: no limit.")
    )
    passcode = forms.CharField(
        label=_("Passcode"),
        required=False,
        min_length=4,
        max_length=64,
        strip=False,
        help_text=_("4 to 64 characters. Tell it to them yourself."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )
    clinicians_only = forms.BooleanField(label=_("Only signed-in clinicians may open it"), required=False)

    def request(self, patient: UUID, records: list[UUID]) -> ShareRequest:
        """The cleaned data as the domain takes them."""
        data: dict[str, Any] = dict(self.cleaned_data)
        lifetime = timedelta(seconds=int(data.pop("expires_in")))
        return ShareRequest(patient=patient, record_ids=tuple(records), expires_in=lifetime, **data)


class ShareEditForm(forms.Form):
    """Change a share that was given out."""

    label = forms.CharField(label=_("Who is it for, what is it about?"), required=False, max_length=80)
    expires_at = forms.DateTimeField(
        label=_("Works until (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("At most 7 days after it was made."),
        error_messages={"required": _("Say until when it works.")},
    )
    max_access_count = forms.IntegerField(
        label=_("Number of openings"), required=False, min_value=1, help_text=_("Left empty: no limit.")
    )

    def changes(self) -> dict[str, Any]:
        """What was changed, as keyword arguments of ``flows.edit``: the rest stays to the second."""
        return {name: self.cleaned_data[name] for name in self.changed_data}


def initial_of(share: ShareView) -> dict[str, Any]:
    """What the form of a share shows at first; the end without its seconds, as browsers show it."""
    end = share.expires_at.replace(second=0, microsecond=0)
    return {"label": share.label, "expires_at": end, "max_access_count": share.max_access_count}
