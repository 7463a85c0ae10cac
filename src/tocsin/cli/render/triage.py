"""The queue of alerts, one alert whole, suppressions and quality, as tables."""

import json
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from tocsin.app.triage.reading import Whole
from tocsin.app.triage.rules import Listed
from tocsin.cli.render.findings import badge
from tocsin.cli.render.money import beginning, count
from tocsin.cli.render.safe import safe
from tocsin.model.alert import Alert
from tocsin.respond.triage.alert import TriagedAlert
from tocsin.respond.triage.quality import Quality
from tocsin.respond.triage.suppression import Mode
from tocsin.respond.triage.verdicts import DEFINITIONS

SHOWN_ID = 8
"""Characters of the end of an id: nearly always enough to name it."""
WAITING = "waiting"
"""The state shown of what is not triaged yet."""
_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def ending(name: str) -> str:
    """The end of an id: what tells alerts of one moment apart."""
    return name[-SHOWN_ID:]


def span(seconds: float) -> str:
    """How long, in the largest unit that fits."""
    return next(
        (f"{seconds / size:.0f} {unit}" for size, unit in _SPANS if seconds >= size), f"{max(seconds, 0):.0f} s"
    )


def queue(alerts: Sequence[TriagedAlert], waiting: Sequence[Alert], now: float) -> Table:
    """One alert a row: which, how bad, where it stands, how often, how old, and what."""
    shown = _table("alert", "severity", "state", ">times", ">age", "what happened")
    for alert in alerts:
        times = f"{alert.times:,}"
        shown.add_row(ending(alert.id), badge(alert.severity), _state(alert), times, _age(alert, now), _what(alert))
    for one in waiting:
        shown.add_row("", badge(one.severity), WAITING, f"{len(one.reasons):,}", "", Text(safe(one.title)))
    return shown


def _table(*names: str) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold", expand=False)
    for name in names[:-1]:
        shown.add_column(name.removeprefix(">"), justify="right" if name.startswith(">") else "left", no_wrap=True)
    shown.add_column(names[-1], overflow="fold", ratio=1)
    return shown


def _state(alert: TriagedAlert) -> Text:
    owner = f", {safe(alert.owner)}" if alert.owner else ""
    verdict = f", {alert.verdict}" if alert.verdict else ""
    return Text(f"{alert.state}{owner}{verdict}")


def _age(alert: TriagedAlert, now: float) -> str:
    return span(now - alert.opened_at)


def _what(alert: TriagedAlert) -> Text:
    lines = [Text(safe(alert.title), style="bold")]
    parts = (("by", alert.story.attackers), ("from", alert.story.victims), ("hits", alert.story.directly))
    who = ", ".join(f"{word} {_first(names)}" for word, names in parts if names)
    lines += [Text(who)] if who else []
    if alert.retracted:
        lines.append(Text(retracted(alert), style="yellow"))
    return Text("\n").join(lines)


def retracted(alert: TriagedAlert) -> str:
    """What reorgs took back, in words."""
    if alert.is_retracted:
        return "a reorg took back all of it: nothing of this stands on the chain now"
    return f"a reorg took back {alert.retracted} of {count(alert.findings, 'finding')}"


def _first(names: Sequence[str]) -> str:
    more = len(names) - 1
    return safe(names[0]) + (f" and {more} more" if more else "")


def whole(found: Whole, now: float) -> Group:
    """One alert with everything that belongs to it, and what can be done."""
    alert, story = found.alert, found.alert.story
    facts = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, value in _facts(found, now):
        if value:
            facts.add_row(name, value)
    head = Text.assemble(badge(alert.severity), " ", (safe(alert.title), "bold"))
    parts: list[Text | Table] = [head, *([Text(safe(story.summary))] if story.summary else []), facts]
    if found.findings:
        parts.append(_findings(found))
    parts.append(_history(found, now))
    return Group(*parts)


def _facts(found: Whole, now: float) -> Iterable[tuple[str, str]]:
    alert, story = found.alert, found.alert.story
    yield "alert", alert.id
    yield "state", f"{_state(alert).plain}; reported {count(alert.times, 'time')}, first {_age(alert, now)} ago"
    yield "verdict", _verdict(alert)
    yield "incident", safe(found.incident_number)
    yield (
        "why",
        safe(story.why) + ("" if story.probability is None else f"; an attack in {story.probability:.0%} of such"),
    )
    yield "source", safe(alert.source) + (f" {safe(alert.source_ref)}" if alert.source_ref else "")
    yield "chain", "" if alert.chain_id is None else f"{alert.chain_id}, block {story.block_number or '?'}"
    yield "detectors", ", ".join(map(safe, story.detectors))
    yield "by", "\n".join(story.attackers)
    yield "from", "\n".join(story.victims)
    yield "transactions", "\n".join(story.transactions)
    yield "hits", ", ".join(map(safe, story.directly))
    yield "retracted", retracted(alert) if alert.retracted else ""
    yield "merged in", ", ".join(map(ending, found.merged))
    yield "suppression", ", ".join(f"{ending(rule)}{'' if hides else ' (would)'}" for rule, hides in found.hidden_by)
    yield "went on in", alert.merged_into or ""
    yield "raw sha256", story.raw_sha256
    yield "next", ", ".join(found.can)


