"""
What is piped or pasted into the program.

A terminal hands over what is typed line by line, and a line of more than 4 095 bytes is cut. A trace is one line of
many more: so a terminal is read byte by byte, until Ctrl-D.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from tocsin.chain.codecs.recording import SIZE_LIMIT
from tocsin.model.errors import MalformedInput, SourceError

NAME = "standard input"
END = b"\x04"
"""Ctrl-D."""
_CHUNK = 1 << 16


def is_typed() -> bool:
    """Whether somebody sits there and types or pastes."""
    return sys.stdin is not None and sys.stdin.isatty()


@cache
def read() -> bytes:
    """
    All of it; what was read once is read again.

    Raises `SourceError` where there is none and `MalformedInput` for more than a recording may have.
    """
    if sys.stdin is None:
        raise SourceError(f"{NAME}: there is none; name a file")
    try:
        descriptor = sys.stdin.fileno()
        with _unbuffered(descriptor):
            return _all(descriptor, until=END if os.isatty(descriptor) else b"")
    except OSError as error:
        raise SourceError(f"{NAME}: cannot be read: {error.strerror or error}") from error


def _all(descriptor: int, until: bytes) -> bytes:
    parts, size = [], 0
    while chunk := os.read(descriptor, _CHUNK):
        end = chunk.find(until) if until else -1
        parts.append(chunk if end < 0 else chunk[:end])
        size += len(parts[-1])
        if size > SIZE_LIMIT:
            raise MalformedInput(f"{NAME}: more than {SIZE_LIMIT} bytes; that is no recording")
        if end >= 0:
            break
    return b"".join(parts)


@contextmanager
def _unbuffered(descriptor: int) -> Iterator[None]:
    """A terminal, handing over bytes as they come and not showing them: a paste of megabytes would scroll by."""
    try:
        import termios  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        yield
        return
    if not os.isatty(descriptor):
        yield
        return
    before = termios.tcgetattr(descriptor)
    changed = termios.tcgetattr(descriptor)
    changed[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(descriptor, termios.TCSADRAIN, changed)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
