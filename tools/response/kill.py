"""
Killed at any moment: `tocsin serve` and its PostgreSQL get SIGKILL at random points of a storm, again and again.

Meanwhile a program reports and declares over the API until it is answered, contracts of the estate are taken over on a
real node, and people press the button in some of the pages. Then tocsin runs undisturbed until nothing is left to be
done, and is held to everything that it accepted.
"""

import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

from callers import Answering, Reporter
from ground import CHAIN_ID, key_of, write
from installation import Installation, Running
from kept import Check, Outside, checks, waiting
from postgresql import Postgresql, postgresql
from receivers import free_port, mail_server, web_server
from takeovers import Takeovers

from tocsin.edge.anvil import VERSION, find_anvil
from tocsin.edge.anvil import running as anvil

REPORT_SECONDS, TAKE_OVER_SECONDS, ANSWER_SECONDS = 0.2, 1.0, 0.5
"""How long each of them rests."""
WORK_SECONDS, START_UP_SECONDS, AWAY_SECONDS = 3.0, 2.0, 1.5
"""How long it may have worked, or been starting, when it is killed; how long the database may be away."""
IN_START_UP = BOTH = 5
"""Every so manieth kill of `tocsin serve` comes before it is up; of the database, it is killed with it."""
UNDISTURBED_SECONDS = 240.0
READY_SECONDS, LOOK_SECONDS = 60.0, 0.02


@dataclass(frozen=True, slots=True)
class Kill:
    """One of them."""

    what: str
    ready_seconds: float
    """From the start that came after it until `tocsin serve` was up, or the database answered."""


@dataclass
class Result:
    """What it came to."""

    store: str
    kills: list[Kill] = field(default_factory=list)
    ended_by_itself: int = 0
    """How often `tocsin serve` ended without having been killed, as it does where it finds no database."""
    counts: dict[str, int] = field(default_factory=dict)
    settled_seconds: float = 0.0
    checks: list[Check] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        """Whether nothing was lost."""
        return all(each.is_kept for each in self.checks)


@dataclass
class Supervised:
    """`tocsin serve`, started again whenever it ended, as a supervisor of services does."""

    home: Installation
    result: Result
    stack: ExitStack = field(default_factory=ExitStack)
    running: Running | None = None

    def start(self) -> None:
        """Start it."""
        self._look()
        self.stack.close()
        self.running = self.stack.enter_context(self.home.serving())

    def kill(self) -> None:
        """SIGKILL."""
        if self.running is not None:
            self.running.process.kill()
            self.running.process.wait()

    def ready(self) -> float:
        """Wait until it is up, starting it again where it ended; how long that took."""
        begun = time.monotonic()
        while time.monotonic() - begun < READY_SECONDS:
            if self._keep_up():
                return time.monotonic() - begun
            time.sleep(LOOK_SECONDS)
        raise SystemExit(f"tocsin serve does not come up: {self.running and self.running.lines[-20:]}")

    def rest(self, seconds: float) -> None:
        """Only keep it started for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._keep_up()
            time.sleep(LOOK_SECONDS)

    def _keep_up(self) -> bool:
        """Start it again where it ended; whether it is up."""
        if self.running is None or self.running.process.poll() is not None:
            self.result.ended_by_itself += self.running is not None and self.running.process.returncode >= 0
            self.start()
        return self.running is not None and any(line["event"] == "serving" for line in list(self.running.lines))

    def close(self) -> None:
        """Stop it for good."""
        self._look()
        self.stack.close()

    def _look(self) -> None:
        """What it logged that it must not."""
        lines = self.running.lines if self.running else []
        told = [json.dumps(line) for line in list(lines)]
        self.result.defects += [line[:2_000] for line in told if "defect of tocsin" in line or "Traceback" in line]


def measured(kills: int, seed: int, store: str) -> Result:
    """Kill so often; `store` is sqlite or postgresql. With PostgreSQL every second kill is the database's."""
    binary = find_anvil(os.environ)
    if binary is None:
        raise SystemExit("there is no anvil: tocsin range --fetch-anvil")
    with ExitStack() as stack:
        database = stack.enter_context(postgresql()) if store == "postgresql" else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-kill-")))
        takeovers = Takeovers(stack.enter_context(anvil(binary, CHAIN_ID)))
        mail, mails = stack.enter_context(mail_server())
        web, posts = stack.enter_context(web_server())
        url = database.url if database else f"sqlite:///{folder}/tocsin.db"
        home = Installation(folder=folder, store=url, port=free_port())
        write(home, takeovers, mail=mail, web=web)
        base = f"http://127.0.0.1:{home.port}/api/v1"
        outside = Outside(reporter=Reporter(base, key_of(home)), answering=Answering(posts), mails=mails, posts=posts)
        result = Result(store)
        served = Supervised(home, result)
        stack.callback(served.close)
        served.ready()
        works = [
            (outside.reporter.go_on, REPORT_SECONDS),
            (takeovers.go_on, TAKE_OVER_SECONDS),
            (outside.answering.go_on, ANSWER_SECONDS),
        ]
        with _going_on(works) as stop:
            _kill(served, database, kills, Random(seed))  # noqa: S311 - chooses moments
            served.ready()
            stop()
        result.settled_seconds = _settled(served)
        served.close()
        result.counts = _counts(home, outside, takeovers)
        result.checks = list(checks(home, outside))
        result.checks.append(
            Check("defects that it logged: none", 0, len(result.defects), "; ".join(result.defects[:1]))
        )
        return result


