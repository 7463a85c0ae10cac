"""What an estate leaves open, which shows at the wrong hour: nobody to call, nobody who can contain, who signs."""

from collections.abc import Iterator

from tocsin.respond.estate.addresses import checksummed
from tocsin.respond.estate.estate import Asset, Criticality, Estate
from tocsin.respond.estate.judging import Outcome, Verdict

NEEDS_CONTAINMENT = frozenset({Criticality.HIGH, Criticality.CRITICAL})


def gaps(estate: Estate) -> tuple[Verdict, ...]:
    """A note for each, by asset; none of it can be held against a chain."""
    return tuple(verdict for asset in estate.assets.values() for verdict in _of(asset, estate))


def _of(asset: Asset, estate: Estate) -> Iterator[Verdict]:
    if asset.criticality in NEEDS_CONTAINMENT and not asset.containment:
        yield _note(asset, "contain", f"is {asset.criticality.value}, and nobody is named who can contain it")
    if asset.owner not in estate.organisations and not any(each.contacts for each in estate.members(asset.owner)):
        yield _note(asset, "owner", f"nobody of its owner, {estate.name_of(asset.owner)}, can be reached: no contacts")
    for way in asset.containment:
        if way.by in (*estate.people, *estate.teams) and not any(each.contacts for each in estate.members(way.by)):
            yield _note(
                asset, "contain", f"{estate.name_of(way.by)} is to contain it and cannot be reached: no contacts"
            )
    unknown = [each for each in asset.expected.signers or () if estate.signer(each) is None]
    if unknown:
        named = ", ".join(map(checksummed, unknown))
        yield _note(asset, "signers", f"nobody here signs with {named}: list the address at its person")


def _note(asset: Asset, what: str, says: str) -> Verdict:
    return Verdict(asset=asset.id, what=what, outcome=Outcome.NOTE, says=says)
