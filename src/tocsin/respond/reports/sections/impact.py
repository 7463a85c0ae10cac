"""Whom and what it hit: assets of the estate, people, services, data."""

from collections.abc import Iterator

from tocsin.respond.estate.impact import impact
from tocsin.respond.reports.document import Block, Bullets, Line, Pairs
from tocsin.respond.reports.material import UNKNOWN, Material
from tocsin.respond.reports.section import Section


def build(material: Material) -> tuple[Block, ...]:
    """The estate's lines, and what was assessed."""
    incident = material.incident
    lines = impact(material.estate, material.estate.hit_assets(incident.hit), material.holdings)
    gone = [each for each in incident.assets if each not in material.estate.assets]
    told = (*lines, *(f"{each} is not in the estate any more" for each in gone))
    assets: Block = Bullets(told) if told else Line("No asset of the estate is known to be hit.")
    return (assets, *_assessed(material))


def _assessed(material: Material) -> Iterator[Block]:
    assessed = material.incident.impact
    if assessed is None:
        yield Line("Nobody has assessed yet which people, services and data it hit.")
        return
    yield Pairs(
        (
            ("People", _count(assessed.people)),
            ("Customers", _count(assessed.customers)),
            ("Services", ", ".join(assessed.services) or "none known"),
            ("Data exposed", ", ".join(assessed.data) or "none known"),
        )
    )
    if assessed.note:
        yield Line(assessed.note)


def _count(number: int | None) -> str:
    return UNKNOWN if number is None else f"{number:,}"


section = Section(id="impact", title="Impact", place=30, build=build)
