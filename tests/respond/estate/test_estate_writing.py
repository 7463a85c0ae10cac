"""An estate written as TOML is the same estate when it is read again."""

import json
import string

from hypothesis import given
from hypothesis import strategies as st

from estates import ACME
from tocsin.respond.estate.estate import HOWS, Asset, AssetKind, Containment, Criticality, Expected, Organisation, Team
from tocsin.respond.estate.links import Item, joined, kind_of, listed
from tocsin.respond.estate.reading import item, parse
from tocsin.respond.estate.writing import plain, to_toml
from tocsin.respond.people import Contact, Person

LINES = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=40)
NOTES = st.text(st.characters(categories=("L", "N", "P", "S"), include_characters=" \n\t"), max_size=40)
ADDRESSES = st.text(string.hexdigits[:16], min_size=40, max_size=40).map("0x{}".format)
SOME_ADDRESSES = st.none() | st.lists(ADDRESSES, max_size=3, unique=True).map(tuple)
SECONDS = st.integers(0, 100_000)
CHAINS = st.integers(1, 2**63 - 1)

PEOPLE = st.builds(
    Person,
    id=st.just("ada"),
    name=LINES,
    time_zone=st.sampled_from(("UTC", "Europe/Zurich")),
    clearance=st.sampled_from(("amber", "red", "amber+strict")),
    contacts=st.lists(
        st.builds(
            Contact,
            channel=st.just("telegram"),
            address=LINES,
            after_seconds=SECONDS,
            is_for_urgent_only=st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    addresses=st.lists(ADDRESSES, max_size=2).map(tuple),
)
WAYS = st.builds(
    Containment,
    how=st.sampled_from(sorted(HOWS)),
    by=st.just("ada"),
    call=st.sampled_from(("", "pause()", "pause(uint256,(address,bool)[])")),
    on=st.sampled_from(("", "safe")),
    takes_seconds=st.none() | SECONDS,
    note=NOTES,
    asset=st.just("safe"),
)
SAFES = st.builds(
    Asset,
    id=st.just("safe"),
    kind=st.just(AssetKind.SAFE),
    name=LINES,
    owner=st.just("crew"),
    criticality=st.sampled_from(Criticality),
    chain_id=CHAINS,
    address=ADDRESSES,
    depends_on=st.sampled_from(((), ("safe",))),
    containment=st.lists(WAYS, max_size=2).map(tuple),
    holds=st.lists(st.just("native") | ADDRESSES, max_size=2).map(tuple),
    expected=st.builds(
        Expected,
        implementation=st.none() | ADDRESSES,
        threshold=st.none() | st.just(1),
        signers=st.none() | st.lists(ADDRESSES, min_size=1, max_size=3).map(tuple),
        modules=SOME_ADDRESSES,
        guard=st.none() | ADDRESSES,
    ),
    note=NOTES,
)


@given(PEOPLE, LINES, SAFES, NOTES)
def test_what_is_written_is_read_as_it_was(ada: Person, name: str, safe: Asset, note: str) -> None:
    crew = Team(id="crew", name=name, members=("ada",), lead="ada")
    estate = joined((ada, crew, safe, Organisation(id="acme", name=name, note=note)), "made")

    assert parse(to_toml(estate), "estate.toml") == estate


def test_an_estate_that_people_wrote_is_read_as_it_was() -> None:
    estate = parse(ACME, "estate.toml")

    assert parse(to_toml(estate), "estate.toml") == estate


@given(PEOPLE | SAFES)
def test_an_item_goes_through_json(one: Item) -> None:
    assert item(kind_of(one), json.loads(json.dumps(plain(one))), "request") == one


def test_what_an_estate_is_joined_of_is_all_of_it() -> None:
    estate = parse(ACME, "estate.toml")

    assert joined(listed(estate), "made") == estate
