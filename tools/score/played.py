"""The range, scored from the recordings that are shipped: every attack, its honest twin, and ordinary traffic."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from measuring import HEAD, row

from tocsin.app.exercise.kept import SHIPPED, Kept
from tocsin.app.exercise.playing import Played
from tocsin.app.exercise.scored import look, scored
from tocsin.cli.render.exercise import amounts
from tocsin.cli.render.money import count
from tocsin.detect.catalogue import detectors
from tocsin.exercise.catalogue import scenarios
from tocsin.exercise.scoring import Score, Total
from tocsin.exercise.truth import Truth

INTRODUCTION = """
Attacks on real protocols on local chains, with what was lost known to the last base unit; each with an honest twin that
must stay quiet, amid ordinary traffic. Detected means: a finding of high or more (of info or more where the scenario is
only to be labelled) about one of the attack's transactions, within the scenario's time. Played again with
`tocsin range score --all`; this is from the recordings that are shipped (`--recorded`), with one seed. tocsin is told
what an organisation knows: which contracts it protects, what tokens are worth, which changes it has announced. What a
detector was written against is in it: expect less of attacks nobody had played.
"""


UNTOLD = (
    "The same recordings without prices, labels and announced changes: what is watched, and what is planned, is then",
    "unknown. Some questions that are only asked then have no recorded answer.",
)


def played() -> list[str]:
    """All scenarios that are recorded, and what they add up to."""
    kept, total, untold, truths = Kept(SHIPPED), Total(), Total(), {}
    for name in sorted(kept.scenarios() & set(scenarios())):
        attack, twin = kept.attack(name), kept.twin(name)
        truths[name] = attack.truth
        total.scores.append(scored(scenarios()[name], attack, twin, detectors()))
        untold.scores.append(scored(scenarios()[name], _untold(attack), _untold(twin), detectors()))
    ordinary = kept.ordinary()
    total.add_ordinary(look(ordinary, detectors()))
    untold.add_ordinary(look(_untold(ordinary), detectors()))
    sums = [*_sums("All together", total), "", *_sums("Told nothing", untold), "", *UNTOLD]
    return [INTRODUCTION.strip(), "", *sums, "", *_table(total, truths), "", *_alarms(total)]


P = TypeVar("P", bound=Played)


def _untold(played: P) -> P:
    """The same, with nothing known beforehand."""
    return replace(played, known={})


def _sums(title: str, total: Total) -> list[str]:
    scores, ordinary = total.scores, total.ordinary_transactions
    alarming = len({(each.place.chain_id, each.place.transaction_hash) for each in total.alarming})
    return [
        f"## {title}",
        "",
        *HEAD,
        row("attacks detected", sum(score.detection is not None for score in scores), len(scores), "attacks"),
        row("twins quiet", sum(score.twin_quiet for score in scores), len(scores), "twins"),
        row("ordinary transactions with a false alarm of high or more", alarming, ordinary, "transactions"),
        "",
        f"False alerts per 1 000 ordinary transactions: {total.false_alerts_per_1000:.2f}.",
    ]


def _table(total: Total, truths: Mapping[str, Truth]) -> list[str]:
    return [
        "## Scenario by scenario",
        "",
        "| scenario | detected | by | after | savable then | of | twin |",
        "|---|---|---|---|---|---|---|",
        *(_line(score, truths[score.id]) for score in total.scores),
    ]


def _line(score: Score, truth: Truth) -> str:
    found = score.detection
    cells = (
        score.id,
        "yes" if found else "**missed**",
        ", ".join(score.detectors),
        f"{found.seconds:,} s, {count(found.blocks, 'block')}" if found else "",
        _cell(amounts(found.savable, truth.symbols)) if found else "",
        _cell(amounts(score.lost, truth.symbols)),
        "quiet" if score.twin_quiet else _loud(score),
    )
    return f"| {' | '.join(cells)} |"


def _loud(score: Score) -> str:
    return f"**loud**: {', '.join(sorted({finding.detector for finding in score.twin_alarms}))}"


def _cell(text: str) -> str:
    return text.replace("\n", "; ")


def _alarms(total: Total) -> list[str]:
    counts = Counter((each.detector, each.severity, each.title) for each in total.alarming)
    return [
        "## False alarms on ordinary transactions",
        "",
        "| detector | severity | what it says | findings |",
        "|---|---|---|---:|",
        *(
            f"| {name} | {severity.word} | {title} | {count} |"
            for (name, severity, title), count in sorted(counts.items(), key=lambda item: (-item[1], item[0][0]))
        ),
    ]
