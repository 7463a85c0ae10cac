"""What an estate leaves open is noted before the night it is needed."""

from estates import ACME, BEN
from tocsin.respond.estate.addresses import checksummed
from tocsin.respond.estate.gaps import gaps
from tocsin.respond.estate.reading import parse


def told(text: str) -> dict[tuple[str, str], str]:
    return {(each.asset, each.what): each.says for each in gaps(parse(text, "estate.toml"))}


def test_an_estate_says_who_can_do_what_and_is_reached() -> None:
    assert told(ACME) == {("guardian", "contain"): "is high, and nobody is named who can contain it"}


def test_a_signer_whom_nobody_knows_is_noted() -> None:
    found = told(ACME.replace(f'addresses = ["{BEN}"]\n', ""))

    assert found["guardian", "signers"] == f"nobody here signs with {checksummed(BEN)}: list the address at its person"


def test_who_cannot_be_reached_is_noted() -> None:
    start, end = ACME.index("contacts = ["), ACME.index("]\n", ACME.index("urgent_only"))
    found = told(ACME[:start] + ACME[end + 2 :])

    assert found["vault", "owner"] == "nobody of its owner, Protocol team, can be reached: no contacts"
    assert found["front-end", "contain"] == "Ada Lovelace is to contain it and cannot be reached: no contacts"
