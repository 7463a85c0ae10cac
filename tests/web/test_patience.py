"""An answer that does not come in time: another says so, and what is too much is not begun."""

import asyncio
import io
from typing import Any

from tocsin.edge.logs import logger
from tocsin.web.patience import Patience


def scope() -> dict[str, Any]:
    return {"type": "http", "method": "POST", "path": "/x", "headers": [], "state": {"request_id": "r-1"}}


def test_what_takes_too_long_is_told_goes_on_and_too_many_are_refused() -> None:
    asyncio.run(_late())


async def _late() -> None:
    goes_on, done = asyncio.Event(), []

    async def slow(_scope: Any, _receive: Any, send: Any) -> None:
        await goes_on.wait()
        done.append("done")
        await send({"type": "http.response.start", "status": 201, "headers": []})

    log = io.StringIO()
    patience = Patience(slow, logger(log, ()), seconds=0.05, most_stuck=1)
    first, second = await _asked(patience), await _asked(patience)
    assert [first[0]["status"], second[0]["status"]] == [503, 503]
    assert b"/audit?request_id=r-1" in first[1]["body"]
    assert b"started again" in second[1]["body"]
    assert "takes too long" in log.getvalue()

    goes_on.set()
    await asyncio.gather(*patience.stuck)
    assert done == ["done"]
    assert [message["type"] for message in first] == ["http.response.start", "http.response.body"]
    assert (await _asked(patience))[0]["status"] == 201


async def _asked(patience: Patience) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    await patience(scope(), receive, send)
    return sent