def _verdict(alert: TriagedAlert) -> str:
    if not alert.verdict:
        return ""
    told = next((f" ({text})" for verdict, text in DEFINITIONS.items() if verdict == alert.verdict), "")
    return f"{alert.verdict}{told}{f' {safe(alert.reason)}' if alert.reason else ''}"


def _findings(found: Whole) -> Table:
    shown = _table("severity", "detector", "transaction", "finding")
    for finding, taken_back in found.findings:
        title = Text(safe(finding.title), style="strike" if taken_back else "")
        where = beginning(finding.place.transaction_hash) if finding.place.transaction_hash else ""
        shown.add_row(badge(finding.severity), safe(finding.detector), where, title)
    return shown


def _history(found: Whole, now: float) -> Table:
    shown = _table(">ago", "who", "what")
    for entry in found.history:
        data = entry.data
        told = [str(data[name]) for name in ("act", "verdict", "after", "reason", "why", "other") if data.get(name)]
        says = f"{entry.kind.removeprefix('alert_').replace('_', ' ')}{': ' if told else ''}{', '.join(told)}"
        shown.add_row(span(now - entry.recorded_at), safe(str(entry.actor)), Text(safe(says)))
    return shown


def suppressions(rules: Sequence[Listed], now: float) -> Table:
    """What is hidden, until when, by whom and why."""
    shown = _table("suppression", "does", ">hides", ">matched", "ends in", "by", "what, and why")
    for one in rules:
        rule = one.rule
        does = "over" if one.is_over else "waits for approval" if one.waits else _does(rule.mode, rule.action)
        ends = "" if one.is_over else span(rule.expires_at - now)
        by = safe(rule.author) + (f", approved by {safe(rule.approver)}" if rule.approver else "")
        what = Text(f"{safe(rule.expression)}\n{safe(rule.reason)}")
        shown.add_row(ending(rule.id), does, f"{one.hides:,}", f"{rule.matched:,}", ends, by, what)
    return shown


def _does(mode: str, action: str) -> str:
    return f"only watches ({action})" if mode == Mode.MONITOR else action


def quality(rows: Sequence[Quality]) -> Table:
    """How good each detector's alerts are, with what is not known yet."""
    shown = _table(
        "detector", ">alerts", ">true", ">false", ">benign", "precision (95 %)", ">unjudged", "noise, mostly"
    )
    for row in rows:
        of = row.verdicts
        true = sum(of.get(each, 0) for each in DEFINITIONS if each.startswith("tp_"))
        others = (sum(n for each, n in of.items() if each == name) for name in ("false_positive", "benign"))
        waits = f"{row.unjudged:,}" + (
            f", {span(row.oldest_unjudged_seconds)}" if row.oldest_unjudged_seconds is not None else ""
        )
        noise = "; ".join(f"{safe(reason)} ({times})" for reason, times in row.noise)
        shown.add_row(
            safe(row.detector), f"{row.alerts:,}", f"{true:,}", *map(str, others), _precision(row), waits, noise
        )
    return shown


def _precision(row: Quality) -> str:
    if row.precision is None or row.interval is None:
        return "not known"
    low, high = row.interval
    return f"{row.precision:.0%} ({low:.0%} to {high:.0%})"


def line(alert: TriagedAlert) -> str:
    """How an alert stands, in one line, with what can come next."""
    owner = f", with {alert.owner}" if alert.owner else ""
    incident = f", incident {alert.incident}" if alert.incident else ""
    return f"{ending(alert.id)} is {alert.state}{owner}{incident}: {alert.title}"


def rule_json(one: Listed) -> str:
    """A suppression as one line of JSON."""
    rule = one.rule
    return json.dumps(
        {
            "suppression": rule.id,
            "expression": rule.expression,
            "action": rule.action,
            "mode": rule.mode,
            "reason": rule.reason,
            "author": rule.author,
            "approver": rule.approver,
            "made_at": rule.made_at,
            "expires_at": rule.expires_at,
            "waits": one.waits,
            "is_over": one.is_over,
            "hides": one.hides,
            "matched": rule.matched,
            "last_matched_at": rule.last_matched_at,
        }
    )


def quality_json(row: Quality) -> str:
    """The quality of one detector as one line of JSON."""
    return json.dumps(
        {
            "detector": row.detector,
            "alerts": row.alerts,
            "verdicts": dict(row.verdicts),
            "precision": row.precision,
            "interval": row.interval,
            "noise": [{"reason": reason, "alerts": alerts} for reason, alerts in row.noise],
            "unjudged": row.unjudged,
            "oldest_unjudged_seconds": row.oldest_unjudged_seconds,
        }
    )
