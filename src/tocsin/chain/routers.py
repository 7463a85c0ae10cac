"""
Public routers: contracts that anybody's trade goes through and that act for nobody in particular.

Public protocol facts. The table is for telling apart who acts from what is used; a router that is missing here costs
a word in a finding, no more: what goes through a router does not stay in it.
"""

from typing import TypeAlias

from tocsin.chain.tokens import NATIVE_COINS

Router: TypeAlias = tuple[int, bytes]
"""Chain id and address."""

_LISTED = """
1     Uniswap V2 Router 1          0xf164fc0ec4e93095b804a4795bbe1e041497b92a
1     Uniswap V2 Router 2          0x7a250d5630b4cf539739df2c5dacb4c659f2488d
1     Uniswap V3 Router            0xe592427a0aece92de3edee1f18e0157c05861564
1     Uniswap V3 Router 2          0x68b3465833fb72a70ecdf485e0e4c7bd8665fc45
1     Uniswap Universal Router 1   0xef1c6e67703c7bd7107eed8303fbe6ec2554bf6b
1     Uniswap Universal Router 2   0x3fc91a3afd70395cd496c647d5a6cc9d4b2b7fad
1     SushiSwap Router             0xd9e1ce17f2641f24ae83637ab66a2cca9c378b9f
1     Balancer V2 Vault            0xba12222222228d8ba445958a75a0704d566bf2c8
1     0x Exchange Proxy            0xdef1c0ded9bec7f1a1670819833240f027b25eff
1     Uniswap V3 Positions         0xc36442b4a4522e871399cd717abdd847ab11fe88
1     1inch V2                     0x111111125434b319222cdbf8c261674adb56f3ae
1     1inch V3                     0x11111112542d85b3ef69ae05771c2dccff4faa26
1     1inch V4                     0x1111111254fb6c44bac0bed2854e76f90643097d
1     1inch V5                     0x1111111254eeb25477b68fb85ed929f73a960582
1     1inch V6                     0x111111125421ca6dc452d289314280a0f8842a65
1     ParaSwap V5                  0xdef171fe48cf0115b1d80b88dc8eab59176fee57
1     Seaport 1.1                  0x00000000006c3852cbef3e08e8df289169ede581
1     Seaport 1.5                  0x00000000000000adc04c56bf30ac9d3c0aaf14dc
10    Uniswap V3 Router            0xe592427a0aece92de3edee1f18e0157c05861564
10    Uniswap V3 Router 2          0x68b3465833fb72a70ecdf485e0e4c7bd8665fc45
10    Balancer V2 Vault            0xba12222222228d8ba445958a75a0704d566bf2c8
10    1inch V5                     0x1111111254eeb25477b68fb85ed929f73a960582
56    PancakeSwap V1 Router        0x05ff2b0db69458a0750badebc4f9e13add608c7f
56    PancakeSwap V2 Router        0x10ed43c718714eb63d5aa57b78b54704e256024e
56    1inch V4                     0x1111111254fb6c44bac0bed2854e76f90643097d
56    1inch V5                     0x1111111254eeb25477b68fb85ed929f73a960582
137   QuickSwap Router             0xa5e0829caced8ffdd4de3c43696c57f7d7a678ff
137   Uniswap V3 Router            0xe592427a0aece92de3edee1f18e0157c05861564
137   Uniswap V3 Router 2          0x68b3465833fb72a70ecdf485e0e4c7bd8665fc45
137   Balancer V2 Vault            0xba12222222228d8ba445958a75a0704d566bf2c8
137   1inch V5                     0x1111111254eeb25477b68fb85ed929f73a960582
8453  Uniswap V3 Router 2          0x2626664c2603336e57b271c5c0b26f421741e481
8453  Balancer V2 Vault            0xba12222222228d8ba445958a75a0704d566bf2c8
42161 Uniswap V3 Router            0xe592427a0aece92de3edee1f18e0157c05861564
42161 Uniswap V3 Router 2          0x68b3465833fb72a70ecdf485e0e4c7bd8665fc45
42161 Balancer V2 Vault            0xba12222222228d8ba445958a75a0704d566bf2c8
42161 1inch V5                     0x1111111254eeb25477b68fb85ed929f73a960582
43114 Trader Joe Router            0x60ae616a2155ee3d9a68541ba4544862310933d4
43114 1inch V5                     0x1111111254eeb25477b68fb85ed929f73a960582
"""


_EVERYWHERE = """
EntryPoint 0.6               0x5ff137d4b0fdcd49dca30c7cf57e578a026d2789
EntryPoint 0.7               0x0000000071727de22e5e9d8baf0edac6f37da032
Multicall3                   0xca11bde05977b3631167028862be2a173976ca11
"""
"""At one address on every chain."""


def _parse(line: str) -> Router:
    words = line.split()
    return int(words[0]), bytes.fromhex(words[-1][2:])


ROUTERS: frozenset[Router] = frozenset(map(_parse, _LISTED.split("\n")[1:-1])) | {
    _parse(f"{chain_id} {line}") for chain_id in NATIVE_COINS for line in _EVERYWHERE.split("\n")[1:-1]
}
"""The public routers."""
