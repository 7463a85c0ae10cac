"""An incident with everything in it, as its journal has it: told once by people, once by attackers."""

from collections.abc import Callable, Iterator

from estates import ACME, VAULT
from tocsin.model.actor import TOCSIN, Actor, ActorKind
from tocsin.model.priority import Priority
from tocsin.respond.estate.reading import parse
from tocsin.respond.evidence.item import Item, Type
from tocsin.respond.incident import events
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.incident import fold
from tocsin.respond.journal import Entry
from tocsin.respond.reports.material import Material

ADA, BEN = Actor(ActorKind.USER, "ada"), Actor(ActorKind.USER, "ben")
BEGAN = 1_764_000_000.0
"""2025-11-24 16:00:00 UTC."""
INCIDENT = "018f0000-0000-7000-8000-000000000001"
TRANSACTION = "0x" + "ab" * 32
ATTACKER = "0x" + "66" * 20
DIGEST = "5" * 64
WEI = 1_234_567_890_123_456_789_012

HOSTILE = (
    '<script>alert(1)</script> ![x](http://evil.example/p.png) [click](javascript:alert(1)) #read("/etc/passwd") '
    "$x$ *b* _i_ `c` | a | b | =1+2 \u202e\x1b[31m @everyone <img src=x onerror=alert(1)> \n# Heading\n"
)


def told(text: Callable[[str], str]) -> Iterator[tuple[float, Actor, Event]]:
    """Seconds after it began, who, and what happened."""
    yield (
        20,
        TOCSIN,
        events.Declared(
            number="INC-2026-0042",
            title=text("Vault emptied"),
            type="exploit",
            priority=Priority.P1,
            because=(text("funds are leaving a critical contract"),),
            rule="exploit-in-progress",
            detected_at=BEGAN + 12,
            began_at=BEGAN,
            summary=text("Somebody drains the **vault**.\n\n- first\n- second"),
        ),
    )
    yield (
        20,
        TOCSIN,
        events.AlertLinked(
            alert="alert-1",
            title=text("Drain of a watched contract"),
            severity="critical",
            detected_at=BEGAN + 12,
            chain_id=1,
            block_number=21_000_000,
            block_hash="0x" + "cd" * 32,
            transactions=(TRANSACTION,),
            attackers=(ATTACKER,),
            victims=(VAULT,),
        ),
    )
    yield 20, TOCSIN, events.AssetsIdentified(assets=("vault", "front-end", "gone"), directly=("vault",))
    yield (
        21,
        TOCSIN,
        events.ClockStarted(
            clock="INC-2026-0042:response",
            definition="response",
            started_at=BEGAN + 20,
            due_at=BEGAN + 920,
            says=text("respond within 15 minutes"),
        ),
    )
    yield (
        21,
        TOCSIN,
        events.ClockStarted(
            clock="INC-2026-0042:nis2",
            definition="nis2-early-warning",
            started_at=BEGAN + 20,
            due_at=None,
            says="early warning",
        ),
    )
    yield 22, TOCSIN, events.PageQueued(page="page-1", person="ada", policy="protocol", step=1, round=1)
    yield 23, TOCSIN, events.PageSent(page="page-1", person="ada", channel="voice", attempt=1, may_be_repeat=True)
    yield 80, ADA, events.PageAnswered(page="page-1", person="ada", answer="acknowledged", channel="voice")
    yield 80, ADA, events.Acknowledged(via="voice")
    yield (
        1000,
        TOCSIN,
        events.ClockBreached(
            clock="INC-2026-0042:response", definition="response", due_at=BEGAN + 920, noticed_at=BEGAN + 1000
        ),
    )
    yield (
        1001,
        ADA,
        events.ClockMet(clock="INC-2026-0042:response", definition="response", at=BEGAN + 1001, is_late=True),
    )
    yield 90, ADA, events.RoleAssigned(role="commander", person="ada")
    yield (
        100,
        ADA,
        events.Classified(type="exploit", priority=Priority.P1, because=(text("it goes on"),), rule=""),
    )
    yield from _funds(text)
    yield (
        400,
        ADA,
        events.DecisionMade(
            decision="d1", what=text("Pause the vault"), why=text("loss goes on"), options=("wait",), decided_by="ben"
        ),
    )
    yield 500, ADA, events.TaskAdded(task="t1", title=text("Tell users"), is_mandatory=True, assignees=("ben",))
    yield 510, BEN, events.NoteWritten(note="n1", text=text("Looks like **reentrancy**."))
    yield 520, BEN, events.TimelineWritten(line="l1", at=BEGAN + 5, text=text("Users complain"), is_pinned=True)
    yield 521, BEN, events.TimelineWritten(line="l2", at=BEGAN + 6, text="not for others", in_report=False)
    yield 530, BEN, events.ImpactAssessed(customers=12, services=("app",), data=(), note=text("deposits"))
    yield 540, BEN, events.EvidenceAdded(evidence="e1", sha256=DIGEST, name=text("receipt.json"), type="chain_snapshot")
    yield (
        600,
        BEN,
        events.UpdatePublished(
            update="u1", audience="users", text=text("We paused the vault."), tlp="clear", channels=("email",)
        ),
    )
    yield 700, ADA, events.StatusChanged(before="active", after="stable", reason=text("paused"))
    yield (
        9000,
        BEN,
        events.PostMortemWritten(
            version=1,
            root_cause=text("An unguarded callback."),
            five_whys=(text("No test of it."),),
            went_well=("paging",),
            went_wrong=("the pause took long",),
            got_lucky=("a whitehat returned most",),
            lessons=(text("Rehearse the pause."),),
            counterfactual=text("A pause in two minutes would have saved a third."),
        ),
    )
    yield 9100, ADA, events.ActionItemAdded(item="a1", what=text("Guard it"), owner="ben", due_at=BEGAN + 999_999)


