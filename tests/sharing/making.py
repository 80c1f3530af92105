"""Shares for the tests of this folder, made, opened and aged."""

import threading
from datetime import timedelta

from django.db import connection

from chartkeep.audit.queries import entries_for_patient
from chartkeep.keyring.vaults import vault_of
from chartkeep.lib.actor import Actor, Origin
from chartkeep.lib.clock import database_now
from chartkeep.sharing.details import ShareRequest
from chartkeep.sharing.flows import create
from chartkeep.sharing.models import Share, ViewerSession

ANYBODY = Actor.anonymous(Origin(address="198.51.100.9", user_agent="Safari", face="web"))
KEY = "made-up-by-a-client"


def make_share(person, patient, records, **facts):
    """Share records of a patient as ``person``: a ``ShareView``."""
    ids = tuple(record.id for record in records)
    wanted = ShareRequest(patient=patient.id, **({"record_ids": ids} | facts))
    return create.create(actor=person.actor, request=wanted)


def secret_of(link: str) -> dict[str, str]:
    """What a page posts of the link that it was opened with."""
    address, _, secret = link.partition("#")
    return {"token" if address.endswith("/q") else "token_id": secret}


def row_of(made) -> Share:
    return Share.objects.get(uuid=made.id)


def shift_sessions(made, by: timedelta) -> None:
    """Move the viewer sessions of a share into the past."""
    for session in ViewerSession.objects.filter(share_id=made.id):
        session.created_at -= by
        session.expires_at -= by
        session.save()


def issue_in_the_past(monkeypatch, by: timedelta) -> None:
    """From now on shares are made as if the database's clock had been behind: token and row agree."""
    monkeypatch.setattr(create, "database_now", lambda: database_now() - by)


def log_of(patient, tag: str = "share:") -> list:
    """The entries of a patient's log whose tag begins so, oldest first."""
    page = entries_for_patient(patient.id, sealer=vault_of(patient.id).fields, limit=500)
    return [entry for entry in reversed(page.items) if entry.tag.startswith(tag)]


def refusals_of(patient) -> list[str]:
    """The true reasons of the refusals in a patient's log, oldest first."""
    return [entry.reason for entry in log_of(patient, "share:redeem") if entry.outcome == "refused"]


def together(works) -> list:
    """Run all works in threads that start at once; gives what each returned or raised."""
    works = list(works)
    results, start = [None] * len(works), threading.Barrier(len(works))

    def run(place, work):
        try:
            start.wait()
            results[place] = work()
        except Exception as problem:
            results[place] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
