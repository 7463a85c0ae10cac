"""tocsin.toml: what is read, and what a mistake is told."""

from dataclasses import fields

import pytest

from tocsin.app.settings import ChainSettings, Secret, parse, reference
from tocsin.model.errors import SettingError

CHAIN = '[[chain]]\nname = "mainnet"\nchain_id = 1\nendpoints = ["https://x/${KEY}"]\n'


def test_a_chain_with_all_else_by_default() -> None:
    settings = parse(CHAIN, "tocsin.toml", {"KEY": "hunter2"})

    (chain,) = settings.chains
    assert chain == ChainSettings(name="mainnet", chain_id=1, endpoints=(Secret("https://x/hunter2"),))
    assert (settings.store.url.reveal, settings.metrics.listen) == ("sqlite:///tocsin.db", "127.0.0.1:9464")
    assert "hunter2" not in f"{settings} {settings!r}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[stroe]\nurl = "x"', r"tocsin.toml: table 'stroe' is unknown; did you mean 'store'\?"),
        ('[store]\nulr = "x"', r"\[store\]: setting 'ulr' is unknown; did you mean 'url'\?"),
        (CHAIN + "keep_block = 3", r"\[\[chain\]\] 1: setting 'keep_block' is unknown; did you mean 'keep_blocks'\?"),
        (CHAIN + "keep_blocks = 1", "keep_blocks is 1; must be at least 2"),
        (CHAIN + 'keep_blocks = "3"', "keep_blocks must be a whole number"),
        (CHAIN + "keep_blocks = true", "keep_blocks must be a whole number"),
        (CHAIN + "poll_seconds = nan", "poll_seconds must be a number"),
        (CHAIN + 'start = "first"', "start must be a block number or"),
        (CHAIN + "start = -1", "start is -1; must be at least 0"),
        (CHAIN + 'allow = "arbitrage"', "allow must be a list"),
        (CHAIN + CHAIN, "same chain_id"),
        (CHAIN.replace("chain_id = 1\n", ""), "chain_id is missing: EIP-155"),
        (CHAIN.replace('"https://x/${KEY}"', ""), "endpoints must name at least one"),
        (CHAIN.replace("KEY", "NONE"), "environment variable NONE, which is not set"),
        (CHAIN.replace("[[chain]]", "[chain]"), "two brackets"),
        ("[outbox]\nstdout = 1", "stdout must be true or false"),
        ("[outbox]\nfile = 1", "file must be text"),
        ("store = 1", r"\[store\]: must be a table"),
        ("[", "tocsin.toml: not TOML"),
    ],
)
def test_a_mistake_is_told_where_and_what(text: str, told: str) -> None:
    with pytest.raises(SettingError, match=told) as raised:
        parse(text, "tocsin.toml", {"KEY": "hunter2"})

    assert "hunter2" not in str(raised.value)


def test_every_setting_is_on_the_reference_page() -> None:
    assert all(f"| `{declared.name}` |" in reference() for declared in fields(ChainSettings))
