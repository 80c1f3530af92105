"""Forms about records."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chartkeep.records.details import RecordDetails, RecordView
from chartkeep.records.errors import in_words

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
        label=_("Date of the document"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Give the date of the document."), "invalid": _("Give a date.")},
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
        data = {name: value for name, value in self.cleaned_data.items() if name != "file"}
        tags = tuple(tag.strip() for tag in data.pop("tags").split(",") if tag.strip())
        return RecordDetails(tags=tags, **data)

    def changes(self) -> dict[str, Any]:
        """The same as keyword arguments of ``flows.edit``."""
        details = self.details()
        return {name: getattr(details, name) for name in self.fields}


class SealedFileField(forms.Field):
    """A file to choose. It never reaches the form: it is sealed while the request is read."""

    widget = forms.FileInput

    def clean(self, value: object) -> None:
        """Nothing to look at."""


class NewRecordForm(RecordForm):
    """A record to add: its file, and what can be said of it."""

    file = SealedFileField(label=_("File or photo"))
    field_order = ("file",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hint = gettext("Any kind, up to {most}. On a phone you can take a photo.")
        self.fields["file"].help_text = hint.format(most=in_words(settings.MAX_UPLOAD_SIZE))


def initial_of(record: RecordView) -> dict[str, Any]:
    """What the form of a record shows at first."""
    plain = {name: getattr(record, name) for name in RecordForm.base_fields if name != "tags"}
    return plain | {"tags": ", ".join(record.tags)}
