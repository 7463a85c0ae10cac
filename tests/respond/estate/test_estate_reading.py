"""Reading an estate: what it gives, and how it says what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estates import ACME, ADA, BEN, VAULT
from tocsin.model.errors import EstateError
from tocsin.respond.estate.addresses import checksummed, is_mistyped
from tocsin.respond.estate.estate import EMPTY, AssetKind, Criticality
from tocsin.respond.estate.reading import item, parse
from tocsin.respond.people import Contact

ONE = f"""
[[organisation]]
id = "acme"
name = "Acme"
[[contract]]
id = "vault"
owner = "acme"
criticality = "high"
chain_id = 1
address = "{VAULT}"
"""


def test_everything_that_is_written_is_there() -> None:
    estate = parse(ACME, "estate.toml")

    vault = estate.assets["vault"]
    assert (vault.kind, vault.name, vault.owner) == (AssetKind.CONTRACT, "Vault", "protocol")
    assert (vault.criticality, vault.place) == (Criticality.CRITICAL, (1, VAULT))
    assert [(way.how, way.by, way.call, way.takes_seconds, way.asset) for way in vault.containment] == [
        ("pause", "guardian", "pause()", 600, "vault"),
        ("move_funds", "protocol", "", None, "vault"),
    ]
    assert estate.assets["guardian"].expected.given == {"threshold": 1, "signers": (ADA, BEN), "modules": ()}
    assert estate.people["ada"].contacts == (
        Contact(channel="telegram", address="12345"),
        Contact(channel="voice", address="+4412345", after_seconds=120, is_for_urgent_only=True),
    )
    assert (estate.people["ada"].clearance, estate.people["ben"].clearance) == ("red", "amber")
    assert [person.id for person in estate.members("protocol")] == ["ben", "ada"], "the lead is first"


def test_no_text_is_an_empty_estate() -> None:
    assert parse("", "estate.toml") == EMPTY


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("[[contract]]", "[[contrat]]"), "estate.toml: there is no table 'contrat'; did you mean 'contract'?"),
        (("[[contract]]", "[contract]"), "estate.toml: write [[contract]]"),
        (
            ("criticality", "critcality"),
            "[[contract]] vault: there is no field 'critcality'; did you mean 'criticality'",
        ),
        (('"high"', '"hihg"'), "[[contract]] vault: criticality is 'hihg'; did you mean 'high'"),
        (
            ('owner = "acme"', 'owner = "acm"'),
            "vault: owner names 'acm', which is no organisation, team or person here; ",
        ),
        (('owner = "acme"', 'owner = "vault"'), "which is no organisation, team or person here"),
        (('owner = "acme"\n', ""), "[[contract]] vault: owner is missing"),
        (("chain_id = 1", "chain_id = 0"), "vault: chain_id is '0'; it is a whole number from 1"),
        (("chain_id = 1", "chain_id = true"), "vault: chain_id is 'True'; it is a whole number"),
        ((VAULT, VAULT[:-1]), "an address is 0x and 40 hexadecimal digits"),
        (('id = "vault"', 'id = "Vault"'), "an id is 1 to 60 lower-case letters"),
        (('id = "vault"', 'id = "acme"'), "[[contract]] acme: the id is taken"),
        (('id = "vault"\n', ""), "[[contract]] number 1: id is missing"),
        (
            ("chain_id = 1", 'chain_id = 1\ndepends_on = ["orcale"]'),
            "depends_on names 'orcale', which is no asset here",
        ),
        (("chain_id = 1", 'chain_id = 1\ncontain = [{how = "pase", by = "acme"}]'), "did you mean 'pause'"),
        (("chain_id = 1", 'chain_id = 1\ncontain = [{how = "pause", by = "acmee"}]'), "contain: by names 'acmee'"),
        (("chain_id = 1", 'chain_id = 1\ncontain = [{how = "pause", by = "acme", call = "pause"}]'), "such as pause()"),
        (("chain_id = 1", 'chain_id = 1\nholds = ["acm"]'), "holds names 'acm', which is no token of the same chain"),
        (("chain_id = 1", "chain_id = 1\nexpects = {threshold = 1}"), "expects: there is no field 'threshold'"),
        (("chain_id = 1", 'chain_id = 1\nurl = "https://x"'), "there is no field 'url'"),
        (
            ("chain_id = 1", 'chain_id = 1\nname = "a\\u202eb"'),
            r"name is 'a\u202eb'; it has a character that cannot be",
        ),
        (("chain_id = 1", "chain_id = "), "estate.toml: not TOML: "),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_the_nearest_right_spelling(
    change: tuple[str, str], says: str
) -> None:
    with pytest.raises(EstateError) as error:
        parse(ONE.replace(*change), "estate.toml")

    assert says in str(error.value)
    assert str(error.value).startswith("estate.toml: ")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('lead = "ben"', 'lead = "cas"'), "[[team]] protocol: lead names 'cas', which is not among its members"),
        (('["ada", "ben"]', '["ada", "bne"]'), "members names 'bne', which is no person here; did you mean 'ben'?"),
        (("threshold = 1", "threshold = 3"), "[[safe]] guardian: expects: threshold is 3, but signers has only 2"),
        (('"Europe/London"', '"Europe/Londinium"'), "time_zone is 'Europe/Londinium'; it is an IANA name"),
        (('clearance = "red"', 'clearance = "rde"'), "did you mean 'red'"),
        (('channel = "telegram", ', ""), "[[person]] ada: contacts, number 1: channel is missing"),
    ],
)
def test_people_teams_and_safes_are_checked_too(change: tuple[str, str], says: str) -> None:
    with pytest.raises(EstateError, match=r"^estate\.toml: ") as error:
        parse(ACME.replace(*change), "estate.toml")

    assert says in str(error.value)


def test_assets_may_depend_on_one_another() -> None:
    both = ACME.replace('name = "ETH price"', 'name = "ETH price"\ndepends_on = ["vault"]')

    assert parse(both, "estate.toml").assets["feed"].depends_on == ("vault",)


@pytest.mark.parametrize(
    "address",
    [  # the examples of EIP-55
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ],
)
def test_the_checksum_is_that_of_the_standard(address: str) -> None:
    assert checksummed(address.lower()) == address
    assert not is_mistyped(address)
    assert is_mistyped(address.swapcase().replace("0X", "0x"))


@given(st.text(alphabet="0123456789abcdef", min_size=40, max_size=40), st.integers(0, 39))
def test_a_letter_in_the_wrong_case_is_refused_and_a_checksum_is_not(digits: str, place: int) -> None:
    right = checksummed("0x" + digits)
    wrong = right[: place + 2] + right[place + 2].swapcase() + right[place + 3 :]
    text = ONE.replace(VAULT, right)

    assert parse(text, "estate.toml").assets["vault"].address == "0x" + digits
    if wrong != right and wrong[2:] not in (wrong[2:].lower(), wrong[2:].upper()):
        with pytest.raises(EstateError, match="EIP-55"):
            parse(ONE.replace(VAULT, wrong), "estate.toml")


FIELDS = ("id", "owner", "chain_id", "criticality", "depends_on", "contain", "expects", "address", "note", "holds", "x")
GOOD = {"id": "vault", "owner": "acme", "criticality": "high", "chain_id": 1, "address": VAULT}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)


@given(st.sampled_from(FIELDS), JSON)
def test_nonsense_in_any_field_is_an_error_that_names_the_place_or_an_asset(name: str, value: object) -> None:
    try:
        assert item("contract", {**GOOD, name: value}, "request: contract")
    except EstateError as error:
        assert str(error).startswith("request: contract") and str(error).isprintable()  # noqa: PT017, PT018 - the other outcome is an asset