def _funds(text: Callable[[str], str]) -> Iterator[tuple[float, Actor, Event]]:
    for posting, after, amount, debit, credit in (
        ("p1", 200, WEI, "at_risk", "stolen"),
        ("p2", 300, WEI // 3, "stolen", "frozen"),
    ):
        yield (
            after,
            ADA,
            events.FundsMoved(
                posting=posting,
                chain_id=1,
                token="native",  # noqa: S106 - a coin, no secret
                symbol=text("ETH"),
                decimals=18,
                amount=str(amount),
                debit=debit,
                credit=credit,
                transactions=(TRANSACTION,),
                usd_cents=amount * 300_000 // 10**18,
                price_source="price list",
                note=text("drained"),
            ),
        )


def material(text: Callable[[str], str] = str, *, exercise: str = "", only: int | None = None) -> Material:
    """The incident with its texts as `text` makes them; with `only`, no more than so many events."""
    stream: list[Entry] = []
    for after, actor, event in list(told(text))[:only]:
        if isinstance(event, events.Declared):
            event = events.msgspec.structs.replace(event, exercise=exercise)  # noqa: PLW2901 - the same, as an exercise
        draft = events.draft(INCIDENT, event, actor, BEGAN + after)
        entry = Entry(
            stream=draft.stream,
            kind=draft.kind,
            actor=actor,
            occurred_at=draft.occurred_at,
            data=draft.data,
            position=len(stream),
            sequence=len(stream) + 1,
            recorded_at=draft.occurred_at + 1,
            previous=stream[-1].digest if stream else "",
        )
        stream.append(entry)
    item = Item(
        id="e0",
        sha256="6" * 64,
        size=1234,
        type=Type.LOG,
        name=text("node.log"),
        media="text/plain",
        source="node",
        method="copied",
        tool="tocsin",
        incident=INCIDENT,
        added_at=BEGAN + 50,
        added_by="user:ada",
    )
    return Material(
        incident=fold(stream),
        entries=tuple(stream),
        evidence=(item,) if only is None else (),
        made_at=BEGAN + 10_000,
        made_by="user:ada",
        estate=parse(ACME, "estate.toml"),
    )
