"""The check of an installation: what always stands beside a block makes nobody blind."""

import asyncio

import pytest

from tocsin.app.check import check_chain
from tocsin.app.settings import parse
from tocsin.detect.catalogue import detectors
from tocsin.edge.anvil import Anvil
from tocsin.edge.store.opening import open_store


@pytest.mark.anvil
def test_prices_and_labels_are_always_there(anvil: Anvil, sqlite_url: str) -> None:
    said = f'[[chain]]\nname = "home"\nchain_id = {anvil.chain_id}\nendpoints = ["{anvil.url}"]\n'
    store = open_store(sqlite_url)

    async def look() -> str:
        (chain,) = parse(said, "tocsin.toml", {}).chains
        return {check.name: check.detail async for check in check_chain(chain, detectors(), store)}["detectors"]

    told = asyncio.run(look())
    store.close()

    assert "can look" in told
    assert not any(name in told for name in ("prices", "labels", "known_code"))
