"""RFC 3161 time-stamps: what an authority says existed when, held against the authority's certificates."""

import hashlib
from datetime import datetime

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from rfc3161_client.tsp import PKIStatus

from tocsin.model.errors import InconsistentInput, MalformedInput, SettingError

LARGEST_BYTES = 1 << 16
"""No answer of an authority is longer."""


def request(data: bytes) -> TimeStampRequest:
    """What is sent to an authority: the SHA-256 of the data and a number used once, and that it is to name itself."""
    return TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()


def read_roots(pem: bytes, where: str) -> tuple[Certificate, ...]:
    """The certificates in a PEM file. Raises `SettingError`."""
    try:
        return tuple(load_pem_x509_certificates(pem))
    except ValueError:
        raise SettingError(f"{where}: holds no certificates in PEM") from None


def decoded(response: bytes) -> TimeStampResponse:
    """The answer of an authority that it granted. Raises `MalformedInput`, `InconsistentInput` when it refused."""
    if len(response) > LARGEST_BYTES:
        raise MalformedInput(f"no time-stamp: longer than {LARGEST_BYTES:,} bytes")
    try:
        answer = decode_timestamp_response(response)
        granted = PKIStatus(answer.status) is PKIStatus.GRANTED
    except ValueError as error:
        raise MalformedInput(f"no time-stamp: {str(error)[:100]}") from None
    if not granted:
        raise InconsistentInput(f"the authority refused: {' '.join(answer.status_string)[:200] or answer.status}")
    return answer


def stamped(
    response: bytes, data: bytes, roots: tuple[Certificate, ...], asked: TimeStampRequest | None = None
) -> datetime:
    """
    When an authority that these roots vouch for saw the data; without roots only what it is of is checked.

    With `asked` it must be the answer to this request. Raises `MalformedInput`, `InconsistentInput`.
    """
    answer = decoded(response)
    if asked is not None and answer.tst_info.nonce != asked.nonce:
        raise InconsistentInput("the time-stamp answers another request")
    if answer.tst_info.message_imprint.message != hashlib.sha256(data).digest():
        raise InconsistentInput("the time-stamp is of other bytes")
    if roots:
        _vouched(answer, data, roots)
    return answer.tst_info.gen_time


def _vouched(answer: TimeStampResponse, data: bytes, roots: tuple[Certificate, ...]) -> None:
    building = VerifierBuilder()
    for root in roots:
        building = building.add_root_certificate(root)
    try:
        building.build().verify_message(answer, data)
    except (VerificationError, ValueError) as error:
        raise InconsistentInput(f"the time-stamp is not of an authority that the roots vouch for: {error}") from None
