"""Every scenario and activity there is, found by a strict walk, once."""

from functools import cache

import tocsin.exercise.activities
import tocsin.exercise.scenarios
from tocsin.exercise.activity import Activity
from tocsin.exercise.scenario import Scenario
from tocsin.model.extension import load


@cache
def scenarios() -> dict[str, Scenario]:
    """The scenarios by id."""
    return load(tocsin.exercise.scenarios, Scenario)


@cache
def activities() -> dict[str, Activity]:
    """The activities by id."""
    return load(tocsin.exercise.activities, Activity)
