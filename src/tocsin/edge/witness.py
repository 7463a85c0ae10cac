"""What every endpoint says to the same questions, side by side: for evidence it matters who said what."""

from collections.abc import Mapping, Sequence

from tocsin.chain.rpc.json_rpc import Outcome, Request
from tocsin.edge.rpc.endpoint import Endpoint
from tocsin.edge.rpc.pool import Pool


class Witness:
    """The endpoints of one chain."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def ask(self, requests: Sequence[Request]) -> Mapping[str, Sequence[Outcome]]:
        """By endpoint, the outcome of each request; endpoints that could not be asked, or are slow, are absent."""

        async def everything(endpoint: Endpoint) -> list[Outcome]:
            await endpoint.prepare()
            return await endpoint.ask(requests)

        answered = await self._pool.everywhere(everything)
        return {endpoint.name: said for endpoint, said in answered.items() if isinstance(said, list)}
