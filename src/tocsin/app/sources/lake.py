"""A Parquet lake as pieces: ranges of blocks that the same datasets cover."""

from collections.abc import Iterator
from pathlib import Path

from tocsin.app.sources.piece import Batch, Piece, Request, Unreadable
from tocsin.chain.catalogue import derived
from tocsin.edge import lake
from tocsin.edge.lake import Span
from tocsin.edge.lake_search import block_of
from tocsin.model.errors import InputError, SourceError
from tocsin.model.lookups import Answers

NOUN = "block"
HASH_CHARACTERS = 66


def units(request: Request) -> int:
    """How many blocks there are. Raises `SourceError`, `InputError`."""
    return sum(map(_blocks, _spans(request)))


def pieces(request: Request) -> Iterator[Piece]:
    """The ranges, lowest first. Raises `SourceError`, `InputError` when the files do not make a lake."""
    for span in _spans(request):
        source = f"{request.source} blocks {span.first} to {span.last}"
        try:
            raw = lake.read(span, request.chain_id)
        except (InputError, SourceError) as error:
            yield Unreadable(source=source, units=_blocks(span), error=error)
        else:
            yield Batch(source=source, units=_blocks(span), tables=derived(raw), ask=_nobody)


def _spans(request: Request) -> list[Span]:
    directory = Path(request.source)
    if len(request.mentioning) != HASH_CHARACTERS:
        return lake.spans(directory, request.first_block, request.last_block)
    number = block_of(directory, bytes.fromhex(request.mentioning[2:]))
    return [] if number is None else lake.spans(directory, number, number)


def _blocks(span: Span) -> int:
    return span.last - span.first + 1


def _nobody(_lookups: object) -> Answers:
    """Files hold no state: every question stays unanswered."""
    return {}
