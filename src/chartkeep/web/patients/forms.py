"""Forms about patients and who may act for them."""

from django import forms
from django.utils.translation import gettext_lazy as _

_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PatientForm(forms.Form):
    """A patient's name and date of birth."""

    name = forms.CharField(
        label=_("Full name"), max_length=200, error_messages={"required": _("Give the full name.")}
    )
    birth_date = forms.DateField(label=_("Date of birth"), required=False, widget=_DATE)


class NewPatientForm(PatientForm):
    """A patient to add."""

    is_self = forms.TypedChoiceField(
        label=_("Who is it?"),
        choices=[("yes", _("Me")), ("no", _("Somebody I care for: a child, a parent"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Say who it is.")},
    )
    field_order = ("is_self", "name", "birth_date")


class GuardianForm(forms.Form):
    """Let somebody act for a patient."""

    email = forms.EmailField(
        label=_("Their e-mail address"),
        max_length=254,
        help_text=_("They need an account here."),
        error_messages={"required": _("Give their e-mail address.")},
    )
    role = forms.ChoiceField(
        label=_("They may"),
        choices=[
            ("viewer", _("read the record")),
            ("editor", _("read, add and share")),
            ("owner", _("decide everything, like me")),
        ],
        widget=forms.RadioSelect,
        initial="viewer",
    )
    ends_at = forms.DateTimeField(
        label=_("Until"),
        required=False,
        help_text=_("Leave empty for no end. Times are UTC."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
