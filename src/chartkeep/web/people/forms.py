"""Forms for administrators."""

from django import forms
from django.utils.translation import gettext_lazy as _


class InviteForm(forms.Form):
    """Invite somebody."""

    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        max_length=254,
        help_text=_("If you give one, the link works for this address only."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    makes_clinician = forms.BooleanField(label=_("They are a clinician; I have checked it"), required=False)
    makes_administrator = forms.BooleanField(label=_("They may run this Chartkeep"), required=False)
    by_mail = forms.BooleanField(label=_("Send the link by e-mail"), required=False)
