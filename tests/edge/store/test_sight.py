"""Who may see restricted incidents, and the alerts that are about them."""

from tocsin.edge.store import evidence, incidents, sight
from tocsin.edge.store.opening import Store
from tocsin.model.actor import Actor, ActorKind
from tocsin.model.priority import Priority
from tocsin.respond.evidence.item import Item, Type
from tocsin.respond.incident.events import AccessGranted, AlertLinked, Declared, Event

ADA = Actor(ActorKind.USER, "ada")


def declare(store: Store, name: str, *more: Event, is_restricted: bool) -> None:
    declared = Declared(
        number="",
        title="An insider",
        type="exploit",
        priority=Priority.P1,
        because=("it was seen",),
        rule="",
        detected_at=1.0,
        is_restricted=is_restricted,
        codename="HERON" if is_restricted else "",
    )
    with store.engine.begin() as connection:
        told = {"actor": ADA, "occurred_at": 1.0, "now": 2.0}
        incidents.declare(connection, incident=name, events=[declared, *more], **told)  # type: ignore[arg-type] # by name


def linked(alert: str) -> AlertLinked:
    return AlertLinked(alert=alert, title="t", severity="high", detected_at=1.0)


def test_a_restricted_incident_and_its_alerts_are_for_those_who_were_granted_it(store: Store) -> None:
    declare(store, "secret", linked("a1"), AccessGranted(person="bob", reason="he knows"), is_restricted=True)
    declare(store, "open", linked("a2"), is_restricted=False)
    streams = {"incident:secret", "incident:open", "alert:a1", "alert:a2", "alert:a3", "audit", "evidence:secret"}

    found = sight.viewers(store.engine, streams)

    assert found == {"incident:secret": {"ada", "bob"}, "alert:a1": {"ada", "bob"}}
    assert sight.viewers(store.engine, set()) == {}


def test_evidence_of_a_restricted_incident_is_for_its_viewers(store: Store) -> None:
    declare(store, "secret", is_restricted=True)
    with store.engine.begin() as connection:
        for name, incident in (("e1", "secret"), ("e2", None)):
            item = Item(
                id=name,
                sha256="0" * 64,
                size=1,
                type=Type.FILE,
                name="n",
                media="text/plain",
                source="s",
                method="m",
                tool="t",
                incident=incident,
            )
            evidence.insert(connection, item)

    assert sight.viewers(store.engine, {"evidence:e1", "evidence:e2"}) == {"evidence:e1": {"ada"}}
