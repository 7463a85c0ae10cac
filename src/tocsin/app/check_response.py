"""Whether the files of response can be read and fit each other: one line each, with the command that says more."""

from collections.abc import Iterator, Mapping

from tocsin.app.checked import Check, State
from tocsin.app.clocks.timekeeper import rules_of
from tocsin.app.estate.estate import read_estate
from tocsin.app.paging.oncall import read_plan
from tocsin.app.settings import Settings
from tocsin.app.telling.check import check_people
from tocsin.app.telling.teller import teller_of
from tocsin.model.errors import UserError
from tocsin.respond.paging.reading import faults


def check_response(settings: Settings, environment: Mapping[str, str]) -> Iterator[Check]:
    """A line for estate, on-call plan, channels and clocks each; a wrong file hides nothing about the others."""
    for name, look in (("estate", _estate), ("on call", _plan), ("channels", _channels), ("clocks", _clocks)):
        try:
            yield look(settings, environment)
        except UserError as error:
            yield _said(name, State.FAILED, str(error))


def _estate(settings: Settings, _environment: Mapping[str, str]) -> Check:
    if not settings.estate.file:
        return _said(
            "estate", State.WARNING, "none: nothing of yours is known, nobody can be paged: tocsin estate init"
        )
    estate = read_estate(settings)
    detail = f"{_count(len(estate.assets), 'asset')}, {_count(len(estate.people), 'person', 'people')}"
    if not estate.assets:
        return _said("estate", State.WARNING, f"{detail}; write down what you protect: docs/estate.md")
    return _said("estate", State.OK, f"{detail}; against the chains: tocsin estate check")


def _plan(settings: Settings, _environment: Mapping[str, str]) -> Check:
    plan = read_plan(settings)
    if not plan.policies:
        return _said("on call", State.WARNING, "no policy: everybody is told of everything; docs/paging.md")
    wrong = faults(plan, read_estate(settings))
    detail = f"{_count(len(plan.schedules), 'schedule')}, {_count(len(plan.policies), 'policy', 'policies')}"
    if wrong:
        return _said("on call", State.FAILED, f"{detail}; {wrong[0]}; all of it: tocsin oncall check")
    return _said("on call", State.OK, f"{detail}; would everybody be told: tocsin oncall check")


def _channels(settings: Settings, environment: Mapping[str, str]) -> Check:
    teller = teller_of(settings, environment)
    if not teller.channels:
        return _said("channels", State.WARNING, "none: nobody can be told; docs/channels.md")
    wrong = check_people(teller, read_estate(settings))
    detail = ", ".join(sorted(teller.channels))
    if wrong:
        first = f"{wrong[0].what}: {wrong[0].says}"
        return _said("channels", State.FAILED, f"{detail}; {first}; all of it: tocsin channels check")
    return _said("channels", State.OK, f"{detail}; do they work: tocsin channels check")


def _clocks(settings: Settings, _environment: Mapping[str, str]) -> Check:
    kinds = len(rules_of(settings).definitions)
    regimes = ", ".join(settings.respond.regimes) or "no regime"
    return _said("clocks", State.OK, f"{_count(kinds, 'rule')}, {regimes}; which: tocsin clocks rules")


def _said(name: str, state: State, detail: str) -> Check:
    return Check(area="response", name=name, state=state, detail=detail)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"
