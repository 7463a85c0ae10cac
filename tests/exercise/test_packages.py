"""The packages of the range: pinned, and with the contracts in them that the range deploys."""

import base64
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from tocsin.edge.npm import open_package
from tocsin.exercise.packages import (
    AAVE_V3,
    BALANCER_V2,
    HYPERLANE,
    ONE_INCH,
    OPENZEPPELIN,
    PACKAGES,
    SAFE,
    UNISWAP_V2_CORE,
    UNISWAP_V2_PERIPHERY,
    UNISWAP_V3_CORE,
    UNISWAP_V3_PERIPHERY,
    WETH,
    Package,
)

SHA512_BYTES = 64
USED: Mapping[Package, tuple[str, ...]] = {
    OPENZEPPELIN: ("TimelockController", "TransparentUpgradeableProxy", "ProxyAdmin", "ERC1967Proxy"),
    UNISWAP_V2_CORE: ("UniswapV2Factory", "UniswapV2Pair"),
    UNISWAP_V2_PERIPHERY: ("UniswapV2Router02",),
    UNISWAP_V3_CORE: ("UniswapV3Factory", "UniswapV3Pool"),
    UNISWAP_V3_PERIPHERY: ("SwapRouter", "NonfungiblePositionManager", "QuoterV2"),
    AAVE_V3: ("Pool", "PoolConfigurator", "PoolAddressesProvider", "AaveOracle", "FlashLoanLogic", "MockAggregator"),
    BALANCER_V2: ("Vault", "Authorizer"),
    SAFE: ("SafeL2", "SafeProxyFactory", "MultiSendCallOnly", "CompatibilityFallbackHandler"),
    HYPERLANE: (
        "Mailbox",
        "MerkleTreeHook",
        "StaticMessageIdMultisigIsmFactory",
        "HypERC20Collateral",
        "HypERC20",
        "TestPostDispatchHook",
    ),
    WETH: ("WETH9",),
    ONE_INCH: ("permit2",),
}
ENDINGS = {"json": ".json", "typechain": "__factory.js"}


def test_every_package_is_pinned_by_a_whole_digest_and_used() -> None:
    digests = {package.integrity.removeprefix("sha512-") for package in PACKAGES}

    assert {len(base64.b64decode(digest, validate=True)) for digest in digests} == {SHA512_BYTES}
    assert len(digests) == len(PACKAGES)
    assert set(USED) == set(PACKAGES)


@pytest.mark.anvil
@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_package_has_one_artefact_of_each_contract_that_is_used(package: Package, packages: Path) -> None:
    names = [PurePosixPath(path).name for path in open_package(package, packages)]

    for contract in USED[package]:
        assert names.count(contract + ENDINGS[package.form]) == 1, contract
