"""Asking tokens what they are called: which of them, and what they claim."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tocsin.app.pipeline import Ask
from tocsin.chain.token_claims import Claim, claims, questions
from tocsin.chain.tokens import token
from tocsin.model.errors import InputError, RemoteError
from tocsin.model.finding import Finding, Place, hexadecimal
from tocsin.model.lookups import Lookup
from tocsin.tables.columns import NATIVE
from tocsin.tables.dataset import Tables

MOST_ASKED = 100
"""Tokens asked about one transaction, in the order they appear; who moves more than these gets base units."""
_SPEAK_OF_TOKENS = ("transfers", "approvals", "swaps", "flash_loans")
_COLUMN = re.compile(r"token[a-z0-9_]*_address")
_VALUE = re.compile(r"tokens?")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")


def mentioned(sections: Mapping[str, Sequence[Mapping[str, Any]] | None], findings: Iterable[Finding]) -> list[str]:
    """The tokens that rows and findings speak of, each once."""
    return list(dict.fromkeys([*_in_rows(sections), *_in_findings(findings)]))


def _in_rows(sections: Mapping[str, Sequence[Mapping[str, Any]] | None]) -> Iterator[str]:
    for rows in sections.values():
        columns = [name for name in rows[0] if _COLUMN.search(name)] if rows else []
        yield from (row[name] for row in rows or () for name in columns if row[name] is not None)


def moved(tables: Tables) -> list[str]:
    """The tokens that a whole batch speaks of, each once."""
    columns = [tables[name][column] for name in _SPEAK_OF_TOKENS if name in tables for column in tables[name].columns]
    told = [column.drop_nulls().unique() for column in columns if _COLUMN.search(column.name)]
    return sorted({f"0x{address.hex()}" for column in told for address in column})


def _in_findings(findings: Iterable[Finding]) -> Iterator[str]:
    for finding in findings:
        named = [value for name, value in finding.values.items() if _VALUE.search(name)]
        told = [each for value in named for each in ([value] if isinstance(value, str | int) else value)]
        told += [entity.address for entity in finding.entities if entity.role.endswith("token")]
        yield from (each for each in told if isinstance(each, str) and _ADDRESS.fullmatch(each))


def unknown(addresses: Iterable[str], chain_id: int) -> list[str]:
    """Those of the tokens that are contracts and not well known."""
    own = hexadecimal(NATIVE)
    return [each for each in addresses if each != own and token(chain_id, bytes.fromhex(each[2:])) is None]


def asking(addresses: Iterable[str], *, block_number: int, chain_id: int) -> list[Lookup]:
    """What to ask these tokens."""
    return [q for each in addresses for q in questions(each, block_number=block_number, chain_id=chain_id)]


def asked(addresses: Iterable[str], place: Place, ask: Ask) -> Mapping[str, Claim]:
    """What these tokens say of themselves after the block of a transaction; nothing where nobody can answer."""
    if place.block_number is None or not (chosen := unknown(addresses, place.chain_id)[:MOST_ASKED]):
        return {}
    number, chain_id = place.block_number, place.chain_id
    try:
        answers = ask(asking(chosen, block_number=number, chain_id=chain_id))
    except (RemoteError, InputError):
        return {}  # a name is a convenience: base units are told without one
    return claims(chosen, answers, block_number=number, chain_id=chain_id)
