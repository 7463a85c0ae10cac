"""A hit told in plain words."""

from estates import ACME, ORACLE, VAULT
from tocsin.respond.estate.estate import EMPTY
from tocsin.respond.estate.impact import impact
from tocsin.respond.estate.reading import parse
from tocsin.respond.estate.value import Holding

ACME_ESTATE = parse(ACME, "estate.toml")


def held(token: str, symbol: str, amount: int, decimals: int | None, dollars: float | None) -> Holding:
    return Holding(
        asset="vault",
        chain_id=1,
        token=token,
        symbol=symbol,
        decimals=decimals,
        amount=amount,
        dollars=dollars,
        block_number=21_000_000,
        read_at=0.0,
    )


def test_the_lines_say_what_is_hit_what_is_at_stake_whose_it_is_and_who_can_contain_it() -> None:
    holdings = (
        held("native", "ETH", 1_500_000_000_000_000_001, 18, 3_000.0),
        held("0x" + "2" * 40, "ACM", 7, None, None),
        held("0x" + "9" * 40, "USDC", 2_000_000_500_000, 6, 2_000_000.5),
    )

    assert impact(ACME_ESTATE, ACME_ESTATE.hit([(1, VAULT)]), holdings) == (
        f"Vault (contract, critical) is hit on chain 1, {VAULT}",
        "Vault held 2,000,000.5 USDC, 1.500000000000000001 ETH, 7 base units of ACM at block 21,000,000",
        "Depends on it: app.acme.example (medium)",
        "Owned by Protocol team (Ben, Ada Lovelace)",
        "guardian can pause Vault: pause(), takes about 10 minutes",
        "Protocol team can move the funds to safety (Vault): only when the pause fails",
        "Ada Lovelace can take app.acme.example offline",
    )


def test_that_nobody_can_contain_it_is_said() -> None:
    alone = parse(ACME.replace('depends_on = ["feed"]', "").replace('depends_on = ["vault"]', ""), "estate.toml")

    assert impact(alone, alone.hit([(1, ORACLE)]))[-1] == "The estate names nobody who can contain it"


def test_nothing_of_the_estate_needs_no_words() -> None:
    assert impact(EMPTY, EMPTY.hit([(1, VAULT)])) == ()
