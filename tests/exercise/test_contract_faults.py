"""On a real node: every fault of the range's own contracts can be exploited, and its sound counterpart holds."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from eth_hash.auto import keccak

from tocsin.app.exercise.library import Shelf
from tocsin.chain.artefact import Artefact
from tocsin.chain.contract import Account, Contract, pay
from tocsin.edge.anvil import running
from tocsin.edge.local_chain import ARGUMENTS, LocalChain, SharedClock
from tocsin.edge.signer import Keys

pytestmark = pytest.mark.anvil

CHAIN_ID = 990_003
START = 1_700_000_000
"""Timestamp of the first block, seconds since 1970."""
ETHER, DOLLAR = 10**18, 10**6
MOST = 2**256 - 1
HOUR = 3_600
GAS = 10_000_000


@pytest.fixture(scope="module")
def only_chain(anvil_binary: Path) -> Iterator[LocalChain]:
    with running(anvil_binary, CHAIN_ID, (*ARGUMENTS, "--timestamp", str(START))) as node:
        yield LocalChain(node, Keys("contract faults"), SharedClock(START))


@pytest.fixture
def chain(only_chain: LocalChain) -> Iterator[LocalChain]:
    """The chain as if nobody had used it before."""
    snapshot = only_chain.snapshot()
    yield only_chain
    only_chain.restore(snapshot)


@pytest.fixture
def founder(chain: LocalChain) -> Account:
    return chain.account("founder", 10_000 * ETHER)


@pytest.fixture
def user(chain: LocalChain) -> Account:
    return chain.account("user", 1_000 * ETHER)


@pytest.fixture
def attacker(chain: LocalChain) -> Account:
    return chain.account("attacker", 100 * ETHER)


@pytest.fixture
def dollar(chain: LocalChain, founder: Account, user: Account, attacker: Account) -> Contract:
    """A stablecoin, of which everybody has 100 000."""
    token = chain.deploy(founder, own("RangeStable"), "Dollar", "USD", 6, founder)
    for account in (founder, user, attacker):
        chain.do(token.by(founder, "mint", account, 100_000 * DOLLAR))
    return token


def own(name: str) -> Artefact:
    return Shelf(Path("no packages")).own(name)


def bank_of(chain: LocalChain, founder: Account, user: Account, name: str) -> Contract:
    """A bank in which a user has 100 ether."""
    bank = chain.deploy(founder, own(name), founder)
    chain.do(bank.by(user, "deposit", value=100 * ETHER))
    return bank


def test_a_bank_that_pays_first_is_emptied_by_reentrancy(
    chain: LocalChain, founder: Account, user: Account, attacker: Account
) -> None:
    bank = bank_of(chain, founder, user, "VulnerableBank")
    contract = chain.deploy(attacker, own("ReentrancyAttacker"), bank)

    chain.do(contract.by(attacker, "run", value=10 * ETHER, gas=GAS))

    assert chain.balance(bank) == 0


@pytest.mark.parametrize("name", ["CrossBank", "GuardedBank"])
def test_a_guarded_bank_refuses_plain_reentrancy(
    chain: LocalChain, founder: Account, user: Account, attacker: Account, name: str
) -> None:
    bank = bank_of(chain, founder, user, name)
    contract = chain.deploy(attacker, own("ReentrancyAttacker"), bank)

    assert chain.refused(contract.by(attacker, "run", value=10 * ETHER))


def test_a_bank_guarded_in_one_function_is_emptied_through_another(
    chain: LocalChain, founder: Account, user: Account, attacker: Account
) -> None:
    bank = bank_of(chain, founder, user, "CrossBank")
    contract = chain.deploy(attacker, own("CrossFunctionAttacker"), bank)

    chain.do(contract.by(attacker, "run", 11, value=10 * ETHER, gas=GAS))

    assert chain.balance(bank) == 0


def test_an_operator_pauses_and_sweeps_what_is_left(
    chain: LocalChain, founder: Account, user: Account, attacker: Account
) -> None:
    bank = bank_of(chain, founder, user, "VulnerableBank")
    ether, vault = "0x" + "00" * 20, chain.account("cold vault", 0)
    assert chain.refused(bank.by(founder, "sweep", ether, vault)) == "ExpectedPause()"

    chain.do(bank.by(founder, "pause"))

    assert chain.refused(bank.by(user, "withdraw")) == "EnforcedPause()"
    assert "AccessControlUnauthorizedAccount" in chain.refused(bank.by(attacker, "unpause"))
    chain.do(bank.by(founder, "sweep", ether, vault))
    assert chain.balance(vault) == 100 * ETHER


def test_a_share_price_is_absurd_while_shares_are_paid_out_and_right_afterwards(
    chain: LocalChain, founder: Account, user: Account
) -> None:
    pool = chain.deploy(founder, own("SharePool"), founder)
    chain.do(pool.by(user, "deposit", value=100 * ETHER))
    chain.do(pool.by(founder, "reward", value=10 * ETHER))
    price = chain.read(pool, "pricePerShare")

    receipt = chain.do(pool.by(user, "withdraw", 50 * ETHER))

    (event,) = pool.events("Withdraw", receipt)
    assert (price, event["amount"]) == (11 * ETHER // 10, 55 * ETHER)
    assert chain.read(pool, "pricePerShare") == price


def inflate(chain: LocalChain, vault: Contract, token: Contract, attacker: Account, victim: Account) -> int:
    """Play the donation attack on an empty vault: what the attacker gains."""
    before = chain.read(token, "balanceOf", attacker)
    for account in (victim, attacker):
        chain.do(token.by(account, "approve", vault, MOST))
    chain.do(vault.by(attacker, "deposit", 1, attacker))
    chain.do(token.by(attacker, "transfer", vault, 20_000 * DOLLAR))
    chain.do(vault.by(victim, "deposit", 20_000 * DOLLAR, victim))
    chain.do(vault.by(attacker, "redeem", chain.read(vault, "balanceOf", attacker), attacker, attacker))
    return int(chain.read(token, "balanceOf", attacker) - before)


def test_inflating_the_share_price_of_a_naive_vault_takes_the_next_deposit(
    chain: LocalChain, founder: Account, user: Account, attacker: Account, dollar: Contract
) -> None:
    vault = chain.deploy(founder, own("NaiveVault"), dollar, founder)

    assert inflate(chain, vault, dollar, attacker, user) == 20_000 * DOLLAR
    assert chain.read(vault, "balanceOf", user) == 0


def test_inflating_the_share_price_of_a_vault_with_virtual_shares_costs_the_attacker(
    chain: LocalChain, founder: Account, user: Account, attacker: Account, dollar: Contract
) -> None:
    vault = chain.deploy(founder, own("OffsetVault"), dollar)

    assert inflate(chain, vault, dollar, attacker, user) < -9_000 * DOLLAR
    assert chain.read(vault, "balanceOf", user) > 0


@pytest.mark.parametrize(("name", "arguments"), [("FeedLending", (HOUR,)), ("StaleLending", ())])
def test_only_the_faulty_market_lends_at_an_old_price(
    chain: LocalChain, founder: Account, user: Account, dollar: Contract, name: str, arguments: tuple[int, ...]
) -> None:
    coin = chain.deploy(founder, own("RangeStable"), "Coin", "COIN", 18, user)
    feed = chain.deploy(founder, own("PriceFeed"), 8, 3_000 * 10**8, founder)
    market = chain.deploy(founder, own(name), coin, dollar, feed, *arguments, founder)
    chain.do(dollar.by(founder, "approve", market, MOST))
    chain.do(market.by(founder, "lend", 10_000 * DOLLAR))
    chain.do(coin.by(user, "mint", user, ETHER))
    chain.do(coin.by(user, "approve", market, MOST))
    chain.do(market.by(user, "supply", ETHER))

    assert chain.refused(market.by(user, "borrow", 2_251 * DOLLAR)) == "Undercollateralised()"
    chain.do(market.by(user, "borrow", 1_000 * DOLLAR))
    chain.pass_time(2 * HOUR)
    chain.mine()

    again = market.by(user, "borrow", 1_000 * DOLLAR)
    if name == "FeedLending":
        assert chain.refused(again).startswith("StalePrice(")
    else:
        assert chain.do(again).is_done


def test_an_unhealthy_loan_is_liquidated_with_a_bonus(
    chain: LocalChain, founder: Account, user: Account, attacker: Account, dollar: Contract
) -> None:
    coin = chain.deploy(founder, own("RangeStable"), "Coin", "COIN", 18, user)
    feed = chain.deploy(founder, own("PriceFeed"), 8, 3_000 * 10**8, founder)
    market = chain.deploy(founder, own("FeedLending"), coin, dollar, feed, HOUR, founder)
    for account in (founder, attacker):
        chain.do(dollar.by(account, "approve", market, MOST))
    chain.do(market.by(founder, "lend", 10_000 * DOLLAR))
    chain.do(coin.by(user, "mint", user, ETHER))
    chain.do(coin.by(user, "approve", market, MOST))
    chain.do(market.by(user, "supply", ETHER))
    chain.do(market.by(user, "borrow", 2_250 * DOLLAR))
    liquidation = market.by(attacker, "liquidate", user, 1_000 * DOLLAR)
    assert chain.refused(liquidation) == "Healthy()"

    chain.do(feed.by(founder, "setAnswer", 2_800 * 10**8))
    chain.do(liquidation)

    assert chain.read(coin, "balanceOf", attacker) == ETHER * 1_000 * 105 // 280_000
    assert chain.read(market, "debtOf", user) == 1_250 * DOLLAR


def test_a_proxy_left_uninitialised_is_taken_over_and_drained(
    chain: LocalChain, founder: Account, attacker: Account
) -> None:
    treasury, malicious = own("Treasury"), own("MaliciousTreasury")
    code = chain.deploy(founder, treasury)
    proxy = chain.deploy(founder, own("LegacyProxy"), code).at(treasury)
    chain.do(pay(founder, proxy, 50 * ETHER))

    chain.do(proxy.by(attacker, "initialize", attacker))
    chain.do(proxy.by(attacker, "upgradeToAndCall", chain.deploy(attacker, malicious), b""))
    chain.do(proxy.at(malicious).by(attacker, "drain", [], attacker))

    assert chain.balance(proxy) == 0


def test_a_proxy_initialised_when_created_is_not_taken_over(
    chain: LocalChain, founder: Account, attacker: Account
) -> None:
    treasury = own("Treasury")
    code = chain.deploy(founder, treasury)
    proxy = chain.deploy(founder, own("UpgradeableProxy"), code, code.encode("initialize", founder)).at(treasury)

    assert chain.refused(proxy.by(attacker, "initialize", attacker)) == "InvalidInitialization()"
    assert chain.refused(code.by(attacker, "initialize", attacker)) == "InvalidInitialization()"
    assert chain.refused(proxy.by(attacker, "upgradeToAndCall", code, b"")) == "OnlyOwner()"


def test_a_blacklisted_account_keeps_nothing_of_a_regulated_dollar(
    chain: LocalChain, founder: Account, attacker: Account, dollar: Contract
) -> None:
    chain.do(dollar.by(founder, "blacklist", attacker))
    chain.do(dollar.by(founder, "pause"))

    assert chain.refused(dollar.by(founder, "transfer", attacker, 1)) == "EnforcedPause()"
    chain.do(dollar.by(founder, "seize", attacker, founder))

    assert chain.read(dollar, "balanceOf", attacker) == 0
    chain.do(dollar.by(founder, "unpause"))
    assert "blacklisted" in chain.refused(dollar.by(founder, "transfer", attacker, 1))


def test_tokens_locked_by_a_hash_go_to_who_knows_the_preimage_or_back(
    chain: LocalChain, user: Account, attacker: Account, dollar: Contract
) -> None:
    locks, preimage = chain.deploy(user, own("HashTimeLock")), keccak(b"preimage")
    chain.do(dollar.by(user, "approve", locks, MOST))
    terms = (attacker, dollar, 5 * DOLLAR, sha256(preimage).digest(), chain.now() + HOUR)
    (event,) = locks.events("Locked", chain.do(locks.by(user, "lock", *terms)))

    assert chain.refused(locks.by(attacker, "claim", event["id"], keccak(b"guess"))) == "WrongPreimage()"
    assert chain.refused(locks.by(user, "refund", event["id"])) == "TooEarly()"
    chain.pass_time(2 * HOUR)
    chain.mine()
    assert chain.refused(locks.by(attacker, "claim", event["id"], preimage)) == "TooLate()"
    chain.do(locks.by(user, "refund", event["id"]))
    assert chain.read(dollar, "balanceOf", user) == 100_000 * DOLLAR


def test_a_mixer_pays_each_deposit_once(chain: LocalChain, user: Account, attacker: Account) -> None:
    mixer, secrets = chain.deploy(user, own("Mixer"), 10 * ETHER), (keccak(b"nullifier"), keccak(b"secret"))
    fresh = chain.account("fresh", 0)
    chain.do(mixer.by(user, "deposit", chain.read(mixer, "commitmentOf", *secrets), value=10 * ETHER))

    chain.do(mixer.by(attacker, "withdraw", *secrets, fresh, attacker, ETHER))

    assert chain.balance(fresh) == 9 * ETHER
    assert chain.refused(mixer.by(attacker, "withdraw", *secrets, fresh, attacker, 0)) == "AlreadySpent()"


def test_a_bridge_mints_for_enough_validators_in_order_and_once(
    chain: LocalChain, founder: Account, user: Account
) -> None:
    validators = sorted((chain.account(f"validator {n}", 0) for n in range(3)), key=lambda each: int(each.address, 16))
    bridge = chain.deploy(founder, own("BridgeForeign"), 1, validators, 2, founder)
    message = chain.read(bridge, "mintId", 7, user, 5 * DOLLAR)
    signatures = [chain.sign_message(each, message) for each in validators]

    def mint(signed: list[bytes]) -> str:
        return chain.refused(bridge.by(user, "mint", 7, user, 5 * DOLLAR, signed))

    assert mint(signatures[:1]) == "NotEnoughSignatures(1, 2)"
    assert mint([signatures[0], signatures[0]]) == "SignersOutOfOrder()"
    assert mint([chain.sign_message(user, message)]) == "NotEnoughSignatures(0, 2)"
    chain.do(bridge.by(user, "mint", 7, user, 5 * DOLLAR, signatures[:2]))
    assert chain.read(bridge, "balanceOf", user) == 5 * DOLLAR
    assert mint(signatures).startswith("AlreadyAccepted(")
