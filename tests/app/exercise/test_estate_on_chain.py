"""An estate held against a real chain: a Safe, proxies, a token and an oracle, before and after each is changed."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.app.estate.check import Checked, check_estate
from tocsin.app.exercise.arena import Arena
from tocsin.app.settings import parse as parse_settings
from tocsin.chain.contract import Account
from tocsin.edge.local_chain import ETHER
from tocsin.exercise.play import Play
from tocsin.respond.estate.estate import Estate
from tocsin.respond.estate.judging import Outcome
from tocsin.respond.estate.reading import parse

pytestmark = pytest.mark.anvil
PRICES = "chain_id,token_address,decimals,dollars\n{chain},{usdr},6,1\n"


@pytest.fixture
def play(arena: Arena) -> Iterator[Play]:
    with arena.undone() as play:
        yield play


def estate_of(play: Play) -> Estate:
    """What the organisation of the range would write down."""
    scene, chain = play.scene, f"chain_id = {play.home.chain_id}"
    people = "\n".join(
        f'[[person]]\nid = "owner-{number}"\nname = "Owner {number}"\naddresses = ["{owner.address}"]\n'
        for number, owner in enumerate(scene.safe.owners, 1)
    )
    signers = ", ".join(f'"{owner.address}"' for owner in scene.safe.owners)
    code = play.home.storage(
        scene.proxies.transparent, 0x360894A13BA1A3210667C828492DB98DCA3E2076CC3735A920A3CA505D382BBC
    )
    return parse(
        f"""
        [[organisation]]
        id = "acme"
        name = "Acme"
        {people}
        [[safe]]
        id = "safe"
        owner = "acme"
        criticality = "critical"
        {chain}
        address = "{scene.safe.wallet.address}"
        [safe.expects]
        threshold = 2
        signers = [{signers}]
        modules = ["{scene.safe.module.address}"]
        guard = "0x{"0" * 40}"
        implementation = "{scene.safe.singleton.address}"

        [[contract]]
        id = "treasury"
        owner = "acme"
        criticality = "critical"
        {chain}
        address = "{scene.proxies.transparent.address}"
        contain = [
            {{ how = "pause", by = "founder", call = "pause()" }},
            {{ how = "pause", by = "owner-1", call = "pause()" }},
            {{ how = "pause", by = "acme", call = "pause()" }},
        ]
        [contract.expects]
        implementation = "0x{code[-20:].hex()}"
        admin = "{scene.proxies.administrator.address}"
        owner = "{scene.people.founder.address}"

        [[wallet]]
        id = "founder"
        owner = "acme"
        criticality = "high"
        {chain}
        address = "{scene.people.founder.address}"

        [[token]]
        id = "usdr"
        owner = "acme"
        criticality = "high"
        {chain}
        address = "{scene.tokens.usdr.address}"
        expects = {{ symbol = "USDR", decimals = 6 }}
        contain = [{{ how = "pause", by = "safe", call = "pause()" }}]

        [[oracle]]
        id = "feed"
        owner = "acme"
        criticality = "medium"
        {chain}
        address = "{scene.aave.feeds["weth"].address}"
        expects = {{ decimals = 8, most_seconds_old = 1000000 }}

        [[node]]
        id = "node"
        owner = "acme"
        criticality = "low"
        {chain}
        url = "{play.home.node.url}?key=${{KEY}}"
        """,
        "estate.toml",
    )


def checked(play: Play, estate: Estate, *, known: Path | None = None, late: int = 0) -> Checked:
    files = f'[known]\nfiles = ["{known}"]\n' if known else ""
    chain = f'[[chain]]\nname = "home"\nchain_id = {play.home.chain_id}\nendpoints = ["{play.home.node.url}"]\n'
    settings = parse_settings(files + chain, "tocsin.toml", {})
    return asyncio.run(check_estate(settings, estate, {"KEY": "secret"}, now=play.home.now() + late))


def wrong(result: Checked) -> list[tuple[str, str, str]]:
    return [(each.asset, each.what, each.says) for each in result.verdicts if each.outcome.is_wrong]


def test_what_is_as_written_is_told_as_such_and_what_cannot_be_contained_as_that(play: Play) -> None:
    result = checked(play, estate_of(play))

    says = {(each.asset, each.what): each.says for each in result.verdicts if each.outcome is Outcome.SAME}
    assert all(f"(Owner {number})" in says["safe", "signers"] for number in (1, 2, 3))
    assert says["safe", "guard"] == "is nobody"
    assert "(founder)" in says["treasury", "owner"]
    assert says["usdr", "contain"].startswith("safe can pause it: the chain would take pause() on usdr from 0x")
    assert says["founder", "kind"] == "an account with a key, without code"
    assert says["feed", "answer"].startswith("answers 300000000000, ")
    assert says["node", "node"].startswith("answers; its newest block is ")
    assert wrong(result) == [
        ("treasury", "contain", "Owner 1 cannot pause it: the chain would refuse pause() on treasury from there")
    ], "only the founder owns the treasury"
    notes = [(each.asset, each.what) for each in result.verdicts if each.outcome is Outcome.NOTE]
    assert ("treasury", "contain") in notes, "nobody knows from which account the organisation would pause"


def test_a_signer_is_replaced_and_a_proxy_upgraded_and_both_are_told(play: Play) -> None:
    estate, safe = estate_of(play), play.scene.safe
    stranger = play.home.account("stranger")
    play.home.do(safe.executes(play.home, safe.wallet, _swap(play, stranger)))
    new = play.home.deploy(play.scene.people.founder, play.library.own("TreasuryTwo"))
    admin = play.scene.proxies.administrator
    upgrade = admin.encode("upgradeAndCall", play.scene.proxies.transparent, new, b"")
    play.home.do(safe.executes(play.home, admin, upgrade))

    told = {(asset, what): says for asset, what, says in wrong(checked(play, estate))}

    assert told["safe", "signers"].lower() == (
        f"{stranger.address.lower()} more; {safe.owners[2].address.lower()} (owner 3) missing"
    )
    assert told["treasury", "implementation"].lower().startswith(f"is {new.address.lower()}, not 0x")


def test_a_lower_threshold_and_a_wallet_that_delegates_are_told(play: Play) -> None:
    estate, safe = estate_of(play), play.scene.safe
    play.home.do(safe.executes(play.home, safe.wallet, safe.wallet.encode("changeThreshold", 1)))
    code = "0xef0100" + "ab" * 20
    play.home.node.request("anvil_setCode", play.scene.people.founder.address, code)

    told = {(asset, what): says for asset, what, says in wrong(checked(play, estate))}

    assert told["safe", "threshold"] == "is 1, not 2"
    assert told["founder", "kind"].endswith("acts (EIP-7702)")


def test_an_old_price_and_a_vanished_contract_are_told(play: Play) -> None:
    text_of_age = estate_of(play)
    feed = text_of_age.assets["feed"].address
    play.home.node.request("anvil_setCode", feed, "0x")

    told = {(asset, what): says for asset, what, says in wrong(checked(play, text_of_age))}

    assert told["feed", "code"].startswith("no code is at this address")


def test_a_node_that_stands_still_and_one_that_is_not_there_are_told(play: Play) -> None:
    estate = estate_of(play)

    assert [what for asset, what, _ in wrong(checked(play, estate, late=301)) if asset == "node"] == ["node"]

    settings = parse_settings("", "tocsin.toml", {})
    told = asyncio.run(check_estate(settings, estate, {}, now=0))
    assert not told.is_right
    unanswered = [each for each in told.verdicts if each.outcome is Outcome.UNANSWERED]
    assert {each.asset for each in unanswered} == set(estate.assets), "of every asset it is said that nobody was asked"
    assert not any(each.outcome is Outcome.SAME for each in told.verdicts)


def test_what_is_at_stake_is_exact_and_has_the_block_it_was_read_at(play: Play, tmp_path: Path) -> None:
    usdr = play.scene.tokens.usdr
    price = tmp_path / "prices.csv"
    price.write_text(PRICES.format(chain=play.home.chain_id, usdr=usdr.address))
    stranger = play.home.account("rich", 3 * ETHER + 1)
    assert stranger

    result = checked(play, estate_of(play), known=price)

    held = {(each.asset, each.symbol): each for each in result.holdings}
    treasury = held["treasury", "USDR"]
    assert treasury.amount == play.home.read(usdr, "balanceOf", play.scene.proxies.transparent)
    assert (treasury.in_units, treasury.dollars) == ("2,000,000 USDR", 2_000_000)
    assert treasury.block_number == play.home.height()
    assert held["founder", "ETH"].amount == int(
        play.home.node.request("eth_getBalance", play.scene.people.founder.address, "latest"), 16
    )
    assert "usdr" in result.counted
    assert ("usdr", "USDR") not in held


def _swap(play: Play, stranger: Account) -> bytes:
    wallet, third = play.scene.safe.wallet, play.scene.safe.owners[2]
    in_order = play.home.read(wallet, "getOwners")
    return wallet.encode("swapOwner", in_order[in_order.index(third.address) - 1], third, stranger)
