"""What all forms share."""

from django.forms import BaseForm

from chartkeep.lib.errors import InvalidInputError


def tell(form: BaseForm, problem: InvalidInputError) -> None:
    """Put what a flow would not take beside the field it is about, or above the form."""
    field = str(problem.facts.get("field", ""))
    text = str(problem.facts.get("problem", ""))
    text = text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
    form.add_error(field if field in form.fields else None, text)
