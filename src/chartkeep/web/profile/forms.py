"""Forms of the settings page."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ClinicianForm(forms.Form):
    """Say to be a clinician."""

    name = forms.CharField(
        label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    organisation = forms.CharField(
        label=_("Where you work"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
