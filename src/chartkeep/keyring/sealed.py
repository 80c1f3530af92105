"""Sealed columns: text that is bound to its row and opened by an explicit call."""

from django.db import models

from chartkeep.lib.sealing import FieldSealer


def write(row: models.Model, column: str, text: str, sealer: FieldSealer) -> None:
    """Seal ``text`` into a column of ``row`` (not saved here). Empty text leaves a nullable column null."""
    field = row._meta.get_field(column)
    if not text and field.null:
        setattr(row, column, None)
        return
    table = row._meta.db_table
    setattr(row, column, sealer.seal(text.encode(), table=table, column=column, row=row.pk))


def read(row: models.Model, column: str, sealer: FieldSealer) -> str:
    """The text of a sealed column; empty when it is null.

    Raises:
        CiphertextError: the value was changed, or belongs to another row, column or owner.
    """
    sealed = getattr(row, column)
    if sealed is None:
        return ""
    table = row._meta.db_table
    return sealer.open(bytes(sealed), table=table, column=column, row=row.pk).decode()
