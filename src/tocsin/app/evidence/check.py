"""Whether the bytes of all evidence are still those that were kept, and what a crash left over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tocsin.app.desk import Desk
from tocsin.app.evidence.custody import changed, digest_now, kept_in, listing, reason_of, seen, trouble_key
from tocsin.edge.store import evidence as rows
from tocsin.edge.store import journal
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.health import close_alert
from tocsin.model.actor import Actor
from tocsin.respond.evidence import custody
from tocsin.respond.evidence.custody import Act, Doing
from tocsin.respond.evidence.item import Item, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check of everything that is kept found."""

    sound: int
    changed: tuple[str, ...]
    """Ids of pieces whose bytes are not those that were kept."""
    missing: tuple[str, ...]
    """Ids of pieces whose bytes are not there."""
    orphans: tuple[str, ...]
    """Digests of bytes of which no row tells, and files of work that was broken off."""

    @property
    def is_sound(self) -> bool:
        """Whether everything is as it was kept. What is left over harms nothing."""
        return not self.changed and not self.missing


def check(desk: Desk, actor: Actor, why: str, *, evidence: Sequence[str] = ()) -> Checked:
    """Hold all pieces, or these, against their digests; each is recorded. What is wrong is a health alert."""
    pieces = [seen(desk, actor, each) for each in evidence] if evidence else list(_every(desk, actor))
    here = [item for item in pieces if item.state is not State.DESTROYED]
    found = {item.id: _verified(desk, actor, item, why) for item in here}
    return Checked(
        sound=sum(found[item.id] == item.sha256 for item in here),
        changed=tuple(item.id for item in here if found[item.id] not in ("", item.sha256)),
        missing=tuple(item.id for item in here if not found[item.id]),
        orphans=() if evidence else tuple(_orphans(desk)),
    )


def _every(desk: Desk, actor: Actor) -> Iterator[Item]:
    after = ""
    while pieces := listing(desk, actor, after=after):
        yield from pieces
        after = pieces[-1].id


def _verified(desk: Desk, actor: Actor, item: Item, why: str) -> str:
    found, now = digest_now(desk, item), desk.clock()
    told = custody.act(item.id, Act.VERIFIED, Doing(actor, now, reason_of(why)), before=item.sha256, after=found)
    with named_errors(), desk.store.engine.begin() as connection:
        journal.append(connection, [told], now=now)
    if found != item.sha256:
        changed(desk, item, found)
    else:
        close_alert(desk.store.engine, trouble_key(item), now=now)
    desk.ring()
    return found


def _orphans(desk: Desk) -> Iterator[str]:
    place = kept_in(desk)
    for digest in place.every():
        with named_errors(), desk.store.engine.begin() as connection:
            is_known = bool(rows.keepers(connection, digest))
        if not is_known:
            yield digest
    for path in place.left_over():
        yield str(path)
