"""Planted strings are found nowhere outside the process: not in storage, database, temporary files or logs."""

import base64
import io
import logging
import os
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from tests.cast import make_patient, make_person

from chartkeep.records.details import RecordDetails
from chartkeep.records.errors import BodyIncompleteError, ChartkeepError
from chartkeep.records.flows.edit import edit
from chartkeep.records.flows.purge_trash import purge_trash
from chartkeep.records.flows.read import read
from chartkeep.records.flows.receive import receive
from chartkeep.records.flows.replace import replace
from chartkeep.records.flows.sweep import sweep
from chartkeep.records.flows.trash import trash
from chartkeep.records.flows.upload import upload
from chartkeep.records.queries import list_records

CANARIES = {
    name: f"CANARY{name}Xq7vLm29Tz"
    for name in (
        "Body",
        "File",
        "Title",
        "Notes",
        "Tag",
        "Provider",
        "Patient",
        "Edited",
        "Newer",
        "Broken",
        "Search",
    )
}


def forms(text: str) -> list[bytes]:
    """A text as it might lie about: UTF-8, UTF-16 either way, hex, and base64 at each of the three offsets."""
    plain = text.encode()
    encoded = [base64.b64encode(b"\x00" * shift + plain)[(0, 4, 4)[shift] : -4] for shift in range(3)]
    return [plain, text.encode("utf-16-le"), text.encode("utf-16-be"), plain.hex().encode(), *encoded]


def found_in(data: bytes) -> set[str]:
    lowered = data.lower()
    return {
        name
        for name, text in CANARIES.items()
        if any(form in data for form in forms(text)) or text.lower().encode() in lowered
    }


def files_below(*folders: Path) -> dict[str, set[str]]:
    found = {
        str(path): found_in(path.read_bytes()) | found_in(path.name.encode())
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert found
    return found


def rows_of_all_tables() -> bytes:
    with connection.cursor() as cursor:
        parts = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute("SELECT * FROM " + connection.ops.quote_name(table))  # noqa: S608 - our own tables
            for row in cursor.fetchall():
                parts += [
                    bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    for value in row
                ]
    return b"\n".join(parts)


@pytest.mark.parametrize("form", range(7))
def test_would_be_found_in_every_form(tmp_path, form):
    for name, text in CANARIES.items():
        (tmp_path / name).write_bytes(b"\x01\x02" + forms(text)[form] + b"\xff")
    found = files_below(tmp_path)
    assert set.union(*found.values()) == set(CANARIES)


class Body(io.BytesIO):
    """Breaks off at its end when told to."""

    def __init__(self, canary: str, *, breaks: bool = False) -> None:
        super().__init__(b"%PDF-1.7\n" + CANARIES[canary].encode() * 200_000)
        self.breaks = breaks

    def read(self, size=-1):
        data = super().read(size)
        if not data and self.breaks:
            raise ConnectionResetError
        return data


def live_through_everything(alice, patient):
    said = RecordDetails(
        title=CANARIES["Title"],
        provider=CANARIES["Provider"],
        tags=(CANARIES["Tag"],),
        notes=CANARIES["Notes"],
    )
    name = CANARIES["File"] + ".pdf"

    def put(body):
        return upload(actor=alice.actor, patient=patient.id, content=body, file_name=name, details=said)

    record = put(Body("Body"))
    edit(actor=alice.actor, record=record.id, notes=CANARIES["Edited"], title=CANARIES["Edited"])
    replace(actor=alice.actor, record=record.id, content=Body("Newer"), file_name=name)
    for _ in read(actor=alice.actor, record=record.id).stream:
        pass
    assert len(list_records(actor=alice.actor, patient=patient.id, text=CANARIES["Edited"]).items) == 1
    assert not list_records(actor=alice.actor, patient=patient.id, text=CANARIES["Search"]).items
    with pytest.raises(BodyIncompleteError):
        put(Body("Broken", breaks=True))
    for wrong in ({"category": CANARIES["Search"]}, {"title": CANARIES["Search"] + "\x00"}):
        with pytest.raises(ChartkeepError) as refusal:
            edit(actor=alice.actor, record=record.id, **wrong)
        logging.getLogger("chartkeep").error("refused: %s %s", refusal.value, refusal.value.facts)
    trash(actor=alice.actor, record=put(Body("Body")).id)
    return record


def test_are_found_nowhere(transactional_db, storage, tmp_path, monkeypatch, caplog, capfd):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (scratch / "witness").write_text("this folder is looked at")
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    caplog.set_level(logging.DEBUG)
    alice = make_person("alice")
    patient = make_patient(alice, CANARIES["Patient"])
    live_through_everything(alice, patient)
    half = receive(actor=alice.actor, patient=patient.id)  # as a crash leaves it
    half.write(Body("Broken").getvalue())
    database = Path(os.environ["DATA_DIR"])
    found = files_below(storage, scratch, database)
    assert {path: names for path, names in found.items() if names} == {}
    assert found_in(rows_of_all_tables()) == set()
    half.abort()
    sweep(older_than=timedelta(seconds=-5))
    purge_trash()
    said = caplog.text.encode() + "".join(capfd.readouterr()).encode()
    assert found_in(said) == set()
    if connection.vendor == "sqlite":
        assert any(path.endswith(".sqlite3") for path in found)
        assert any(path.endswith("-wal") for path in found)
