"""
Findings as SARIF 2.1.0, the format code scanners hand to dashboards and code hosts.

A chain has no files: a result's artifact is the SOURCE that was scanned, and its logical location is the transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tocsin import __version__
from tocsin.detect.detector import Detector
from tocsin.model.finding import Finding, Severity

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

LEVELS: Mapping[Severity, str] = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "none",
}
RANKS: Mapping[Severity, str] = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.0",
}
"""The `security-severity` that dashboards sort by, as CVSS has its bands."""


def log(
    findings: Sequence[tuple[str, Finding]],
    detectors: Mapping[str, Detector],
    says: Mapping[str, str],
    notes: Sequence[str],
    *,
    whole: bool,
) -> dict[str, Any]:
    """
    One SARIF log of one run.

    `findings` come with the source each was found in; `says` is each detector's summary; `notes` tell what could not
    be looked at; `whole` is false where something failed.
    """
    rules = [_rule(detector, says[name]) for name, detector in detectors.items()]
    places = {name: number for number, name in enumerate(detectors)}
    run = {
        "tool": {"driver": {"name": "tocsin", "version": __version__, "rules": rules}},
        "invocations": [{"executionSuccessful": whole, "toolExecutionNotifications": list(_notifications(notes))}],
        "results": [_result(source, finding, places[finding.detector]) for source, finding in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(detector: Detector, says: str) -> dict[str, Any]:
    return {
        "id": detector.id,
        "shortDescription": {"text": says},
        "defaultConfiguration": {"level": LEVELS[detector.severity]},
        "properties": {"security-severity": RANKS[detector.severity], "tags": ["security", "blockchain"]},
    }


def _notifications(notes: Iterable[str]) -> Iterable[dict[str, Any]]:
    return ({"level": "warning", "message": {"text": text}} for text in notes)


def _result(source: str, finding: Finding, rule: int) -> dict[str, Any]:
    return {
        "ruleId": finding.detector,
        "ruleIndex": rule,
        "kind": "informational" if finding.severity == Severity.INFO else "fail",
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.title} {finding.summary}"},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _uri(source)}},
                "logicalLocations": [{"fullyQualifiedName": _path(finding), "kind": "transaction"}],
            }
        ],
        "partialFingerprints": {"tocsin/v1": finding.id},
        "rank": round(finding.confidence * 100, 1),
        "properties": finding.to_json(),
    }


def _uri(source: str) -> str:
    return source if "://" in source else Path(source).resolve().as_uri()


def _path(finding: Finding) -> str:
    place = finding.place
    return "/".join(str(part) for part in (place.chain_id, place.block_number, place.transaction_hash) if part)
