"""The alerts it began with, where on which chain, and what a reorg took back."""

from tocsin.respond.reports.document import Block, Line, Table
from tocsin.respond.reports.material import Material, when
from tocsin.respond.reports.section import Section


def build(material: Material) -> tuple[Block, ...]:
    """One alert a row."""
    incident = material.incident
    rows = tuple(
        (
            when(each.detected_at),
            f"{each.title} ({each.severity})",
            _place(each.chain_id, each.block_number),
            ", ".join(each.transactions) or "none",
            ", ".join(each.attackers) or "unknown",
            ", ".join(each.victims) or "unknown",
        )
        for each in incident.alerts.values()
    )
    headings = ("Detected", "Alert", "Where", "Transactions", "Attackers", "Victims")
    taken_back = (
        Line(f"A reorg took back the block of finding {each.finding} of alert {each.alert}.")
        for each in incident.retracted
    )
    table: Block = Table(headings, rows, (3, 4, 2, 5, 4, 4)) if rows else Line("No alert is linked.")
    return (table, *taken_back)


def _place(chain_id: int | None, block: int | None) -> str:
    if chain_id is None:
        return "no chain"
    return f"chain {chain_id}" + (f", block {block:,}" if block is not None else "")


section = Section(id="alerts", title="Alerts", place=70, build=build)
