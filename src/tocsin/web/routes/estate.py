"""
The estate: what is protected, whose it is, what hangs on what, and who can contain it.

Items are assets, people, teams and organisations, with the fields that their tables have in estate.toml. What is put
here stands beside the file, and in place of what the file says of the same id. How people are reached is told to those
alone who may change it.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from tocsin.app.desk import Desk
from tocsin.app.estate import estate as app
from tocsin.model.errors import Unacceptable
from tocsin.respond.estate.addresses import is_address
from tocsin.respond.estate.impact import impact
from tocsin.respond.estate.value import Holding
from tocsin.respond.estate.writing import plain, to_toml
from tocsin.web.asking import DESK, EXPECTED, PAGE, Caller, Listing, Page, needs, tag
from tocsin.web.resource import Resource

router = APIRouter(prefix="/estate")

READ, WRITE = "estate:read", "estate:write"
Id = Annotated[str, Field(max_length=60)]
Line = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=2_000)]
Ids = Annotated[list[Id], Field(max_length=10_000)]
Address = Annotated[str, Field(max_length=42, description="0x and 40 hexadecimal digits.")]
Addresses = Annotated[list[Address], Field(max_length=10_000)]
Kind = Literal[
    "organisation",
    "person",
    "team",
    "contract",
    "wallet",
    "safe",
    "bridge",
    "pool",
    "token",
    "oracle",
    "node",
    "host",
    "application",
]


class Strict(BaseModel):
    """A body in which nothing is unknown."""

    model_config = ConfigDict(extra="forbid")


class Contact(Strict):
    """One way to reach a person."""

    channel: Annotated[str, Field(max_length=40)]
    address: Line
    after_seconds: int | None = None
    urgent_only: bool | None = None


class Containment(Strict):
    """One way to keep an asset from further harm."""

    how: Annotated[str, Field(max_length=40)]
    by: Id
    call: Line | None = None
    on: Id | None = None
    takes_seconds: int | None = None
    note: Text | None = None


class Expected(Strict):
    """What a chain should say of an asset."""

    code_hash: Annotated[str, Field(max_length=66)] | None = None
    implementation: Address | None = None
    beacon: Address | None = None
    admin: Address | None = None
    owner: Address | None = None
    threshold: int | None = None
    signers: Addresses | None = None
    modules: Addresses | None = None
    guard: Address | None = None
    symbol: Line | None = None
    decimals: int | None = None
    description: Line | None = None
    most_seconds_old: int | None = None


class Fields(Strict):
    """The fields of an item; docs/estate.md says which kind has which."""

    kind: Kind
    name: Line | None = None
    note: Text | None = None
    owner: Id | None = None
    criticality: Literal["low", "medium", "high", "critical"] | None = None
    chain_id: int | None = None
    address: Address | None = None
    url: Text | None = None
    depends_on: Ids | None = None
    holds: Ids | None = None
    contain: Annotated[list[Containment], Field(max_length=1_000)] | None = None
    expects: Expected | None = None
    runbook: Text | None = None
    time_zone: Line | None = None
    clearance: Annotated[str, Field(max_length=20)] | None = None
    contacts: Annotated[list[Contact], Field(max_length=100)] | None = None
    addresses: Addresses | None = None
    members: Ids | None = None
    lead: Id | None = None


class Held(BaseModel):
    """What an asset held of one token when it was last counted."""

    token: Annotated[str, Field(description="native, or the address of the token.")]
    symbol: Annotated[str, Field(description="As the token calls itself: untrusted.")]
    decimals: int | None
    amount: Annotated[str, Field(description="In base units, a decimal string.")]
    block_number: int
    read_at: float


class Item(Fields):
    """An item of the estate."""

    id: str
    version: Annotated[int, Field(description="How often it was changed beside the file.")]
    changed_at: float | None
    changed_by: str
    holdings: list[Held] = []


class Touched(BaseModel):
    """What of the estate something touches."""

    directly: Annotated[list[str], Field(description="Ids of assets, the worst first.")]
    depending: Annotated[list[str], Field(description="Ids of the assets that hang on those, the nearest first.")]
    criticality: str | None
    owners: list[str]
    says: Annotated[list[str], Field(description="The same in plain words, and who can contain it.")]


@router.get("/items")
def find(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(READ)],
    page: Annotated[Page, PAGE],
    kind: Annotated[Kind | None, Query(description="Only of this kind.")] = None,
) -> Listing[Item]:
    """The items of the estate, by id."""
    held, after = app.holdings_now(desk), page.cursor
    every = (each for each in app.listing(desk) if each.item.id > after and kind in (None, each.kind))
    found = sorted(every, key=lambda each: each.item.id)[: page.fetch]
    return page.listing([_item(each, held, caller) for each in found], lambda item: item.id)


@router.get("/items/{item}")
def one(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(READ)], item: Id, response: Response) -> Item:
    """One item. Its ETag is its version."""
    found = app.one(desk, item)
    tag(response, found.version)
    return _item(found, app.holdings_now(desk), caller)


@router.put("/items/{item}")
def put(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(WRITE)],
    item: Id,
    body: Fields,
    response: Response,
    expected: Annotated[int | None, EXPECTED],
) -> Item:
    """Add an item, or put it in place of the one with this id. With `If-Match` only of the version that was seen."""
    fields = {**body.model_dump(exclude_none=True, exclude={"kind"}), "id": item}
    written = app.put(desk, caller.actor, kind=body.kind, content=fields, expected=expected)
    tag(response, written.version)
    return _item(written, (), caller)


@router.delete("/items/{item}", status_code=204)
def remove(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(WRITE)],
    item: Id,
    expected: Annotated[int | None, EXPECTED],
) -> None:
    """Take an item out of the estate; refused (409) where another names it."""
    app.remove(desk, caller.actor, item=item, expected=expected)


@router.get("/hit")
def hit(
    desk: Annotated[Desk, DESK],
    _caller: Annotated[Caller, needs(READ)],
    address: Annotated[list[str], Query(max_length=100, description="Addresses that something happened to.")],
    chain_id: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="On this chain; else on any.")] = None,
) -> Touched:
    """What of the estate is at these addresses, what hangs on it, and who can contain it."""
    if not all(map(is_address, address)):
        raise Unacceptable("address: an address is 0x and 40 hexadecimal digits")
    estate = app.estate_now(desk)
    found = estate.hit((chain_id, each) for each in address)
    return Touched(
        directly=[asset.id for asset in found.directly],
        depending=[asset.id for asset in found.depending],
        criticality=found.criticality,
        owners=list(found.owners),
        says=list(impact(estate, found, app.holdings_now(desk))),
    )


@router.get("/file", response_class=PlainTextResponse)
def file(desk: Annotated[Desk, DESK], _caller: Annotated[Caller, needs(WRITE)]) -> str:
    """The estate as it is now, as its TOML file."""
    return to_toml(app.estate_now(desk))


def _item(found: app.Listed, holdings: tuple[Holding, ...], caller: Caller) -> Item:
    fields: dict[str, Any] = plain(found.item)
    if not caller.may(WRITE):
        fields.pop("contacts", None)
    mine = (each for each in holdings if each.asset == found.item.id)
    return Item(
        kind=found.kind,  # type: ignore[arg-type] # the estate has no other kinds
        version=found.version,
        changed_at=found.changed_at,
        changed_by=found.changed_by,
        holdings=[Held(**{**asdict(each), "amount": str(each.amount)}) for each in mine],
        **fields,
    )


resource = Resource(id="estate", router=router)
