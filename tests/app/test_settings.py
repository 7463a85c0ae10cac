"""tocsin.toml: what is read, and what a mistake is told."""

import re
from dataclasses import fields

import pytest

from tocsin.app.chosen import detectors_of
from tocsin.app.settings import ChainSettings, parse, reference
from tocsin.detect.detector import Detector
from tocsin.model.errors import SettingError
from tocsin.model.finding import Severity
from tocsin.model.setting import Secret

CHAIN = '[[chain]]\nname = "mainnet"\nchain_id = 1\nendpoints = ["https://x/${KEY}"]\n'


def test_a_chain_with_all_else_by_default() -> None:
    settings = parse(CHAIN, "tocsin.toml", {"KEY": "hunter2"})

    (chain,) = settings.chains
    assert chain == ChainSettings(name="mainnet", chain_id=1, endpoints=(Secret("https://x/hunter2"),))
    assert (settings.store.url.reveal, str(settings.metrics.listen)) == ("sqlite:///tocsin.db", "127.0.0.1:9464")
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
        (CHAIN + CHAIN.replace("chain_id = 1", "chain_id = 2"), "same name"),
        (CHAIN.replace("chain_id = 1\n", ""), "chain_id is missing: EIP-155"),
        (CHAIN.replace('"https://x/${KEY}"', ""), "endpoints must name at least one"),
        (CHAIN.replace("https://x/", "x:8545/"), r"1 endpoints, number 1: an endpoint is no URL that begins with http"),
        (CHAIN.replace("KEY", "NONE"), "environment variable NONE, which is not set"),
        (CHAIN.replace("[[chain]]", "[chain]"), "two brackets"),
        ("[outbox]\nstdout = 1", "stdout must be true or false"),
        ("[outbox]\nfile = 1", "file must be text"),
        ('[metrics]\nlisten = "9464"', r"\[metrics\] listen must be HOST:PORT"),
        ('[metrics]\nlisten = "localhost:65536"', "a port from 0 to 65535"),
        ('[metrics]\nlisten = ":9464"', "listen must be HOST:PORT"),
        (CHAIN.replace("chain_id = 1", f"chain_id = {2**63}"), "at most 9223372036854775807: the store"),
        (CHAIN + f"start = {2**63}", "start is 9223372036854775808; must be at least 0"),
        ("store = 1", r"\[store\]: must be a table"),
        ("[", "tocsin.toml: not TOML"),
    ],
)
def test_a_mistake_is_told_where_and_what(text: str, told: str) -> None:
    with pytest.raises(SettingError, match=told) as raised:
        parse(text, "tocsin.toml", {"KEY": "hunter2"})

    assert "hunter2" not in str(raised.value)


def test_an_ipv6_address_is_written_in_brackets() -> None:
    listen = parse('[metrics]\nlisten = "[::1]:9464"', "tocsin.toml", {}).metrics.listen

    assert (listen.host, listen.port, str(listen)) == ("::1", 9464, "[::1]:9464")


def a_chain(**lists: tuple[str, ...]) -> ChainSettings:
    return ChainSettings(name="mainnet", chain_id=1, endpoints=(Secret("https://x"),), **lists)


def a_detector(name: str) -> Detector:
    return Detector(id=name, severity=Severity.LOW, reads={}, run=lambda _: (), examples=())


KNOWN = {name: a_detector(name) for name in ("arbitrage", "sandwich", "reentrancy")}


def test_allow_and_deny_choose_detectors() -> None:
    assert list(detectors_of(a_chain(), KNOWN)) == ["arbitrage", "sandwich", "reentrancy"]
    assert list(detectors_of(a_chain(allow=("sandwich", "arbitrage"), deny=("arbitrage",)), KNOWN)) == ["sandwich"]


@pytest.mark.parametrize(
    ("lists", "told"),
    [
        ({"allow": ("arbitrge",)}, "mainnet: allow names no detector 'arbitrge'; did you mean 'arbitrage'?"),
        ({"deny": ("sandwiches",)}, "mainnet: deny names no detector 'sandwiches'; did you mean 'sandwich'?"),
        ({"allow": ("sandwich",), "deny": ("sandwich",)}, "leave no detector"),
    ],
)
def test_a_detector_that_does_not_exist_is_told(lists: dict[str, tuple[str, ...]], told: str) -> None:
    with pytest.raises(SettingError, match=re.escape(told)):
        detectors_of(a_chain(**lists), KNOWN)


def test_every_setting_is_on_the_reference_page() -> None:
    assert all(f"| `{declared.name}` |" in reference() for declared in fields(ChainSettings))