@contextmanager
def _going_on(works: Sequence[tuple[Callable[[threading.Event, float], None], float]]) -> Iterator[Callable[[], None]]:
    """These go on beside, each in a thread; the block is given how to stop them, and wait until each is at an end."""
    end = threading.Event()
    failed: list[BaseException] = []

    def whole(work: Callable[[threading.Event, float], None], seconds: float) -> None:
        try:
            work(end, seconds)
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            failed.append(error)

    threads = [threading.Thread(target=whole, args=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()

    def stop() -> None:
        end.set()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]

    try:
        yield stop
    finally:
        end.set()


def _kill(served: Supervised, database: Postgresql | None, kills: int, dice: Random) -> None:
    for number in range(kills):
        if database is not None and number % 2:
            made = _kill_database(served, database, dice, with_serve=number % (2 * BOTH) == 2 * BOTH - 1)
        else:
            made = _kill_serve(served, dice, in_start_up=number % (2 * IN_START_UP) == 2 * IN_START_UP - 2)
        served.result.kills.append(made)
        print(f"{number + 1} of {kills}: {made.what}, up after {made.ready_seconds:.1f} s", flush=True)


def _kill_database(served: Supervised, database: Postgresql, dice: Random, *, with_serve: bool) -> Kill:
    served.ready()
    time.sleep(dice.uniform(0, WORK_SECONDS))
    database.kill()
    if with_serve:
        served.kill()
        served.start()  # finds no database, and is started again until it finds one
    served.rest(dice.uniform(0, AWAY_SECONDS))
    begun = time.monotonic()
    database.start()
    return Kill("both at once", served.ready()) if with_serve else Kill("PostgreSQL", time.monotonic() - begun)


def _kill_serve(served: Supervised, dice: Random, *, in_start_up: bool) -> Kill:
    served.ready()
    if in_start_up:
        served.kill()
        served.start()
        time.sleep(dice.uniform(0, START_UP_SECONDS))
    else:
        time.sleep(dice.uniform(0, WORK_SECONDS))
    served.kill()
    served.start()
    return Kill("tocsin serve, starting" if in_start_up else "tocsin serve", served.ready())


def _settled(served: Supervised) -> float:
    """Undisturbed until nothing is left to be done; how long that took."""
    begun = time.monotonic()
    while time.monotonic() - begun < UNDISTURBED_SECONDS and waiting(served.home):
        time.sleep(0.5)
    return time.monotonic() - begun


def _counts(home: Installation, outside: Outside, takeovers: Takeovers) -> dict[str, int]:
    def count(table: str) -> int:
        return int(home.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"])  # noqa: S608 - of our own

    return {
        "alerts accepted by the API": len(outside.reporter.alerts),
        "incidents accepted by the API": len(outside.reporter.incidents),
        "requests for these": outside.reporter.tries,
        "of them answered with look first": outside.reporter.looks,
        "contracts taken over": takeovers.done,
        "incidents acknowledged by link": len(outside.answering.incidents),
        "alerts in the store": count("alerts"),
        "incidents in the store": count("incidents"),
        "entries of the journal": count("journal"),
        "pages": count("pages"),
        "captures": count("captures"),
        "arrivals by webhook": len(outside.posts.arrived),
        "arrivals by mail": len(outside.mails.arrived),
    }


def table(result: Result, seed: int) -> Iterator[str]:
    """The lines of the report, in Markdown."""
    yield f"{len(result.kills)} kills, {result.store}, anvil {VERSION}, seed {seed}."
    yield ""
    yield "| killed | times | up again, median s | most s |"
    yield "|---|---:|---:|---:|"
    for what in sorted({kill.what for kill in result.kills}):
        took = [kill.ready_seconds for kill in result.kills if kill.what == what]
        yield f"| {what} | {len(took)} | {median(took):.1f} | {max(took):.1f} |"
    yield ""
    yield f"Everything was done {result.settled_seconds:.0f} s after the storm."
    yield f"Starts that found no database and ended: {result.ended_by_itself}."
    yield ""
    yield "| | |"
    yield "|---|---:|"
    yield from (f"| {name} | {count} |" for name, count in result.counts.items())
    yield ""
    yield "| must hold | held | of | |"
    yield "|---|---:|---:|---|"
    for each in result.checks:
        says = "" if each.is_kept else f"**NOT KEPT** {each.note}"
        yield f"| {each.says} | {each.held} | {each.of} | {says} |"
