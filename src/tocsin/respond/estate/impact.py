"""A hit in plain words, for whoever is woken: what is harmed, what hangs on it, whose it is, who can contain it."""

from collections.abc import Iterable, Iterator, Sequence

from tocsin.respond.estate.estate import HOWS, Asset, Containment, Estate, Hit
from tocsin.respond.estate.value import Holding

MOST_NAMED = 5
"""Names in one line; the rest is counted."""
MINUTE_SECONDS = 60


def impact(estate: Estate, hit: Hit, holdings: Iterable[Holding] = ()) -> tuple[str, ...]:
    """The lines, what to know first first; none where nothing of the estate is hit."""
    if not hit.directly:
        return ()
    return (*_harmed(hit), *_at_stake(hit, tuple(holdings)), *_hanging(hit), _owned(estate, hit), *_ways(estate, hit))


def way_in_words(estate: Estate, way: Containment) -> str:
    """One way to contain, such as "Guardian can pause Vault: pause(), takes about 10 minutes"."""
    name = estate.name_of(way.asset)
    target = f" on {estate.name_of(way.on)}" if way.on else ""
    told = [f"{way.call}{target}" if way.call else "", _lasting(way.takes_seconds), way.note]
    how = HOWS[way.how].replace(" it", f" {name}", 1) if " it" in HOWS[way.how] else f"{HOWS[way.how]} ({name})"
    said = ", ".join(each for each in told if each)
    return f"{estate.name_of(way.by)} can {how}" + (f": {said}" if said else "")


def _harmed(hit: Hit) -> Iterator[str]:
    for asset in hit.directly[:MOST_NAMED]:
        where = f" on chain {asset.chain_id}, {asset.address}" if asset.place else ""
        yield f"{asset.name} ({asset.kind.value}, {asset.criticality.value}) is hit{where}"
    if (more := len(hit.directly) - MOST_NAMED) > 0:
        yield f"{more} more assets are hit"


def _at_stake(hit: Hit, holdings: Sequence[Holding]) -> Iterator[str]:
    for asset in hit.directly[:MOST_NAMED]:
        mine = sorted((each for each in holdings if each.asset == asset.id), key=_worth, reverse=True)
        if mine:
            told = ", ".join(each.in_units for each in mine[:MOST_NAMED])
            more = f" and {len(mine) - MOST_NAMED} more" if len(mine) > MOST_NAMED else ""
            yield f"{asset.name} held {told}{more} at block {mine[0].block_number:,}"


def _hanging(hit: Hit) -> Iterator[str]:
    if hit.depending:
        yield f"Depends on it: {_names(hit.depending)}"


def _owned(estate: Estate, hit: Hit) -> str:
    return "Owned by " + ", ".join(_owner(estate, owner) for owner in hit.owners)


def _owner(estate: Estate, owner: str) -> str:
    people = [person.name for person in estate.members(owner) if person.id != owner]
    return estate.name_of(owner) + (f" ({', '.join(people)})" if people else "")


def _ways(estate: Estate, hit: Hit) -> Iterator[str]:
    for way in hit.containment[:MOST_NAMED]:
        yield way_in_words(estate, way)
    if not hit.containment:
        yield "The estate names nobody who can contain it"


def _names(assets: Sequence[Asset]) -> str:
    told = ", ".join(f"{asset.name} ({asset.criticality.value})" for asset in assets[:MOST_NAMED])
    more = len(assets) - MOST_NAMED
    return f"{told} and {more} more" if more > 0 else told


def _lasting(seconds: int | None) -> str:
    if seconds is None:
        return ""
    if seconds < 2 * MINUTE_SECONDS:
        return f"takes about {seconds} seconds"
    return f"takes about {round(seconds / MINUTE_SECONDS)} minutes"


def _worth(holding: Holding) -> tuple[float, int]:
    return (holding.dollars or 0.0, holding.amount)
