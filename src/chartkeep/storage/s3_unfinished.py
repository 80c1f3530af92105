"""Multipart uploads that nobody finished: they are invisible, and paid for until they are aborted.

Through boto3, because obstore cannot list them.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chartkeep.storage.s3_errors import told_by_the_store


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where a bucket is and who we are there; without a key boto3 looks for a role, as obstore does."""

    bucket: str
    prefix: str
    region: str
    endpoint: str
    path_style: bool
    access_key_id: str | None
    secret_access_key: str | None = field(repr=False)
    session_token: str | None = field(repr=False)


def sweep_unfinished(place: S3Place, older_than: timedelta) -> int:
    """Abort the unfinished uploads below our prefix that got no part for that long; gives how many.

    Raises:
        StorageError: the store does not answer, or refuses us.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # boto3 is loaded only where it is used

    gone, limit = 0, datetime.now(UTC) - older_than
    below = f"{place.prefix}/" if place.prefix else ""
    client = _client(place)
    try:
        pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=place.bucket, Prefix=below)
        for page in pages:
            for upload in page.get("Uploads", []):
                if upload["Initiated"] <= limit:
                    gone += _abort_unless_moving(client, place.bucket, upload, limit)
    except ClientError as problem:
        status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "")
        code = problem.response.get("Error", {}).get("Code", "")
        raise told_by_the_store(f"s3://{place.bucket}", f"status code: {status} {code}") from None
    except BotoCoreError as problem:
        raise told_by_the_store(f"s3://{place.bucket}", str(problem)) from None
    finally:
        client.close()
    return gone


def _abort_unless_moving(client: Any, bucket: str, upload: Any, limit: datetime) -> int:
    """A large upload over a slow line may be older than the limit and still get parts."""
    place = {"Bucket": bucket, "Key": upload["Key"], "UploadId": upload["UploadId"]}
    try:
        for page in client.get_paginator("list_parts").paginate(**place):
            if any(part["LastModified"] > limit for part in page.get("Parts", [])):
                return 0
        client.abort_multipart_upload(**place)
    except client.exceptions.NoSuchUpload:  # its writer ended in the meantime
        return 0
    return 1


def _client(place: S3Place) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=place.endpoint or None,
        region_name=place.region,
        aws_access_key_id=place.access_key_id,
        aws_secret_access_key=place.secret_access_key,
        aws_session_token=place.session_token,
        config=Config(
            s3={"addressing_style": "path" if place.path_style else "virtual"},
            connect_timeout=5,
            read_timeout=60,
            retries={"total_max_attempts": 3},
        ),
    )
