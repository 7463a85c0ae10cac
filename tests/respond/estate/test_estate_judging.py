"""What a chain says held against an estate: answers of every form, those of liars included."""

from collections.abc import Mapping

from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from estates import ACME, ADA, BEN, GUARDIAN, VAULT
from tocsin.model.lookups import Lookup
from tocsin.respond.estate import answers
from tocsin.respond.estate.estate import Asset, Estate
from tocsin.respond.estate.judging import Outcome, Verdict, judge
from tocsin.respond.estate.questions import questions
from tocsin.respond.estate.reading import parse

BEACON, CODE = "0x" + "5" * 40, "0x" + "6" * 40
HASH = "0x" + keccak(b"\x60\x00").hex()
UPGRADABLE = f'expects = {{ implementation = "{CODE}", beacon = "{BEACON}", code_hash = "{HASH}" }}\nrunbook = "https'


def word(address: str) -> str:
    return "0x" + address[2:].rjust(64, "0")


def told(asset: Asset, estate: Estate, said: Mapping[str, str]) -> dict[str, str | None]:
    """Every question answered by what is said of its name, in as many rounds as it takes."""
    found: dict[str, str | None] = {}
    while left := questions(asset, estate, found, 7):
        found |= {name: said.get(name) for name in left}
    return found


def by_name(verdicts: tuple[Verdict, ...]) -> dict[str, Verdict]:
    return {verdict.what: verdict for verdict in verdicts}


def test_a_proxy_with_a_beacon_is_followed_to_its_code() -> None:
    estate = parse(ACME.replace('runbook = "https', UPGRADABLE), "estate.toml")
    vault = estate.assets["vault"]
    said = {"code": "0x6000", "beacon": word(BEACON), "implementation_of_beacon": word(CODE)}

    found = by_name(judge(vault, estate, told(vault, estate, said), block_time=0))

    assert {name: found[name].outcome for name in ("implementation", "beacon", "code_hash")} == dict.fromkeys(
        ("implementation", "beacon", "code_hash"), Outcome.SAME
    )


def test_a_clone_is_followed_and_what_the_estate_leaves_out_is_noted() -> None:
    estate = parse(ACME, "estate.toml")
    vault = estate.assets["vault"]
    clone = "0x363d3d373d3d3d363d73" + CODE[2:] + "5af43d82803e903d91602b57fd5bf3"

    found = by_name(judge(vault, estate, told(vault, estate, {"code": clone}), block_time=0))

    assert found["implementation"].outcome is Outcome.NOTE
    assert CODE in found["implementation"].found


def test_what_nobody_answers_is_not_taken_for_right() -> None:
    estate = parse(ACME, "estate.toml")
    guardian = estate.assets["guardian"]

    silent = judge(guardian, estate, told(guardian, estate, {}), block_time=0)
    found = by_name(judge(guardian, estate, told(guardian, estate, {"code": "0x60"}), block_time=0))

    assert [(each.what, each.outcome) for each in silent] == [("code", Outcome.UNANSWERED)]
    assert {name: found[name].outcome for name in ("threshold", "signers", "modules")} == dict.fromkeys(
        ("threshold", "signers", "modules"), Outcome.UNANSWERED
    )


def test_signers_in_another_order_are_the_same() -> None:
    estate = parse(ACME, "estate.toml")
    guardian = estate.assets["guardian"]
    listed = "0x" + f"{32:064x}{2:064x}" + word(BEN)[2:] + word(ADA)[2:]

    found = by_name(judge(guardian, estate, told(guardian, estate, {"code": "0x60", "signers": listed}), block_time=0))

    assert found["signers"].outcome is Outcome.SAME
    assert "(Ada Lovelace)" in found["signers"].says


def test_a_containment_is_tried_as_its_caller_and_only_then() -> None:
    estate = parse(ACME, "estate.toml")
    vault = estate.assets["vault"]

    asked = questions(vault, estate, {}, 7)

    (trial,) = (lookup for name, lookup in asked.items() if name.startswith("contain"))
    assert trial.asks == "eth_call"
    assert trial.as_sent == ({"from": GUARDIAN, "to": VAULT, "data": "0x8456cb59"}, "0x7")
    name = next(name for name in asked if name.startswith("contain"))
    right = judge(vault, estate, told(vault, estate, {"code": "0x60", name: "0x"}), block_time=0)
    wrong = judge(vault, estate, told(vault, estate, {"code": "0x60"}), block_time=0)
    paused = judge(vault, estate, told(vault, estate, {"code": "0x60", "paused": word("0x1")}), block_time=0)
    assert [by_name(each)["contain"].outcome for each in (right, wrong, paused)] == [
        Outcome.SAME,
        Outcome.DIFFERS,
        Outcome.NOTE,
    ]


WALLET = ACME.replace("[[contract]]", "[[wallet]]").split('contain = [\n  { how = "pause"')[0]


def wallet(code: str, expects: str = "") -> Verdict:
    estate = parse(WALLET + expects, "estate.toml")
    asset = estate.assets["vault"]
    (verdict,) = judge(asset, estate, told(asset, estate, {"code": code}), block_time=0)
    return verdict


def test_a_wallet_has_no_code_but_that_which_it_is_said_to_let_act_for_it() -> None:
    delegated, smart = "0xef0100" + CODE[2:], f'expects = {{ implementation = "{CODE}" }}'

    assert wallet("0x").outcome is Outcome.SAME
    assert wallet(delegated).outcome is Outcome.DIFFERS
    assert wallet(delegated, smart).outcome is Outcome.SAME
    assert wallet("0x", smart).outcome is Outcome.DIFFERS
    assert wallet("0x6000", smart).says.startswith("a contract, not an account with a key")


HEXADECIMAL = st.binary(max_size=200).map(lambda data: "0x" + data.hex())
ANSWERS = st.none() | st.text(max_size=80) | HEXADECIMAL | st.integers(0, 2**256 - 1).map(lambda each: f"0x{each:064x}")


@given(st.data())
def test_no_answer_makes_it_raise_and_every_line_can_be_shown(data: st.DataObject) -> None:
    estate = parse(ACME, "estate.toml")
    for asset in estate.assets.values():
        found: dict[str, str | None] = {}
        while left := questions(asset, estate, found, 7):
            found |= {name: data.draw(ANSWERS, label=name) for name in left}
        if asset.place is not None:
            assert judge(asset, estate, found, block_time=1)


@given(st.lists(st.text("0123456789abcdef", min_size=40, max_size=40).map("0x{}".format), max_size=5))
def test_a_list_of_addresses_is_read_as_it_was_encoded(listed: list[str]) -> None:
    encoded = "0x" + f"{32:064x}{len(listed):064x}" + "".join(word(each)[2:] for each in listed)

    assert answers.addresses(encoded) == tuple(sorted(listed))
    assert answers.addresses(encoded[:-2]) is None if listed else True


def test_assets_without_a_chain_are_asked_nothing() -> None:
    estate = parse(ACME, "estate.toml")

    nothing: Mapping[str, Lookup] = questions(estate.assets["front-end"], estate, {}, 7)

    assert nothing == {}
