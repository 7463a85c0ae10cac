"""The estate held against the chains: who is asked, and what comes of it. What is asked and judged is pure."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.app.known import of_settings
from tocsin.app.setting_values import expanded
from tocsin.app.settings import ChainSettings, Settings
from tocsin.chain.header import Header
from tocsin.chain.token_claims import Claim, claims
from tocsin.chain.token_claims import questions as claimed
from tocsin.chain.tokens import NATIVE_COINS, NATIVE_DECIMALS, TOKENS, token
from tocsin.detect.worth import Prices
from tocsin.edge import nodes
from tocsin.edge.nodes import Nodes
from tocsin.edge.rpc.endpoint import Endpoint
from tocsin.edge.rpc.limits import Limits
from tocsin.model.errors import InputError, RemoteError, SettingError
from tocsin.model.lookups import Answers, Lookup
from tocsin.respond.estate.answers import quantity
from tocsin.respond.estate.estate import Asset, AssetKind, Estate
from tocsin.respond.estate.gaps import gaps
from tocsin.respond.estate.judging import Outcome, Verdict, judge
from tocsin.respond.estate.links import NATIVE
from tocsin.respond.estate.questions import questions
from tocsin.respond.estate.value import Holding, balances, tokens_of
from tocsin.tables.columns import NATIVE as NATIVE_ADDRESS

ROUNDS = 2
"""A person waits for it: a node that does not answer is said to be silent soon."""
MOST_SECONDS_BEHIND = 300
"""How old the newest block of a node may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of a check."""

    verdicts: tuple[Verdict, ...]
    holdings: tuple[Holding, ...]
    """What is more than nothing of what assets hold."""
    counted: tuple[str, ...]
    """The ids of the assets whose holdings were read."""

    @property
    def is_right(self) -> bool:
        """Whether everything could be asked, and is as the estate says."""
        return not any(verdict.outcome.is_wrong for verdict in self.verdicts)


async def check_estate(settings: Settings, estate: Estate, environment: Mapping[str, str], *, now: float) -> Checked:
    """
    Ask the nodes in the settings about every asset on a chain, and every node of the estate whether it answers.

    Raises `SettingError`, and `UserError` and `InputError` for the files of prices.
    """
    prices = Prices.of(of_settings(settings))
    assets = estate.assets.values()
    chains = dict.fromkeys(asset.chain_id for asset in assets if asset.place is not None)
    asked = [_Chain(settings, estate, chain_id, prices, now).check() for chain_id in chains if chain_id is not None]
    called = [_node(asset, environment, now) for asset in assets if asset.kind is AssetKind.NODE]
    parts, answered = await asyncio.gather(asyncio.gather(*asked), asyncio.gather(*called))
    return Checked(
        verdicts=(*(verdict for part in parts for verdict in part.verdicts), *answered, *gaps(estate)),
        holdings=tuple(holding for part in parts for holding in part.holdings),
        counted=tuple(asset for part in parts for asset in part.counted),
    )


@dataclass(frozen=True, slots=True)
class _Chain:
    """The assets of one chain."""

    settings: Settings
    estate: Estate
    chain_id: int
    prices: Prices
    now: float

    @property
    def assets(self) -> tuple[Asset, ...]:
        return tuple(asset for asset in self.estate.assets.values() if asset.place and asset.chain_id == self.chain_id)

    async def check(self) -> Checked:
        chain = next((each for each in self.settings.chains if each.chain_id == self.chain_id), None)
        if chain is None:
            return self._unanswered(f"there is no [[chain]] with chain_id {self.chain_id} in the settings to ask")
        try:
            reader = await _reader(chain)
        except (RemoteError, SettingError) as error:
            return self._unanswered(str(error))
        try:
            return await self._ask(reader, await reader.head())
        except (RemoteError, InputError) as error:
            return self._unanswered(str(error))
        finally:
            await reader.close()

    async def _ask(self, reader: Nodes, head: Header) -> Checked:
        told: dict[str, dict[str, str | None]] = {asset.id: {} for asset in self.assets}
        while left := [
            (asset.id, name, lookup)
            for asset in self.assets
            for name, lookup in questions(asset, self.estate, told[asset.id], head.number).items()
        ]:
            answers = await reader.answers([lookup for _, _, lookup in left])
            for asset_id, name, lookup in left:
                told[asset_id][name] = answers.get(lookup)
        verdicts = (
            verdict
            for asset in self.assets
            for verdict in judge(asset, self.estate, told[asset.id], block_time=head.timestamp)
        )
        held = await self._holdings(reader, head)
        return Checked(verdicts=tuple(verdicts), holdings=tuple(held), counted=tuple(told))

    async def _holdings(self, reader: Nodes, head: Header) -> list[Holding]:
        known = ["0x" + one.address.hex() for one in TOKENS.values() if self._is_known_here(one.chain_id, one.address)]
        asked = [
            (asset, each, lookup)
            for asset in self.assets
            for each, lookup in balances(asset, tokens_of(asset, self.estate, known), head.number).items()
        ]
        strange = {each for _, each, _ in asked if each != NATIVE and each not in known}
        about = [one for each in strange for one in claimed(each, block_number=head.number, chain_id=self.chain_id)]
        answers = await reader.answers([*(lookup for _, _, lookup in asked), *about])
        told = claims(strange, answers, block_number=head.number, chain_id=self.chain_id)
        found = (self._holding(asset, each, _amount(lookup, answers), told, head) for asset, each, lookup in asked)
        return [holding for holding in found if holding is not None and holding.amount]

    def _is_known_here(self, chain_id: int, address: bytes) -> bool:
        return chain_id == self.chain_id and address != NATIVE_ADDRESS

    def _holding(
        self, asset: Asset, address: str, amount: int | None, told: Mapping[str, Claim], head: Header
    ) -> Holding | None:
        if amount is None:
            return None
        raw = NATIVE_ADDRESS if address == NATIVE else bytes.fromhex(address[2:])
        symbol, decimals = self._named(address, raw, told)
        return Holding(
            asset=asset.id,
            chain_id=self.chain_id,
            token=address,
            symbol=symbol,
            decimals=decimals,
            amount=amount,
            dollars=self.prices.dollars(self.chain_id, raw, amount),
            block_number=head.number,
            read_at=self.now,
        )

    def _named(self, address: str, raw: bytes, told: Mapping[str, Claim]) -> tuple[str, int | None]:
        if address == NATIVE:
            return NATIVE_COINS.get(self.chain_id, ("native coin", ""))[0], NATIVE_DECIMALS
        if (known := token(self.chain_id, raw)) is not None:
            return known.symbol, known.decimals
        claim = told.get(address)
        return ("", None) if claim is None else (claim.symbol, claim.decimals)

    def _unanswered(self, why: str) -> Checked:
        verdicts = (
            Verdict(asset=asset.id, what="chain", outcome=Outcome.UNANSWERED, says=why) for asset in self.assets
        )
        return Checked(verdicts=tuple(verdicts), holdings=(), counted=())


async def _reader(chain: ChainSettings) -> Nodes:
    limits = Limits(rounds=ROUNDS, requests_per_second=chain.requests_per_second)
    return await nodes.connect([one.reveal for one in chain.endpoints], chain_id=chain.chain_id, limits=limits)


def _amount(lookup: Lookup, answers: Answers) -> int | None:
    """What a balance question was answered; nothing where what was asked is no token."""
    return quantity(answers.get(lookup))


async def _node(asset: Asset, environment: Mapping[str, str], now: float) -> Verdict:
    """Whether a node answers, is of its chain, and has a new block."""
    if not asset.url:
        return Verdict(asset=asset.id, what="node", outcome=Outcome.NOTE, says="has no url, so that nobody asks it")
    try:
        endpoint = Endpoint(expanded(asset.url, asset.id, environment), asset.chain_id, Limits(rounds=ROUNDS))
    except SettingError as error:
        return Verdict(asset=asset.id, what="node", outcome=Outcome.UNANSWERED, says=str(error))
    try:
        await endpoint.prepare()
        head = await endpoint.newest()
    except (RemoteError, InputError) as error:
        return Verdict(asset=asset.id, what="node", outcome=Outcome.DIFFERS, says=str(error))
    finally:
        await endpoint.close()
    behind = max(0, int(now) - head.timestamp)
    outcome = Outcome.SAME if behind <= MOST_SECONDS_BEHIND else Outcome.DIFFERS
    return Verdict(
        asset=asset.id,
        what="node",
        outcome=outcome,
        says=f"answers; its newest block is {head.number:,}, {behind:,} seconds old",
        found=str(head.number),
    )
