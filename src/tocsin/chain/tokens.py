"""
Well-known tokens: dollars, wrapped native coins, ether and bitcoin in their several forms, and what each follows.

Public protocol facts, kept as text so that they read and diff well. A token belongs here when its price follows one
of the few things tocsin knows a price for; a token that can leave its peg at somebody's wish does not. What a token
follows is for ranking and filtering: staked ether is worth a little more than ether, a dollar sometimes a little less.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tocsin.tables.columns import NATIVE

NATIVE_DECIMALS = 18
"""Of the native coin of every chain here."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token, how its amounts are read, and what its price follows."""

    chain_id: int
    address: bytes
    symbol: str
    decimals: int
    follows: str
    """usd, eth, btc, bnb, pol, avax."""
    wraps_native: bool = False
    """True for the wrapped native coin of its chain."""


NATIVE_COINS: Mapping[int, tuple[str, str]] = {
    1: ("ETH", "eth"),
    10: ("ETH", "eth"),
    56: ("BNB", "bnb"),
    100: ("xDAI", "usd"),
    137: ("POL", "pol"),
    324: ("ETH", "eth"),
    8453: ("ETH", "eth"),
    42161: ("ETH", "eth"),
    43114: ("AVAX", "avax"),
    59144: ("ETH", "eth"),
    81457: ("ETH", "eth"),
    534352: ("ETH", "eth"),
    # Development chains of anvil, hardhat and geth: their coin stands for ether.
    1337: ("ETH", "eth"),
    31337: ("ETH", "eth"),
    # The two chains of tocsin's own range.
    990001: ("ETH", "eth"),
    990002: ("ETH", "eth"),
}
"""By chain id: symbol, and what it follows."""

DEVELOPMENT_CHAINS = frozenset({1337, 31337, 990001, 990002})
"""Nothing on them is worth anything, and everybody deploys tokens of their own: there is none to be imitated."""

_WRAPPED_NATIVE = """
1      WETH   0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2
10     WETH   0x4200000000000000000000000000000000000006
56     WBNB   0xbb4cdb9cbd36b01bd1cbaebf2de08d9173bc095c
100    WXDAI  0xe91d153e0b41518a2ce8dd3d7944fa863463a97d
137    WPOL   0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270
324    WETH   0x5aea5775959fbc2557cc8789bc1bf90a239d9a91
8453   WETH   0x4200000000000000000000000000000000000006
42161  WETH   0x82af49447d8a07e3bd95bd0d56f35241523fbab1
43114  WAVAX  0xb31f66aa3c1e785363f0875a1b74e27b85fd66c7
59144  WETH   0xe5d7c2a44ffddf6b295a15c148167daaaf5cf34f
81457  WETH   0x4300000000000000000000000000000000000004
534352 WETH   0x5300000000000000000000000000000000000004
"""

