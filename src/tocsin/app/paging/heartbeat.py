"""
The pager's own heartbeat: a URL of an outside watcher, asked for while people can be paged.

When the calls stop, the watcher tells somebody that tocsin itself is down (reference: incident response, 5.5).
"""

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.app.telling.teller import Send
from tocsin.edge.logs import Log
from tocsin.model.errors import ChannelError
from tocsin.respond.channels.sending import HttpAnswer, HttpRequest

EVERY_SECONDS = 60.0
ANSWER_SECONDS = 10.0


@dataclass(slots=True, kw_only=True)
class Heartbeat:
    """Asks for a URL now and then."""

    url: str
    send: Send
    clock: Callable[[], float]
    log: Log
    next_at: float = 0.0

    @property
    def is_due(self) -> bool:
        """Whether a minute has passed."""
        return bool(self.url) and self.clock() >= self.next_at

    async def beat(self) -> bool:
        """Ask for it; whether the watcher heard. That it did not is logged: it will raise its alarm by itself."""
        self.next_at = self.clock() + EVERY_SECONDS
        try:
            request = HttpRequest(method="GET", url=self.url)
            answer = await self.send(request, seconds=ANSWER_SECONDS, allow_private=True)
        except ChannelError as error:
            self.log.warning("the pager's outside watcher did not hear it", error=str(error))
            return False
        heard = isinstance(answer, HttpAnswer) and answer.status < 400
        if not heard:
            self.log.warning("the pager's outside watcher refused it", status=getattr(answer, "status", None))
        return heard
