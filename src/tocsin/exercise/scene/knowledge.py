"""What the organisation of the scene knows from the beginning: what its tokens are worth, and what it protects."""

from tocsin.exercise.knowledge import Knowledge
from tocsin.exercise.scene.scene import Scene
from tocsin.exercise.stage import Stage

ETHER_DOLLARS, DOLLAR, THIN_DOLLARS = 3_000.0, 1.0, 0.5
"""As the pools of the scene trade them."""


def known(home: Stage, far: Stage, scene: Scene) -> Knowledge:
    """A notebook with prices and labels. RGOV and HOOK trade nowhere, and have no price."""
    book = Knowledge()
    _price(book, home, far, scene)
    _watch(book, home, far, scene)
    people, services = scene.people, scene.services
    bridges = (scene.bridge.home, scene.hyperlane.collateral, scene.hyperlane.home.mailbox)
    book.label(home, "exchange", people.exchange, *people.deposits)
    book.label(home, "mixer", services.mixer)
    book.label(home, "bridge", *bridges)
    book.label(far, "bridge", scene.bridge.far, scene.hyperlane.synthetic, scene.hyperlane.far.mailbox)
    book.label(home, "router", scene.uniswap_v2.router, scene.uniswap_v3.router)
    book.label(home, "own", people.founder, people.keeper, people.relayer, *people.owners)
    return book


def _price(book: Knowledge, home: Stage, far: Stage, scene: Scene) -> None:
    tokens = scene.tokens
    for stage in (home, far):
        book.price(stage, None, 18, ETHER_DOLLARS)
    book.price(home, tokens.weth, 18, ETHER_DOLLARS)
    book.price(home, tokens.usdr, 6, DOLLAR)
    book.price(home, tokens.dair, 18, DOLLAR)
    book.price(home, tokens.thin, 18, THIN_DOLLARS)
    book.price(far, scene.bridge.far, 6, DOLLAR)
    book.price(far, scene.hyperlane.synthetic, 6, DOLLAR)


def _watch(book: Knowledge, home: Stage, far: Stage, scene: Scene) -> None:
    """What the organisation runs or holds money in; what its users and its partners run is not its own."""
    book.watch(home, scene.safe.wallet, scene.governance.timelock, scene.proxies.transparent, scene.proxies.uups)
    book.watch(home, scene.bridge.home, scene.hyperlane.collateral, *scene.aave.receipt_tokens.values())
    book.watch(home, scene.services.vault, scene.people.exchange)
    book.watch(far, scene.bridge.far, scene.hyperlane.synthetic)
