"""The ids that a request brings along: its own, and that of the trace it is part of (W3C Trace Context, level 1)."""

import re

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{8,64}")
_TRACE_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
LONGEST = 512


def request_id(given: str) -> str:
    """The id that somebody gave a request, where it is fit for a log; else empty."""
    return given if _REQUEST_ID.fullmatch(given) else ""


def trace_id(traceparent: str) -> str:
    """The id of the trace in a `traceparent` header; empty where it is none."""
    found = _TRACE_PARENT.fullmatch(traceparent) if len(traceparent) <= LONGEST else None
    return found[1] if found else ""
