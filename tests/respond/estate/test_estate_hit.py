"""What an event hits: the assets at its places, and what hangs on them."""

from hypothesis import given
from hypothesis import strategies as st

from estates import ACME, ADA, BEN, GUARDIAN, ORACLE, TOKEN, VAULT
from tocsin.respond.estate.estate import EMPTY, Asset, AssetKind, Criticality, Estate, Hit
from tocsin.respond.estate.reading import parse

ACME_ESTATE = parse(ACME, "estate.toml")


def ids(assets: tuple[Asset, ...]) -> list[str]:
    return [asset.id for asset in assets]


def test_an_oracle_is_hit_and_with_it_what_reads_it_and_what_shows_that() -> None:
    hit = ACME_ESTATE.hit([(1, ORACLE)])

    assert (ids(hit.directly), ids(hit.depending)) == (["feed"], ["vault", "front-end"])
    assert hit.criticality == Criticality.CRITICAL, "the worst of what hangs on it"
    assert hit.owners == ("acme", "protocol")
    assert [(way.asset, way.how, way.by) for way in hit.containment] == [
        ("vault", "pause", "guardian"),
        ("vault", "move_funds", "protocol"),
        ("front-end", "take_offline", "ada"),
    ]


def test_letters_and_unknown_chains_do_not_hide_an_asset() -> None:
    address = "0x" + GUARDIAN[2:].upper()

    assert ids(ACME_ESTATE.at(1, address)) == ["guardian"]
    assert ids(ACME_ESTATE.at(None, address)) == ["guardian"]
    assert ACME_ESTATE.at(10, address) == ()


def test_nothing_of_the_estate_is_no_hit() -> None:
    assert ACME_ESTATE.hit([(1, "0x" + "9" * 40)]) == Hit()
    assert EMPTY.hit([(1, VAULT)]) == Hit()
    assert (Hit().criticality, Hit().owners, Hit().containment) == (None, (), ())


def test_the_worst_of_several_is_first() -> None:
    assert ids(ACME_ESTATE.hit([(1, ORACLE), (1, TOKEN), (1, VAULT)]).directly) == ["vault", "acm", "feed"]


def test_what_an_asset_is_controlled_by_it_depends_on() -> None:
    upgradable = ACME.replace('runbook = "https', f'expects = {{ admin = "{GUARDIAN}" }}\nrunbook = "https')
    estate = parse(upgradable, "estate.toml")

    assert ids(estate.hit([(1, GUARDIAN)]).depending) == ["vault", "front-end"]
    assert estate.hangs_on(estate.assets["vault"]) == ("feed", "guardian")


def test_a_signer_is_known_by_the_address() -> None:
    assert [person and person.id for person in map(ACME_ESTATE.signer, (ADA, BEN, VAULT))] == ["ada", "ben", None]


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    names = [f"a{number}" for number in range(draw(st.integers(1, 8)))]
    return Estate(
        assets={
            name: Asset(
                id=name,
                kind=AssetKind.HOST,
                name=name,
                owner="acme",
                criticality=draw(st.sampled_from(Criticality)),
                depends_on=tuple(draw(st.lists(st.sampled_from(names), unique=True))),
            )
            for name in names
        }
    )


@given(estates(), st.data())
def test_the_blast_radius_is_the_closure_of_dependencies_each_asset_once(estate: Estate, data: st.DataObject) -> None:
    start = data.draw(st.sets(st.sampled_from(sorted(estate.assets))))

    hit = estate.hit_assets(start)

    reached = set(start)
    for _ in estate.assets:
        reached |= {one.id for one in estate.assets.values() if reached & set(one.depends_on)}
    assert sorted(ids(hit.assets)) == sorted(reached)
    assert set(ids(hit.directly)) == start
    assert hit.criticality == max((one.criticality for one in hit.assets), key=lambda each: each.rank, default=None)


@given(estates(), st.data())
def test_what_is_nearer_is_told_before(estate: Estate, data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(sorted(estate.assets)))
    steps, reached = {start: 0}, {start}
    for distance in range(1, len(estate.assets) + 1):
        new = {one.id for one in estate.assets.values() if set(one.depends_on) & reached} - reached
        steps |= dict.fromkeys(new, distance)
        reached |= new

    told = [steps[each] for each in ids(estate.hit_assets([start]).depending)]

    assert told == sorted(told)
