"""The jobs that the ticker enqueues: what they are, that they run, that they leave nothing behind."""

import signal
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from chartkeep.ops.jobs import give_work

pytestmark = pytest.mark.django_db(transaction=True)
HOURLY = {"chartkeep.ops.jobs.tidy_up", "chartkeep.records.tasks.erase_old_trash"}


@pytest.fixture
def work():
    """Runs what is enqueued, as the worker does; gives what failed."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)}

    def worked():
        call_command("db_worker", "--batch", "--no-startup-delay", "--interval", "0", verbosity=0)
        return [(row.task_path, row.traceback) for row in DBTaskResult.objects.all() if row.traceback]

    yield worked
    for number, handler in kept.items():
        signal.signal(number, handler)


def enqueued():
    return [row.task_path for row in DBTaskResult.objects.all()]


def test_sweeps_the_storage_once_a_day_and_tidies_every_hour():
    for hour in range(25):
        give_work(hour)
    given = enqueued()
    assert given.count("chartkeep.records.tasks.sweep_storage") == 2
    assert {name: given.count(name) for name in HOURLY} == dict.fromkeys(HOURLY, 25)


def test_runs_every_job_without_a_failure(work):
    give_work(0)
    assert work() == []
    assert DBTaskResult.objects.successful().count() == 3


def test_forgets_the_results_of_yesterday(work):
    give_work(0)
    work()
    DBTaskResult.objects.update(finished_at=timezone.now() - timedelta(days=2))
    give_work(1)
    assert work() == []
    assert sorted(enqueued()) == sorted(HOURLY)


def test_may_be_given_the_same_work_by_several_nodes(work):
    for _ in range(3):
        give_work(0)
    assert work() == []
