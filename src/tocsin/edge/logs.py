"""
Structured logs: one event per line, JSON for machines and aligned text for a terminal, without secrets.

Whatever is logged, the secrets the logger was made with are hidden in it, in every field and in every traceback.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

HIDDEN = "***"

Log = FilteringBoundLogger


def logger(stream: TextIO, secrets: Sequence[str], *, debug: bool = False) -> Log:
    """A logger that writes to this stream: JSON unless it is a terminal."""
    rendering: Processor = (
        structlog.dev.ConsoleRenderer(
            pad_event_to=24, repr_native_str=True, exception_formatter=structlog.dev.plain_traceback
        )
        if stream.isatty()
        else structlog.processors.JSONRenderer()
    )
    made: Log = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _Hide(secrets),
            rendering,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if debug else logging.INFO),
        cache_logger_on_first_use=True,
    )
    return made


class _Hide:
    """Replaces every secret, longest first, wherever it stands in an event."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = sorted(filter(None, set(secrets)), key=len, reverse=True)

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> Mapping[str, Any]:
        return {name: self._hidden(value) for name, value in event.items()}

    def _hidden(self, value: Any) -> Any:
        if isinstance(value, bool | int | float | None):
            return value
        if isinstance(value, Mapping):
            return {name: self._hidden(item) for name, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._hidden(item) for item in value]
        text = str(value)
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text
