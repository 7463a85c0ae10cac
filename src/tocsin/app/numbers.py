"""The numbers of response, from the journal, with the teams of the estate."""

from collections.abc import Mapping, Sequence

from tocsin.app.desk import Desk
from tocsin.app.estate.estate import estate_now
from tocsin.edge.store.numbers import entries
from tocsin.model.errors import NotFound
from tocsin.respond.estate.estate import Estate
from tocsin.respond.estate.fields import nearest, shown
from tocsin.respond.numbers.figures import Figures, Teams, Wanted, figures
from tocsin.respond.numbers.subjects import KINDS, gather


def numbers(desk: Desk, wanted: Wanted) -> tuple[Figures, ...]:
    """The numbers that are asked for, oldest period first. Raises `NotFound`, `EstateError`, `StoreError`."""
    estate = estate_now(desk)
    if wanted.team and wanted.team not in estate.teams:
        raise NotFound(f"the estate has no team {shown(wanted.team)}; {nearest(wanted.team, estate.teams)}")
    return figures(gather(entries(desk.store.engine, KINDS)), wanted, now=desk.clock(), teams=teams_of(estate))


def teams_of(estate: Estate) -> Teams:
    """Whose assets and people are whose: an asset that a person owns is that of the person's teams."""
    people = {person: _with_member(estate, person) for person in estate.people}
    return Teams(
        of_asset={asset.id: _owning(asset.owner, estate, people) for asset in estate.assets.values()},
        of_person=people,
    )


def _with_member(estate: Estate, person: str) -> tuple[str, ...]:
    return tuple(team.id for team in estate.teams.values() if person in team.members)


def _owning(owner: str, estate: Estate, people: Mapping[str, Sequence[str]]) -> Sequence[str]:
    return (owner,) if owner in estate.teams else people.get(owner, ())
