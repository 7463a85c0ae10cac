"""The bell: rung when something was entered into the journal, so that nobody who follows it waits for the next look."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Bell:
    """Wakes everybody who listens, from any thread."""

    loop: asyncio.AbstractEventLoop
    listeners: list[asyncio.Event] = field(default_factory=list)

    def listener(self) -> asyncio.Event:
        """An event that is set at every ring; whoever waits on it clears it."""
        event = asyncio.Event()
        self.listeners.append(event)
        return event

    def ring(self) -> None:
        """Wake them. May be called from any thread, and after the loop has ended."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        for event in self.listeners:
            event.set()


async def heard(event: asyncio.Event, seconds: float) -> None:
    """Wait for a ring, or as long as this: what another process wrote rings no bell."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
    event.clear()
