"""Permit2, at the address it has on every chain."""

import re

from tocsin.chain.artefact import Artefact, Entry, Parameter
from tocsin.chain.contract import Contract
from tocsin.exercise.packages import ONE_INCH
from tocsin.exercise.stage import Library, Stage

ADDRESS = "0x000000000022d473030f116ddee9f6b43ac78ba3"
CODE_FILE = "dist/src/permit2.json"
_PERMITTED = Parameter("tuple", components=(Parameter("address"), Parameter("uint256")))
INTERFACE = Artefact(
    name="Permit2",
    entries=(
        Entry(
            "function",
            "permitTransferFrom",
            inputs=(
                Parameter("tuple", components=(_PERMITTED, Parameter("uint256"), Parameter("uint256"))),
                _PERMITTED,
                Parameter("address"),
                Parameter("bytes"),
            ),
        ),
        Entry("function", "DOMAIN_SEPARATOR", outputs=(Parameter("bytes32"),)),
        Entry(
            "function",
            "approve",
            inputs=(Parameter("address"), Parameter("address"), Parameter("uint160"), Parameter("uint48")),
        ),
        Entry(
            "function",
            "transferFrom",
            inputs=(Parameter("address"), Parameter("address"), Parameter("uint160"), Parameter("address")),
        ),
    ),
)
"""The functions that are used here (Uniswap, permit2: ISignatureTransfer and IAllowanceTransfer)."""


def deploy(home: Stage, library: Library) -> Contract:
    """Place its code."""
    content = library.content(ONE_INCH, CODE_FILE)
    (code,) = re.findall(rb'"bytecode":\s*"0x([0-9a-fA-F]+)"', content)
    home.put_code(ADDRESS, bytes.fromhex(code.decode()), "Permit2")
    return Contract(ADDRESS, INTERFACE)