_PEGGED = """
1      USDC    6  usd 0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48
1      USDT    6  usd 0xdac17f958d2ee523a2206206994597c13d831ec7
1      DAI     18 usd 0x6b175474e89094c44da98b954eedeac495271d0f
1      SAI     18 usd 0x89d24a6b4ccb1b6faa2625fe562bdd9a23260359
1      TUSD    18 usd 0x0000000000085d4780b73119b644ae5ecd22b376
1      USDP    18 usd 0x8e870d67f660d95d5be530380d0ec0bd388289e1
1      BUSD    18 usd 0x4fabb145d64652a948d72533023f6e7a623c7c53
1      GUSD    2  usd 0x056fd409e1d7a124bd7017459dfea2f387b6d5cd
1      sUSD    18 usd 0x57ab1ec28d129707052df4df418d58a2d46d5f51
1      FRAX    18 usd 0x853d955acef822db058eb8505911ed77f175b99e
1      LUSD    18 usd 0x5f98805a4e8be255a32880fdec7f6728c6568ba0
1      crvUSD  18 usd 0xf939e0a03fb07f59a73314e73794be0e57ac1b4e
1      GHO     18 usd 0x40d16fc0246ad3160ccc09b8d0d3a2cd28ae6c2f
1      PYUSD   6  usd 0x6c3ea9036406852006290770bedfcaba0e23a0e8
1      USDe    18 usd 0x4c9edd5852cd905f086c759e8383e09bff1e68b3
1      USDS    18 usd 0xdc035d45d973e3ec169d2276ddab16f1e407384f
1      sDAI    18 usd 0x83f20f44975d03b1b09e64809b757c47f942beea
1      3Crv    18 usd 0x6c3f90f043a72fa612cbac8115ee7e52bde6e490
1      stETH   18 eth 0xae7ab96520de3a18e5e111b5eaab095312d7fe84
1      wstETH  18 eth 0x7f39c581f595b53c5cb19bd0b3f8da6c935e2ca0
1      rETH    18 eth 0xae78736cd615f374d3085123a210448e74fc6393
1      cbETH   18 eth 0xbe9895146f7af43049ca1c1ae358b0541ea49704
1      frxETH  18 eth 0x5e8422345238f34275888049021821e8e08caa1f
1      sfrxETH 18 eth 0xac3e018457b222d93114458476f3e3416abbe38f
1      weETH   18 eth 0xcd5fe23c85820f7b72d0926fc9b05b43e359b7ee
1      sETH    18 eth 0x5e74c9036fb86bd7ecdcb084a0673efc32ea31cb
1      WBTC    8  btc 0x2260fac5e5542a773aa44fbcfedf7c193bc2c599
1      renBTC  8  btc 0xeb4c2781e4eba804ce9a9803c67d0893436bb27d
1      sBTC    18 btc 0xfe18be6b3bd88a2d2a7f928d00292e7a9963cfc6
1      HBTC    18 btc 0x0316eb71485b0ab14103307bf65a021042c6d380
1      tBTC    18 btc 0x18084fba666a33d37592fa2633fd49a74dd93a88
1      cbBTC   8  btc 0xcbb7c0000ab88b473b1f5afd9ef808440eed33bf
10     USDC    6  usd 0x0b2c639c533813f4aa9d7837caf62653d097ff85
10     USDC.e  6  usd 0x7f5c764cbc14f9669b88837ca1490cca17c31607
10     USDT    6  usd 0x94b008aa00579c1307b0ef2c499ad98a8ce58e58
10     DAI     18 usd 0xda10009cbd5d07dd0cecc66161fc93d7c9000da1
10     sUSD    18 usd 0x8c6f28f2f1a3c87f0f938b96d27520d9751ec8d9
10     wstETH  18 eth 0x1f32b1c2345538c0c6f582fcb022739c4a194ebb
10     WBTC    8  btc 0x68f180fcce6836688e9084f035309e29bf0a2095
56     BUSD    18 usd 0xe9e7cea3dedca5984780bafc599bd69add087d56
56     USDT    18 usd 0x55d398326f99059ff775485246999027b3197955
56     USDC    18 usd 0x8ac76a51cc950d9822d68b83fe1ad97b32cd580d
56     DAI     18 usd 0x1af3f329e8be154074d8769d1ffa4ee058b1dbc3
56     TUSD    18 usd 0x14016e85a25aeb13065688cafb43044c2ef86784
56     FDUSD   18 usd 0xc5f0f7b66764f6ec8c8dff7ba683102295e16409
56     ETH     18 eth 0x2170ed0880ac9a755fd29b2688956bd959f933f8
56     BTCB    18 btc 0x7130d2a12b9bcbfae4f2634d864a1ee1ce3ead9c
100    USDC    6  usd 0xddafbb505ad214d7b80b1f830fccc89b60fb7a83
100    WETH    18 eth 0x6a023ccd1ff6f2045c3309768ead9e68f978f6e1
137    USDC    6  usd 0x3c499c542cef5e3811e1192ce70d8cc03d5c3359
137    USDC.e  6  usd 0x2791bca1f2de4661ed88a30c99a7a9449aa84174
137    USDT    6  usd 0xc2132d05d31c914a87c6611c10748aeb04b58e8f
137    DAI     18 usd 0x8f3cf7ad23cd3cadbd9735aff958023239c6a063
137    WETH    18 eth 0x7ceb23fd6bc0add59e62ac25578270cff1b9f619
137    wstETH  18 eth 0x03b54a6e9a984069379fae1a4fc4dbae93b3bccd
137    WBTC    8  btc 0x1bfd67037b42cf73acf2047067bd4f2c47d9bfd6
324    USDC.e  6  usd 0x3355df6d4c9c3035724fd0e3914de96a5a83aaf4
8453   USDC    6  usd 0x833589fcd6edb6e08f4c7c32d4f71b54bda02913
8453   USDbC   6  usd 0xd9aaec86b65d86f6a7b5b1b0c42ffa531710b6ca
8453   USDT    6  usd 0xfde4c96c8593536e31f229ea8f37b2ada2699bb2
8453   DAI     18 usd 0x50c5725949a6f0c72e6c4a641f24049a917db0cb
8453   cbETH   18 eth 0x2ae3f1ec7f1f5012cfeab0185bfc7aa3cf0dec22
8453   wstETH  18 eth 0xc1cba3fcea344f92d9239c08c0568f6f2f0ee452
8453   cbBTC   8  btc 0xcbb7c0000ab88b473b1f5afd9ef808440eed33bf
42161  USDC    6  usd 0xaf88d065e77c8cc2239327c5edb3a432268e5831
42161  USDC.e  6  usd 0xff970a61a04b1ca14834a43f5de4533ebddb5cc8
42161  USDT    6  usd 0xfd086bc7cd5c481dcc9c85ebe478a1c0b69fcbb9
42161  DAI     18 usd 0xda10009cbd5d07dd0cecc66161fc93d7c9000da1
42161  FRAX    18 usd 0x17fc002b466eec40dae837fc4be5c67993ddbd6f
42161  wstETH  18 eth 0x5979d7b546e38e414f7e9822514be443a4800529
42161  WBTC    8  btc 0x2f2a2543b76a4166549f7aab2e75bef0aefc5b0f
43114  USDC    6  usd 0xb97ef9ef8734c71904d8002f8b6bc66dd9c48a6e
43114  USDC.e  6  usd 0xa7d7079b0fead91f3e65f86e8915cb59c1a4c664
43114  USDT    6  usd 0x9702230a8ea53601f5cd2dc00fdbc13d4df4a8c7
43114  USDT.e  6  usd 0xc7198437980c041c805a1edcba50c1ce5db95118
43114  DAI.e   18 usd 0xd586e7f844cea2f87f50152665bcbc2c279d8d70
43114  WETH.e  18 eth 0x49d5c2bdffac6ce2bfdb6640f4f80f226bc10bab
43114  WBTC.e  8  btc 0x50b7545627a5162f82a992c33b87adc75187b218
43114  BTC.b   8  btc 0x152b9d0fdc40c096757f570a51e494bd4b943e50
59144  USDC    6  usd 0x176211869ca2b568f2a7d4ee941e073a821ee1ff
81457  USDB    18 usd 0x4300000000000000000000000000000000000003
534352 USDC    6  usd 0x06efdbff2a14a7c8e15944d1f4a48f9f95f663a4
"""


def _native() -> Iterator[Token]:
    for chain_id, (symbol, follows) in NATIVE_COINS.items():
        yield Token(chain_id, NATIVE, symbol, NATIVE_DECIMALS, follows)


def _wrapped() -> Iterator[Token]:
    for line in _WRAPPED_NATIVE.split("\n")[1:-1]:
        chain, symbol, address = line.split()
        _, follows = NATIVE_COINS[int(chain)]
        yield Token(int(chain), bytes.fromhex(address[2:]), symbol, NATIVE_DECIMALS, follows, wraps_native=True)


def _pegged() -> Iterator[Token]:
    for line in _PEGGED.split("\n")[1:-1]:
        chain, symbol, decimals, follows, address = line.split()
        yield Token(int(chain), bytes.fromhex(address[2:]), symbol, int(decimals), follows)


TOKENS: Mapping[tuple[int, bytes], Token] = {
    (token.chain_id, token.address): token for token in (*_native(), *_wrapped(), *_pegged())
}
"""Every token here, native coins included, by chain id and address."""


def token(chain_id: int, address: bytes) -> Token | None:
    """The well-known token at this address, if it is one."""
    return TOKENS.get((chain_id, address))
