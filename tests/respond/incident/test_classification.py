"""How bad an incident is follows from an explicit table: total, every row of use, and never lower for knowing more."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.catalogue import detectors
from tocsin.model.errors import Unacceptable
from tocsin.model.priority import Priority
from tocsin.respond.incident.classification import TABLE, Facts, classify
from tocsin.respond.incident.types import _TYPE_OF, TYPES, type_of, type_of_detector

KNOWN = (False, None, True)
CRITICALITIES = ("", "low", "medium", "high", "critical")


def every_fact(*types: str) -> list[Facts]:
    """All that can be known about these types at once."""
    return [
        Facts(types=frozenset(types), concerns_us=ours, loss=loss, in_progress=going, customers=customers)
        for ours, loss, going, customers in product(KNOWN, repeat=4)
    ]


@pytest.mark.parametrize(
    ("facts", "priority", "rule"),
    [
        (Facts(types=frozenset({"exploit"}), loss=True, in_progress=True), "P1", "exploit-with-loss"),
        (Facts(types=frozenset({"exploit"})), "P1", "exploit-with-loss"),
        (Facts(types=frozenset({"key-compromise"})), "P1", "key-compromise"),
        (Facts(types=frozenset({"data-breach"}), customers=True), "P1", "customers-breached"),
        (Facts(types=frozenset({"data-breach"}), customers=False), "P2", "breach-without-customers"),
        (Facts(types=frozenset({"exploit"}), loss=False), "P2", "attempt"),
        (Facts(types=frozenset({"suspicious-activity"})), "P2", "suspicion"),
        (Facts(types=frozenset({"vulnerability"})), "P2", "suspicion"),
        (Facts(types=frozenset({"denial-of-service"})), "P2", "harm"),
        (Facts(types=frozenset({"denial-of-service"}), criticality="critical"), "P1", "harm"),
        (Facts(types=frozenset({"policy-violation"})), "P3", "lapse"),
        (Facts(types=frozenset({"failed-authentication"})), "P3", "lapse"),
        (Facts(types=frozenset({"performance"})), "P3", "lapse"),
        (Facts(types=frozenset({"performance"}), criticality="high"), "P2", "lapse"),
        (Facts(types=frozenset({"informational"})), "P4", "notice"),
        (Facts(types=frozenset({"training"})), "P4", "notice"),
        (Facts(types=frozenset({"maintenance"}), criticality="critical"), "P4", "notice"),
        (Facts(types=frozenset({"exploit"}), loss=True, concerns_us=False), "P4", "elsewhere"),
        (Facts(), "P2", "suspicion"),
        (Facts(types=frozenset({"never heard of"})), "P2", "suspicion"),
    ],
)
def test_the_table_says(facts: Facts, priority: str, rule: str) -> None:
    found = classify(facts)

    assert (found.priority, found.rule) == (Priority(priority), rule)
    assert found.type in TYPES
    assert found.because


def test_the_rows_stand_worst_first() -> None:
    assert [row.priority for row in TABLE] == sorted(row.priority for row in TABLE)
    assert len({row.id for row in TABLE}) == len(TABLE)


def test_every_row_decides_something_and_every_combination_is_decided() -> None:
    decided = {classify(facts).rule for kind in TYPES for facts in every_fact(kind)}

    assert decided == {row.id for row in TABLE}


FACTS = st.builds(
    Facts,
    types=st.frozensets(st.sampled_from(sorted(TYPES))),
    concerns_us=st.sampled_from(KNOWN),
    loss=st.sampled_from(KNOWN),
    in_progress=st.sampled_from(KNOWN),
    customers=st.sampled_from(KNOWN),
    criticality=st.sampled_from(CRITICALITIES),
)


@given(FACTS, FACTS)
def test_more_facts_never_lower_it(known: Facts, more: Facts) -> None:
    """More has been seen, nothing is less bad: whatever the row, the priority is at least what it was."""

    def worse(name: str) -> bool | None:
        return max(getattr(known, name), getattr(more, name), key=KNOWN.index)

    both = Facts(
        types=known.types | more.types,
        concerns_us=worse("concerns_us"),
        loss=worse("loss"),
        in_progress=worse("in_progress"),
        customers=worse("customers"),
        criticality=max(known.criticality, more.criticality, key=CRITICALITIES.index),
    )

    if known.types:
        assert classify(both).priority <= classify(known).priority


def test_what_is_not_known_is_told() -> None:
    assert any(
        "Not known" in line and "value was lost" in line
        for line in classify(Facts(types=frozenset({"exploit"}))).because
    )


def test_every_detector_says_what_kind_of_incident_it_sees() -> None:
    assert set(_TYPE_OF) == set(detectors())
    assert {type_of_detector(one) for one in detectors()} <= set(TYPES)
    assert type_of_detector("a-rule-of-ours") == "suspicious-activity"


def test_a_misspelt_type_is_answered_with_the_nearest() -> None:
    with pytest.raises(Unacceptable, match="did you mean 'key-compromise'"):
        type_of("key-compromize")
