"""One transaction, explained on the terminal: who gained and lost, what moved, what was called."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tocsin.app.explain import Explanation, Record
from tocsin.chain.tokens import token
from tocsin.cli.render import alerts, calls, findings
from tocsin.cli.render.money import GROUPED
from tocsin.cli.render.names import Names, chain, created, of
from tocsin.cli.render.safe import safe
from tocsin.detect.worth import Prices
from tocsin.tables.columns import ZERO

_WHOLE = ("account",)
"""Columns that hold whole addresses, to be copied."""
MOST_ROWS = 40
"""Rows a table shows; the rest are counted."""
UNLIMITED = 1 << 255
"""An allowance from here on is as good as without limit."""


def explanation(value: Explanation, depth: int | None, given: Names | None = None) -> Group:
    """The whole explanation, with the names that were `given` beside those the transaction itself tells."""
    names = of(value, given)
    parts: list[RenderableType] = [_heading(value, names)]
    parts += [findings.panel(finding, names) for finding in findings.worst_first(value.findings)]
    parts += _titled("Together", _together(value))
    for title, draw in _SECTIONS.items():
        parts += _titled(title, draw(value, names))
    parts += _titled("Calls", _tree(value, names, depth))
    return Group(*parts)


def _titled(title: str, body: RenderableType | None) -> Iterator[RenderableType]:
    if body is not None:
        yield Text(f"\n{title}", style="bold underline")
        yield body


def _together(value: Explanation) -> RenderableType | None:
    """How several findings weigh together; one alone says it all itself."""
    told = [alert for alert in value.alerts if len(alert.reasons) > 1]
    return alerts.table(told) if told else None


def _heading(value: Explanation, names: Names) -> RenderableType:
    place, transaction = value.place, value.transaction
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    grid.add_row("transaction", Text(place.transaction_hash or "(its hash is not recorded)", style="bold"))
    grid.add_row("where", Text(_where(value)))
    grid.add_row("sender", Text(transaction["from_address"] or "unknown"))
    grid.add_row("called", Text(transaction["to_address"] or "nobody: it creates a contract"))
    if transaction["value"]:
        grid.add_row("value", Text(names.native(transaction["value"])))
    grid.add_row("outcome", _outcome(transaction))
    return grid


def _where(value: Explanation) -> str:
    place = value.place
    block = "" if place.block_number is None else f", block {place.block_number}"
    position = "" if place.transaction_index is None else f", position {place.transaction_index}"
    return f"{chain(place.chain_id)}{block}{position}"


def _outcome(transaction: Record) -> Text:
    gas = f", {transaction['gas_used']:{GROUPED}} gas" if transaction["gas_used"] else ""
    said = {True: ("done", "green"), False: ("failed: nothing it did took effect", "bold red")}
    words, style = said.get(transaction["success"], ("not recorded", "dim"))
    return Text.assemble((words, style), gas)


def _profits(value: Explanation, names: Names) -> RenderableType | None:
    rows = value.sections["profits"]
    if rows is None:
        return None
    chain_id, known = value.place.chain_id, Prices.of(value.known)
    by_account: dict[str, list[Record]] = {}
    for row in rows:
        if row["net"] and not _is_wrapping(row, chain_id):
            by_account.setdefault(row["account_address"], []).append(row)
    own = (value.transaction["from_address"], value.transaction["to_address"], *created(value))
    order = sorted(by_account, key=lambda account: (account not in own, -_worth(by_account[account], chain_id, known)))
    return _table(("account", "gained and lost"), [_profit(a, by_account[a], names) for a in order])


def _is_wrapping(row: Record, chain_id: int) -> bool:
    """Mints, burns and the coins a wrapper holds are nobody's gain or loss."""
    account = bytes.fromhex(row["account_address"][2:])
    known = token(chain_id, account)
    return account == ZERO or (known is not None and known.wraps_native)


