"""File names: `<network>__<dataset>__<first>_to_<last>.parquet`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

SUFFIX = ".parquet"
DIGITS = 8
"""Block numbers are padded to so many digits."""

_NAME = re.compile(
    r"(?P<network>[a-z0-9-]+(?:_[a-z0-9-]+)*)__(?P<dataset>[a-z0-9]+(?:_[a-z0-9]+)*)"
    r"(?:__[^/]+)?__(?P<first>\d{1,18})_to_(?P<last>\d{1,18})\.parquet"
)
_NUMBERED = re.compile(r"network_(\d{1,18})")
_CHAINS: Mapping[str, int] = {"ethereum": 1, "optimism": 10, "gnosis": 100, "polygon": 137, "base": 8453}
_NETWORKS: Mapping[int, str] = {chain_id: network for network, chain_id in _CHAINS.items()}


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """What a file's name says."""

    network: str
    dataset: str
    first: int
    last: int
    """The last block in it, not the first behind it."""

    @property
    def text(self) -> str:
        """The name itself."""
        return f"{self.network}__{self.dataset}__{self.first:0{DIGITS}}_to_{self.last:0{DIGITS}}{SUFFIX}"

    @property
    def chain_id(self) -> int | None:
        """The chain, where the network's name tells it."""
        numbered = _NUMBERED.fullmatch(self.network)
        return int(numbered[1]) if numbered else _CHAINS.get(self.network)


def parse(text: str) -> Name | None:
    """What a file's name says; None when it is not such a name."""
    found = _NAME.fullmatch(text)
    if found is None or int(found["last"]) < int(found["first"]):
        return None
    return Name(found["network"], found["dataset"], int(found["first"]), int(found["last"]))


def network(chain_id: int) -> str:
    """The name of a chain's network."""
    return _NETWORKS.get(chain_id, f"network_{chain_id}")
