"""What tocsin is held to after all kills: nothing accepted is lost or done twice, what may be a repeat says so."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Any

from callers import SOURCE, Answering, Reporter
from installation import Installation
from receivers import Arrived, Inbox

BUNDLES = 3
REPEAT = "May be a repeat of a message sent before"
WAITING = {
    "notices to triage": "SELECT count(*) AS n FROM triage_queue",
    "incidents to tell": "SELECT count(*) AS n FROM alerts WHERE tell_at IS NOT NULL",
    "pages to send": (
        "SELECT count(*) AS n FROM page_ways w JOIN pages p ON w.page = p.id "
        "WHERE w.state = 'sending' OR (w.state = 'pending' AND p.state IN ('pending', 'sent', 'delivered'))"
    ),
    "escalations": "SELECT count(*) AS n FROM escalations WHERE state = 'waiting' AND policy = 'all'",
    "captures": "SELECT count(*) AS n FROM captures WHERE done_at IS NULL",
    "clocks": (
        "SELECT count(*) AS n FROM clocks WHERE definition = 'response' AND is_open AND breached_at IS NULL "
        "AND met_at IS NULL"
    ),
    "entries to act on": (
        "SELECT coalesce(sum(s.size - f.position), 0) AS n FROM followers f, journal_size s "
        "WHERE f.name IN ('pager', 'clocks', 'evidence_capture')"
    ),
    "health alerts": (
        "SELECT count(*) AS n FROM health_alerts WHERE closed_at IS NULL AND key NOT LIKE '%unanswered%'"
    ),
}
"""What is still to be done, each a query that counts it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold: how often it did, of how many."""

    says: str
    held: int
    of: int
    note: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether it always held."""
        return self.held == self.of

    @classmethod
    def each(cls, says: str, outcomes: Iterable[tuple[object, bool]]) -> "Check":
        """Of each of these, whether it held; the first that did not are named."""
        told = list(outcomes)
        wrong = [str(name) for name, holds in told if not holds]
        return cls(says, len(told) - len(wrong), len(told), ", ".join(wrong[:3]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the world outside tocsin knows: what was accepted, what came."""

    reporter: Reporter
    answering: Answering
    mails: Inbox
    posts: Inbox


def waiting(home: Installation) -> dict[str, int]:
    """What is still to be done, by its name."""
    counted = {name: int(home.rows(query)[0]["n"]) for name, query in WAITING.items()}
    return {name: count for name, count in counted.items() if count}


def checks(home: Installation, outside: Outside) -> Iterator[Check]:
    """All of them."""
    told = _events(home)
    left = waiting(home)  # first: to verify and to export evidence is entered into the journal
    yield Check("nothing is left to be done", int(not left), 1, str(left or ""))
    yield from _accepted(home, outside)
    yield from _streams(home)
    yield from _pages(home, outside)
    yield from _clocks(home, told)
    yield from _evidence(home, told)


def _accepted(home: Installation, outside: Outside) -> Iterator[Check]:
    keys = Counter(row["key"] for row in home.rows("SELECT key FROM alerts"))
    alerts = [(name, keys[f"{SOURCE}:{name}"] == 1) for name in outside.reporter.alerts]
    yield Check.each("alerts that the API accepted are in the store once", alerts)
    loose = home.rows("SELECT id FROM alerts WHERE severity >= 4 AND incident IS NULL AND merged_into IS NULL")
    yield Check("alerts of high or critical severity without an incident: none", 0, len(loose))
    titles = Counter(row["title"] for row in home.rows("SELECT title FROM incidents"))
    incidents = [(name, titles[f"Declared {name}"] == 1) for name in outside.reporter.incidents]
    yield Check.each("incidents that the API accepted are in the store once", incidents)
    took = {row["stream"] for row in home.rows("SELECT stream FROM journal WHERE kind = 'acknowledged'")}
    answered = [(name, f"incident:{name}" in took) for name in sorted(outside.answering.incidents)]
    yield Check.each("acknowledgements that the link accepted are in the journal", answered)
    numbers = sorted(int(row["number"].rpartition("-")[2]) for row in home.rows("SELECT number FROM incidents"))
    yield Check("numbers of incidents are without holes", int(numbers == [*range(1, len(numbers) + 1)]), 1)


def _streams(home: Installation) -> Iterator[Check]:
    streams: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in home.rows("SELECT position, stream, sequence, line, digest FROM journal ORDER BY position"):
        streams[row["stream"]].append(row)
    positions = sorted(row["position"] for rows in streams.values() for row in rows)
    yield Check("positions of the journal are without holes", int(positions == [*range(len(positions))]), 1)
    incidents = {name: rows for name, rows in streams.items() if name.startswith("incident:")}
    yield Check.each(
        "streams of incidents are chained without holes", [(n, _is_chained(r)) for n, r in incidents.items()]
    )


def _is_chained(rows: list[dict[str, Any]]) -> bool:
    previous = ["", *(row["digest"] for row in rows)]
    return all(
        row["sequence"] == number and json.loads(row["line"])["previous"] == before
        for number, (row, before) in enumerate(zip(rows, previous, strict=False), 1)
    )


def _pages(home: Installation, outside: Outside) -> Iterator[Check]:
    posted = [(each.body["id"], bool(each.body["data"]["may_be_repeat"])) for each in outside.posts.arrived]
    mailed = [(each.headers["Message-ID"], _is_marked(each)) for each in outside.mails.arrived]
    ways = home.rows(
        "SELECT p.id, p.incident, p.state AS page, w.channel, w.state FROM pages p JOIN page_ways w ON w.page = p.id"
    )
    came = {key for key, _ in posted}
    took = {row["stream"] for row in home.rows("SELECT stream FROM journal WHERE kind = 'acknowledged'")}
    hooks = [way for way in ways if way["channel"] == "hook" and f"incident:{way['incident']}" not in took]
    yield Check.each(
        "pages of incidents that nobody answered arrived by webhook", [(w["id"], w["id"] in came) for w in hooks]
    )
    sent = [way for way in ways if way["channel"] == "hook" and way["state"] == "sent"]
    yield Check.each("pages that are told to be sent arrived", [(way["id"], way["id"] in came) for way in sent])
    mails = [way for way in ways if way["channel"] == "mail" and way["state"] == "sent"]
    yield Check("mails that are told to be sent arrived", min(len({k for k, _ in mailed}), len(mails)), len(mails))
    queued = {
        json.loads(row["line"])["data"]["page"]
        for row in home.rows("SELECT line FROM journal WHERE kind = 'page_queued'")
    }
    yield Check.each(
        "pages of the journal have their rows", [(page, page in {w["id"] for w in ways}) for page in queued]
    )
    yield _marked("webhook", posted)
    yield _marked("mail", mailed)


def _marked(channel: str, arrived: list[tuple[str, bool]]) -> Check:
    """Of what came again under its key, each is marked."""
    seen: set[str] = set()
    again = []
    for key, is_marked in arrived:
        if key in seen:
            again.append((key, is_marked))
        seen.add(key)
    return Check.each(f"repeats by {channel} are marked ({len(arrived)} arrivals)", again)


def _is_marked(mail: Arrived) -> bool:
    parts: list[Message] = mail.body
    return any(REPEAT.encode() in part.get_payload(decode=True).replace(b"=\r\n", b"") for part in parts)  # type: ignore[union-attr]


def _clocks(home: Installation, told: dict[str, list[dict[str, Any]]]) -> Iterator[Check]:
    rows = defaultdict(list)
    for row in home.rows("SELECT * FROM clocks WHERE definition = 'response' AND superseded_by = ''"):
        rows[row["incident"]].append(row)
    incidents = [row["id"] for row in home.rows("SELECT id FROM incidents")]
    yield Check.each("incidents have one response clock", [(name, len(rows[name]) == 1) for name in incidents])
    every = [row for of_one in rows.values() for row in of_one]
    said = {
        kind: Counter(event["clock"] for event in told[kind])
        for kind in ("clock_started", "clock_breached", "clock_met")
    }
    once = [(row["id"], said["clock_started"][row["id"]] == 1) for row in every]
    yield Check.each("response clocks were started once", once)
    late = [(row["id"], said["clock_breached"][row["id"]] == (row["breached_at"] is not None)) for row in every]
    yield Check.each("breaches are told once where there was one, else never", late)
    met = [(row["id"], said["clock_met"][row["id"]] == (row["met_at"] is not None)) for row in every]
    yield Check.each("clocks that were met say so once", met)
    right = [(row["id"], _is_decided(row)) for row in every]
    yield Check.each("response clocks are met in time, or breached", right)


def _is_decided(row: dict[str, Any]) -> bool:
    in_time = row["met_at"] is not None and row["met_at"] < row["due_at"]
    return in_time != (row["breached_at"] is not None)


def _evidence(home: Installation, told: dict[str, list[dict[str, Any]]]) -> Iterator[Check]:
    done = {
        (row["block_hash"], row["transaction_hash"])
        for row in home.rows("SELECT block_hash, transaction_hash FROM captures WHERE evidence IS NOT NULL")
    }
    linked = {
        (event["block_hash"], transaction)
        for event in told["alert_linked"]
        if event.get("block_hash")
        for transaction in event["transactions"] or [""]
    }
    yield Check.each("transactions of linked alerts are captured", [(each, each in done) for each in sorted(linked)])
    verified = home.tocsin("evidence", "verify", "--format", "json", "--as", "ada")
    found = json.loads(verified.stdout or "{}")
    yield Check(
        "evidence and journal verify",
        int(verified.returncode == 0 and not found["changed"] and not found["missing"] and not found["journal"]),
        1,
        f"{found.get('sound')} pieces" if verified.returncode == 0 else verified.stdout + verified.stderr,
    )
    yield Check.each(
        "bundles are exported and verified", [(name, _is_bundled(home, name)) for name in _with_evidence(home)]
    )


def _with_evidence(home: Installation) -> list[str]:
    query = (
        "SELECT i.number FROM incidents i JOIN evidence e ON e.incident = i.id GROUP BY i.number "
        "ORDER BY count(*) DESC, i.number"
    )
    return [row["number"] for row in home.rows(query)][:BUNDLES]


def _is_bundled(home: Installation, number: str) -> bool:
    bundle = home.folder / f"{number}.zip"
    exported = home.tocsin("evidence", "export", number, "--out", bundle, "--why", "measuring", "--as", "ada")
    return exported.returncode == 0 and home.tocsin("evidence", "verify", bundle).returncode == 0


def _events(home: Installation) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in home.rows("SELECT kind, line FROM journal WHERE stream LIKE 'incident%' ORDER BY position"):
        found[row["kind"]].append(json.loads(row["line"])["data"])
    return found
