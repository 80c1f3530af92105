"""Jobs of this app. They carry no plaintext: their arguments and results are numbers."""

from django_tasks import task

from chartkeep.records.flows.purge_trash import purge_trash
from chartkeep.records.flows.sweep import sweep


@task()
def erase_old_trash() -> int:
    """Erase what has been in the trash long enough; gives the number of records. Run it daily."""
    return purge_trash()


@task()
def sweep_storage() -> int:
    """Remove orphans and unfinished uploads; gives their number. Run it daily."""
    report = sweep()
    return report.orphans + report.partial
