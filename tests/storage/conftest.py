"""The stores that the contract is held against: memory, a directory, and S3 on a server of our own."""

import pytest
from tests.services.seaweed import seaweed

from chartkeep.storage.factory import open_store


@pytest.fixture(scope="session")
def s3_service(tmp_path_factory):
    """One SeaweedFS for the whole run."""
    with seaweed(tmp_path_factory.mktemp("s3")) as service:
        yield service


@pytest.fixture
def s3_store(s3_service):
    """An empty store on it."""
    return open_store(s3_service.url(), options=s3_service.options)


@pytest.fixture
def local_store(tmp_path):
    return open_store((tmp_path / "store").as_uri())


@pytest.fixture
def memory_store():
    return open_store("memory:")


@pytest.fixture(
    params=["memory", "local", pytest.param("s3", marks=[pytest.mark.services, pytest.mark.slow])]
)
def store(request):
    """Each kind of store, empty."""
    return request.getfixturevalue(f"{request.param}_store")