def _worth(rows: Sequence[Record], chain_id: int, known: Prices) -> float:
    worths = (known.dollars(chain_id, bytes.fromhex(row["token_address"][2:]), row["net"]) for row in rows)
    return sum(worth for worth in worths if worth is not None)


def _profit(account: str, rows: Sequence[Record], names: Names) -> tuple[Text, ...]:
    changes = [
        Text(names.money(row["token_address"], row["net"], signed=True), style="green" if row["net"] > 0 else "red")
        for row in sorted(rows, key=lambda row: -row["net"])
    ]
    name = names.name(account)
    return Text("\n").join([*([Text(name, style="bold")] if name else []), Text(account)]), Text("\n").join(changes)


def _transfers(value: Explanation, names: Names) -> RenderableType | None:
    rows = value.sections["transfers"]
    if rows is None:
        return None
    return _table(
        ("from", "to", "what"),
        [
            (Text(names.account(r["from_address"])), Text(names.account(r["to_address"])), Text(_moved(r, names)))
            for r in rows
        ],
    )


def _moved(row: Record, names: Names) -> str:
    if row["token_id"] is None:
        return names.money(row["token_address"], row["value"])
    item = f"item {int(row['token_id'], 16)} of {names.symbol(row['token_address'])}"
    return item if row["standard"] == "erc721" else f"{row['value']:{GROUPED}} × {item}"


def _swaps(value: Explanation, names: Names) -> RenderableType | None:
    rows = value.sections["swaps"]
    if not rows:
        return None
    return _table(
        ("pool", "kind", "pays", "receives"),
        [
            (
                Text(names.account(r["pool_address"])),
                Text(safe(r["protocol"])),
                Text(names.money(r["token_in_address"], r["amount_in"])),
                Text(names.money(r["token_out_address"], r["amount_out"])),
            )
            for r in rows
        ],
    )


def _approvals(value: Explanation, names: Names) -> RenderableType | None:
    rows = value.sections["approvals"]
    if not rows:
        return None
    return _table(
        ("owner", "lets", "take"),
        [
            (Text(names.account(r["owner_address"])), Text(names.account(r["spender_address"])), _right(r, names))
            for r in rows
        ],
    )


def _right(row: Record, names: Names) -> Text:
    token = names.symbol(row["token_address"])
    if row["kind"] == "erc721" and row["token_id"] is not None:
        return Text(f"item {int(row['token_id'], 16)} of {token}")
    if not row["value"]:
        return Text(f"no {token} any more", style="dim")
    if row["value"] >= UNLIMITED:
        return Text(f"every {'item of ' if row['kind'] == 'operator' else ''}{token}, without limit", style="yellow")
    return Text(names.money(row["token_address"], row["value"]))


def _tokens(value: Explanation, names: Names) -> RenderableType | None:
    """Who is behind each claimed symbol."""
    if not value.claims:
        return None
    rows = [
        (Text(names.symbol(address)), Text("?" if claim.decimals is None else str(claim.decimals)), Text(address))
        for address, claim in value.claims.items()
    ]
    return _table(("symbol", "decimals", "account"), rows)


def _tree(value: Explanation, names: Names, depth: int | None) -> RenderableType | None:
    rows = value.sections["calls"]
    return None if rows is None else calls.text(calls.tree(rows, names, depth))


_SECTIONS: Mapping[str, Callable[[Explanation, Names], RenderableType | None]] = {
    "Who gained and lost": _profits,
    "Transfers": _transfers,
    "Swaps": _swaps,
    "Approvals": _approvals,
    "Tokens, as they call themselves": _tokens,
}


def _table(headings: Sequence[str], rows: Sequence[Sequence[Text]]) -> RenderableType:
    if not rows:
        return Text("none", style="dim")
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", expand=False)
    for heading in headings:
        shown.add_column(heading, overflow="fold", no_wrap=heading in _WHOLE)
    for row in rows[:MOST_ROWS]:
        shown.add_row(*row)
    more = len(rows) - MOST_ROWS
    return Group(shown, Text(f"… {more} more: --format json shows all", style="dim")) if more > 0 else shown
