"""From an address and the usual variables to a store that obstore speaks to."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

from obstore.exceptions import BaseError, UnknownConfigurationKeyError
from obstore.store import from_url

from chartkeep.storage.base import StorageMisconfigured
from chartkeep.storage.s3 import ObjectStoreBackend
from chartkeep.storage.s3_unfinished import S3Place, sweep_unfinished

_RETRIES: Any = {"max_retries": 4, "retry_timeout": timedelta(seconds=20)}
_CLIENT: dict[str, Any] = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=60)}
_QUERIES: dict[str, set[str]] = {
    "s3": {"endpoint", "region", "path_style", "allow_http", "checksum", "sse", "sse_kms_key_id"},
    "gs": set(),
    "az": {"account", "endpoint", "allow_http"},
}
_FAMILIES = {"s3": "aws_", "gs": "google_", "az": "azure_"}
_ENDPOINTS = ("aws_endpoint_url_s3", "aws_endpoint_url", "aws_endpoint")
_CHECKSUMS = {"sha256", "crc64nvme", "none"}


def open_object_store(url: str, options: Mapping[str, str]) -> ObjectStoreBackend:
    """The store at ``s3://bucket/prefix?…``, ``gs://bucket/prefix`` or ``az://container/prefix?account=…``.

    For S3 the query may say ``endpoint``, ``path_style`` (true by default with an endpoint), ``region``,
    ``checksum`` (sha256 by default, crc64nvme, or none for stores that know neither), ``sse`` and
    ``sse_kms_key_id`` (the store's own encryption, over ours) and ``allow_http``. It wins over ``options``,
    the ``AWS_*``, ``GOOGLE_*`` or ``AZURE_*`` variables; those that are not about storage are passed over.

    Raises:
        StorageMisconfigured: the address makes no sense, or would send data in clear over a network.
    """
    parts = urlsplit(url)
    query = _query(parts)
    place = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    family = _FAMILIES[parts.scheme]
    config = {
        name.lower(): value for name, value in options.items() if value and name.lower().startswith(family)
    }
    config.pop(f"{family}allow_http", None)  # only the address may say so
    if parts.scheme == "s3":
        return _open_s3(parts, query, config, place)
    client = dict(_CLIENT)
    if parts.scheme == "az":
        client["allow_http"] = _azure_config(query, config)
    return ObjectStoreBackend(_built(place, config, client), name=place, sweep=_nothing)


def _open_s3(
    parts: SplitResult, query: Mapping[str, str], config: dict[str, str], place: str
) -> ObjectStoreBackend:
    where = _s3_place(parts, query, config)
    client = _CLIENT | {"allow_http": _plain_http(where.endpoint, query)}
    config["aws_region"] = where.region
    config["aws_virtual_hosted_style_request"] = "false" if where.path_style else "true"
    if where.endpoint:
        # Both names, or a variable of the process would win over the address.
        config["aws_endpoint_url"] = config["aws_endpoint_url_s3"] = _obstore_endpoint(where)
    checksum = query.get("checksum", "sha256").lower()
    if checksum not in _CHECKSUMS:
        raise StorageMisconfigured("STORAGE_URL: checksum is sha256, crc64nvme or none.")
    if checksum != "none":
        config["aws_checksum_algorithm"] = checksum
    if "sse" in query:
        config["aws_server_side_encryption"] = query["sse"]
    if "sse_kms_key_id" in query:
        config["aws_sse_kms_key_id"] = query["sse_kms_key_id"]
    return ObjectStoreBackend(
        _built(place, config, client), name=place, sweep=partial(sweep_unfinished, where)
    )


def _query(parts: SplitResult) -> dict[str, str]:
    example = f"{parts.scheme}://bucket/prefix"
    if not parts.netloc:
        raise StorageMisconfigured(f"STORAGE_URL: name a bucket, as in {example}.")
    if "@" in parts.netloc or parts.fragment:
        raise StorageMisconfigured(
            f"STORAGE_URL: write {example}, and give credentials by variables such as AWS_ACCESS_KEY_ID."
        )
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    known = _QUERIES[parts.scheme]
    for name in query:
        if name not in known:
            choice = ", ".join(sorted(known)) or "nothing"
            raise StorageMisconfigured(f"STORAGE_URL: {name!r} is unknown; behind the ? may stand: {choice}.")
    return query


def _s3_place(parts: SplitResult, query: Mapping[str, str], config: Mapping[str, str]) -> S3Place:
    found = [config[name] for name in _ENDPOINTS if name in config]
    endpoint = (query.get("endpoint") or (found[0] if found else "")).rstrip("/")
    if endpoint and urlsplit(endpoint).scheme not in {"http", "https"}:
        raise StorageMisconfigured("STORAGE_URL: write the endpoint as https://host:port.")
    key, secret = config.get("aws_access_key_id"), config.get("aws_secret_access_key")
    if (key is None) != (secret is None):
        raise StorageMisconfigured("Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither.")
    return S3Place(
        bucket=parts.netloc,
        prefix=parts.path.strip("/"),
        region=query.get("region")
        or config.get("aws_region")
        or config.get("aws_default_region")
        or "us-east-1",
        endpoint=endpoint,
        path_style=_is_true(query, "path_style", default=bool(endpoint)),
        access_key_id=key,
        secret_access_key=secret,
        session_token=config.get("aws_session_token"),
    )


def _obstore_endpoint(where: S3Place) -> str:
    """The endpoint as obstore wants it: with the bucket in its name unless the bucket is in the path."""
    parts = urlsplit(where.endpoint)
    if where.path_style or parts.netloc.startswith(f"{where.bucket}."):
        return where.endpoint
    return urlunsplit(parts._replace(netloc=f"{where.bucket}.{parts.netloc}"))


def _azure_config(query: Mapping[str, str], config: dict[str, str]) -> bool:
    if "account" in query:
        config["azure_storage_account_name"] = query["account"]
    if "endpoint" in query:
        config["azure_storage_endpoint"] = query["endpoint"]
    endpoint = config.get("azure_storage_endpoint") or config.get("azure_endpoint", "")
    return _plain_http(endpoint, query)


def _plain_http(endpoint: str, query: Mapping[str, str]) -> bool:
    parts = urlsplit(endpoint)
    if parts.scheme != "http":
        return False
    if not _is_loopback(parts.hostname or "") and not _is_true(query, "allow_http", default=False):
        raise StorageMisconfigured(
            "STORAGE_URL: the endpoint speaks plain HTTP. Use https://, or add allow_http=true "
            "when the network between is protected."
        )
    return True


def _is_true(query: Mapping[str, str], name: str, *, default: bool) -> bool:
    said = query.get(name, str(default)).lower()
    if said not in {"true", "false"}:
        raise StorageMisconfigured(f"STORAGE_URL: {name} is true or false.")
    return said == "true"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _built(place: str, config: Mapping[str, str], client: Any) -> Any:
    known: Any = {name: value for name, value in config.items() if _is_known(place, name, value)}
    try:
        return from_url(place, config=known, client_options=client, retry_config=_RETRIES)
    except (BaseError, ValueError, TypeError, OSError) as problem:
        raise StorageMisconfigured(f"STORAGE_URL {place}: {str(problem).splitlines()[0]}") from None


def _is_known(place: str, name: str, value: str) -> bool:
    """Whether obstore knows a variable: there are many, such as AWS_PROFILE, that it takes for an error."""
    config: Any = {name: value}
    try:
        from_url(place, config=config)
    except UnknownConfigurationKeyError:
        return False
    except (BaseError, ValueError, TypeError, OSError):
        return True  # known, and wrong or not enough by itself: the whole will tell
    return True


def _nothing(_older_than: timedelta) -> int:
    """Google and Azure drop uncommitted parts by themselves after a week."""
    return 0
