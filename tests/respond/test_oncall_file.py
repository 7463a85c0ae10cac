"""oncall.toml: what it says, and that each mistake is named with the right spelling."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from tocsin.model.errors import EstateError
from tocsin.model.priority import Priority
from tocsin.respond.estate.estate import Asset, AssetKind, Criticality, Estate
from tocsin.respond.oncall.rotations import Unit
from tocsin.respond.oncall.wall_time import moment
from tocsin.respond.paging.policy import Mode, Target, TargetKind
from tocsin.respond.paging.reading import faults, parse

FILE = """
remind_after = "20 min"

[[schedule]]
id = "primary"
time_zone = "Europe/Zurich"
holidays = ["CH-ZH"]
[[schedule.layer]]
people = ["ada", "bo"]
start = 2026-01-05T09:00:00
every = "2 weeks"
[[schedule.layer]]
people = ["chen"]
start = 2026-01-05
every = "1 month"
hours = [{ days = "fri-mon", from = "22:00", to = "06:00" }]
on_holidays = "off"
beside = true

[[policy]]
id = "bridges"
rounds = 3
pause = "10 min"
[[policy.step]]
to = ["schedule:primary", "role:commander"]
[[policy.step]]
after = "90 s"
to = ["signers:treasury", "everyone"]
mode = "quorum"
needed = 2
again = "1 min"

[[policy]]
id = "calm"
step = [{ to = ["team:protocol"] }]

[[when]]
priority = ["P1"]
kinds = ["bridge"]
criticality = ["critical"]
policy = "bridges"
[[when]]
hours = [{ days = "mon-fri", from = "08:00", to = "18:00" }]
time_zone = "Europe/Zurich"
policy = "calm"
"""


def asset(kind: AssetKind, criticality: Criticality) -> Asset:
    return Asset(id="a", kind=kind, name="a", owner="protocol", criticality=criticality)


def test_a_file_says_who_when_and_what_for() -> None:
    plan = parse(FILE, "oncall.toml")
    first, second = plan.schedules["primary"].layers
    assert first.rotation is not None
    assert (first.rotation.unit, first.rotation.count) == (Unit.WEEK, 2)
    assert second.windows[0].days == {4, 5, 6, 0}
    assert plan.policies["bridges"].steps[1].targets == (
        Target(TargetKind.SIGNERS, "treasury"),
        Target(TargetKind.EVERYONE),
    )
    step = plan.policies["bridges"].steps[1]
    assert (step.after_seconds, step.mode, step.needed, step.again_seconds) == (90, Mode.QUORUM, 2, 60)
    assert plan.remind_seconds == 1_200


def test_the_first_rule_that_fits_names_the_policy() -> None:
    plan = parse(FILE, "oncall.toml")
    bridge = asset(AssetKind.BRIDGE, Criticality.CRITICAL)
    noon = moment(dt.datetime.fromisoformat("2026-06-03T12:00"), ZoneInfo("Europe/Zurich"))
    night = noon + 12 * 3600

    assert plan.policy_for(Priority.P1, [bridge], night).id == "bridges"
    assert plan.policy_for(Priority.P1, [asset(AssetKind.POOL, Criticality.CRITICAL)], noon).id == "calm"
    assert plan.policy_for(Priority.P1, [asset(AssetKind.BRIDGE, Criticality.LOW)], night).id == "default-p1"
    assert plan.policy_for(Priority.P2, [], night).id == "default-p2"


@pytest.mark.parametrize(
    ("wrong", "right", "says"),
    [
        ('id = "primary"', 'id = "Primary"', "id is 'Primary'"),
        ('"Europe/Zurich"\nholidays', '"Europe/Zürich"\nholidays', "Europe/Zürich"),
        ('["CH-ZH"]', '["CH-ZX"]', "did you mean CH-Z"),
        ('["CH-ZH"]', '["XX"]', "did you mean"),
        ('people = ["ada", "bo"]', "people = []", "name at least one"),
        ('every = "2 weeks"', 'every = "2 fortnights"', "1 week"),
        ("start = 2026-01-05T09:00:00", "start = 2026-01-05T09:00:00Z", "without zone"),
        ("start = 2026-01-05T09:00:00\n", "", "start is missing"),
        ('days = "fri-mon"', 'days = "fri-mom"', "did you mean 'mon'"),
        ('from = "22:00"', 'from = "25:00"', "time of day"),
        ('"schedule:primary"', '"schedule:primry"', "did you mean 'primary'"),
        ('"schedule:primary"', '"shedule:primary"', "did you mean 'schedule'"),
        ('after = "90 s"', 'after = "90 x"', "2 min"),
        ('mode = "quorum"\n', "", "goes with mode = quorum"),
        ('policy = "calm"', 'policy = "clam"', "did you mean 'calm'"),
        ('priority = ["P1"]', 'priority = ["P0"]', "Known: P1, P2, P3, P4"),
        ('id = "calm"', 'id = "bridges"', "two tables"),
        ('id = "calm"', 'id = "default-mine"', "rename it"),
        ("remind_after", "remind_afer", "did you mean 'remind_after'"),
        ("beside = true", "besides = true", "did you mean 'beside'"),
    ],
)
def test_a_mistake_is_named_with_the_right_spelling(wrong: str, right: str, says: str) -> None:
    assert wrong in FILE
    with pytest.raises(EstateError, match=says.replace("(", r"\(")) as raised:
        parse(FILE.replace(wrong, right, 1), "oncall.toml")
    assert str(raised.value).startswith("oncall.toml")


def test_steps_out_of_order_are_refused() -> None:
    text = '[[policy]]\nid = "a"\nstep = [{ after = "2 min", to = ["everyone"] }, { to = ["everyone"] }]'
    with pytest.raises(EstateError, match="not in order"):
        parse(text, "oncall.toml")


def test_what_the_estate_does_not_have_is_told() -> None:
    found = faults(parse(FILE, "oncall.toml"), Estate())

    assert any("'ada' is nobody of the estate" in fault for fault in found)
    assert any("signers:treasury is nothing of the estate" in fault for fault in found)
    assert any("team:protocol" in fault for fault in found)
