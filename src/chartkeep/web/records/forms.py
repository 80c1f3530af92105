"""Forms about records."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chartkeep.records.details import RecordDetails, RecordView

CATEGORIES = [
    ("lab_result", _("Lab result")),
    ("imaging", _("Imaging")),
    ("prescription", _("Prescription")),
    ("visit_note", _("Visit note")),
    ("discharge_letter", _("Discharge letter")),
    ("vaccination", _("Vaccination")),
    ("referral", _("Referral")),
    ("insurance", _("Insurance")),
    ("other", _("Other")),
]


class RecordForm(forms.Form):
    """What can be said of a record."""

    title = forms.CharField(
        label=_("Title"),
        required=False,
        max_length=200,
        help_text=_("Left empty, it is taken from the file's name."),
    )
    category = forms.ChoiceField(label=_("Kind"), choices=CATEGORIES, initial="other")
    service_date = forms.DateField(
        label=_("Date of the document"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    provider = forms.CharField(label=_("Doctor, laboratory or hospital"), required=False, max_length=200)
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=1000,
        help_text=_("Words to find it by, with commas between."),
    )
    notes = forms.CharField(label=_("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def details(self) -> RecordDetails:
        """The cleaned data as the domain takes them."""
        data = dict(self.cleaned_data)
        tags = tuple(tag.strip() for tag in data.pop("tags").split(",") if tag.strip())
        return RecordDetails(tags=tags, **data)

    def changes(self) -> dict[str, Any]:
        """The same as keyword arguments of ``flows.edit``."""
        details = self.details()
        return {name: getattr(details, name) for name in self.fields}


def initial_of(record: RecordView) -> dict[str, Any]:
    """What the form of a record shows at first."""
    plain = {name: getattr(record, name) for name in RecordForm.base_fields if name != "tags"}
    return plain | {"tags": ", ".join(record.tags)}
