"""The alerts that what is not triaged yet will make: what was found and still stands, put together and scored."""

from tocsin.app.chosen import with_rules
from tocsin.app.known import of_settings
from tocsin.app.settings import Settings
from tocsin.detect.alerts.alerts import alerts
from tocsin.detect.alerts.score import STAGE, stage_of
from tocsin.detect.labels import Labels
from tocsin.edge.store.findings import standing
from tocsin.edge.store.opening import Store
from tocsin.model.alert import Alert, Stage

FUNDING_DAYS = 10
"""How far back a new account's funding still belongs to what it does (reference: detection, section 8.4)."""
HOUR_SECONDS, DAY_SECONDS = 3_600, 86_400


def standing_alerts(settings: Settings, store: Store, *, now: float, hours: float) -> list[Alert]:
    """
    The alerts that findings of the last hours will make, with the funding of accounts up to ten days before.

    Findings that are in an alert already are left out: where triage runs there are hardly any others.

    Raises `StoreError`, and `UserError` and `InputError` for what the settings name.
    """
    since = now - hours * HOUR_SECONDS
    recent = standing(store.engine, since=since)
    before = standing(
        store.engine, since=since - FUNDING_DAYS * DAY_SECONDS, until=since, saying=f"{STAGE}{Stage.FUNDING.value}"
    )
    known = Labels.of(of_settings(settings))
    funding = [each for each in before if stage_of(each) is Stage.FUNDING]
    told = alerts([*funding, *recent], with_rules(settings), known)
    fresh = {finding.id for finding in recent}
    return [alert for alert in told if any(reason.finding.id in fresh for reason in alert.reasons)]
