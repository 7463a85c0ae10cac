"""
The published packages that the range deploys, each pinned by the digest that its registry states.

Whoever sets up the range fetches them for themselves, under the licences named here; none of their content is part of
tocsin. Every artefact in them is creation code beside an interface, except Permit2: see there.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """One version of one npm package."""

    name: str
    version: str
    integrity: str
    """`sha512-` and the base64 of the tarball's SHA-512, as the registry states it."""
    licence: str
    """As its package.json has it; for a licence that changed on a date, with what it became."""
    says: str
    """What is used of it."""
    folders: tuple[str, ...]
    """The folders in the tarball below which the artefacts are."""
    form: Literal["json", "typechain"] = "json"
    """How an artefact is written: `X.json`, or `X__factory.js` as typechain generates it."""


OPENZEPPELIN = Package(
    name="@openzeppelin/contracts",
    version="5.7.0",
    integrity="sha512-IL2AZpI+7THMzt1u6Cxmc1zLwVnudtUGvrqXQ/HnbLKfQ/8dIWMMQPDwPIjRQzNrlAo4cxZaCGRB/XvwPo9ILA==",
    licence="MIT",
    says="timelock controller, transparent and ERC-1967 proxies, proxy admin",
    folders=("build/contracts",),
)
UNISWAP_V2_CORE = Package(
    name="@uniswap/v2-core",
    version="1.0.1",
    integrity="sha512-MtybtkUPSyysqLY2U210NBDeCHX+ltHt3oADGdjqoThZaFRDKwM6k1Nb3F0A3hk5hwuQvytFWhrWHOEq6nVJ8Q==",
    licence="GPL-3.0-or-later",
    says="factory and pair",
    folders=("build",),
)
UNISWAP_V2_PERIPHERY = Package(
    name="@uniswap/v2-periphery",
    version="1.1.0-beta.0",
    integrity="sha512-6dkwAMKza8nzqYiXEr2D86dgW3TTavUvCR0w2Tu33bAbM8Ah43LKAzH7oKKPRT5VJQaMi1jtkGs1E8JPor1n5g==",
    licence="GPL-3.0-or-later",
    says="router",
    folders=("build",),
)
UNISWAP_V3_CORE = Package(
    name="@uniswap/v3-core",
    version="1.0.1",
    integrity="sha512-7pVk4hEm00j9tc71Y9+ssYpO6ytkeI0y7WE9P6UcmNzhxPePwyAxImuhVsTqWK9YFvzgtvzJHi64pBl4jUzKMQ==",
    licence="BUSL-1.1 (GPL-2.0-or-later since 2023-04-01)",
    says="factory and pool",
    folders=("artifacts/contracts",),
)
UNISWAP_V3_PERIPHERY = Package(
    name="@uniswap/v3-periphery",
    version="1.4.4",
    integrity="sha512-S4+m+wh8HbWSO3DKk4LwUCPZJTpCugIsHrWR86m/OrUyvSqGDTXKFfc2sMuGXCZrD1ZqO3rhQsKgdWg3Hbb2Kw==",
    licence="GPL-2.0-or-later",
    says="router, position manager and quoter",
    folders=("artifacts/contracts",),
)
AAVE_V3 = Package(
    name="@aave/core-v3",
    version="1.19.3",
    integrity="sha512-Xr7+VcoU5b4mPwM4IUCnskw3lciwrnL4Xloyad8GOddYeixnri2lZYobNmErm1LwE50vqjI0O+9QGNKY2TDkeQ==",
    licence="BUSL-1.1 (MIT since 2023-01-27)",
    says="the whole lending market with its libraries, and a price aggregator whose answer can be set",
    folders=("artifacts/contracts",),
)
BALANCER_V2 = Package(
    name="@balancer-labs/v2-deployments",
    version="3.2.0",
    integrity="sha512-pghD7qyTVp1832d7F7yHgAeh/EZvS2/GLvUx9ieM671NMh1KTprYZOBCpEVVC9JnE1Vpru5rc9DDNlFw3capVw==",
    licence="GPL-3.0-only",
    says="vault, whose flash loans are free, and its authorizer",
    folders=("dist/tasks/20210418-vault/artifact", "dist/tasks/20210418-authorizer/artifact"),
)
SAFE = Package(
    name="@safe-global/safe-smart-account",
    version="1.5.0",
    integrity="sha512-VIMWxoeY/kNuZVsQVvAeOFKcQS3eojCXg0ecGnesBSLn5ypYshmBhVEEU5XiurJJGTs/MrcoLTbTxhs9W9GvdQ==",
    licence="LGPL-3.0",
    says="Safe with events, its proxy factory, multi-send and fallback handler",
    folders=("build/artifacts/contracts",),
)
HYPERLANE = Package(
    name="@hyperlane-xyz/core",
    version="5.11.5",
    integrity="sha512-xJu+bQYiiFik5x1FjftOKTdMGOzYQVYVifWSiHTfC8Ie6p5H+REKJML5XQgsp5Xg6e/say8dSBQ6pE/568g9Fw==",
    licence="Apache-2.0",
    says="mailbox, hooks, multisig security module and warp routes",
    folders=("dist/factories/contracts",),
    form="typechain",
)
WETH = Package(
    name="canonical-weth",
    version="1.4.0",
    integrity="sha512-9rkLfAFndWALLhxd5lpyTX4RkV36WmVBZ92NYtYr1kWdAUmclRp7I5KkK4wvogzDcCI++yw53TLwx/GCPcocMg==",
    licence="GPL-3.0",
    says="WETH9",
    folders=("build/contracts",),
)
ONE_INCH = Package(
    name="@1inch/solidity-utils",
    version="6.9.16",
    integrity="sha512-SnOB37v1BC5rGT60d7gUi0cEhwpUczoHdIfilKeehbmX7o3CDENgvbMpOv2jmSADh/iq+zhs+RDum+nJ+uUwTQ==",
    licence="MIT",
    says="Permit2: its runtime code, to be placed as it is and not to be deployed, and no interface",
    folders=("dist/src",),
)

PACKAGES = (
    OPENZEPPELIN,
    UNISWAP_V2_CORE,
    UNISWAP_V2_PERIPHERY,
    UNISWAP_V3_CORE,
    UNISWAP_V3_PERIPHERY,
    AAVE_V3,
    BALANCER_V2,
    SAFE,
    HYPERLANE,
    WETH,
    ONE_INCH,
)
