"""The command about the funds of an incident: where they are, and what moved."""

from typing import Annotated

import typer

from tocsin.app.incidents import incidents as app
from tocsin.app.incidents import work
from tocsin.cli.commands._incident_shared import SETTINGS, As, Config, Expect, Form, Name, acted, at_work, echo_json
from tocsin.cli.moments import HELP, moment
from tocsin.cli.options import Format
from tocsin.cli.render import incident_lists as lists
from tocsin.cli.render.console import note as tell
from tocsin.cli.render.console import results
from tocsin.model.errors import Unacceptable
from tocsin.respond.incident.ledger import ACCOUNTS, NATIVE, funds, smallest_units
from tocsin.respond.incident.ledger_json import funds_json


def funds_(  # noqa: PLR0913 - the arguments and options of a command
    incident: Name,
    config: Config = SETTINGS,
    *,
    as_of: Annotated[str, typer.Option(metavar="TIME", help=f"How they stood then. {HELP}")] = "",
    debit: Annotated[str, typer.Option("--from", metavar="ACCOUNT", help=", ".join(ACCOUNTS))] = "",
    credit: Annotated[str, typer.Option("--to", metavar="ACCOUNT", help="Where it goes.")] = "",
    amount: Annotated[str, typer.Option(help="In whole units, such as 12.5; exact.")] = "",
    token: Annotated[str, typer.Option(help="Its address; native for the chain's own coin.")] = NATIVE,
    symbol: Annotated[str, typer.Option(help="What it is called.")] = "",
    decimals: Annotated[int, typer.Option(min=0, max=77, help="Of the token.")] = 18,
    chain: Annotated[int, typer.Option(min=0, help="EIP-155 chain id.")] = 1,
    tx: Annotated[list[str] | None, typer.Option(metavar="HASH", help="The transaction that shows it.")] = None,
    usd: Annotated[str, typer.Option(help="What it was worth, in dollars, such as 1200.50.")] = "",
    price_source: Annotated[str, typer.Option(help="Where the price is from; needed with --usd.")] = "",
    at: Annotated[str, typer.Option(metavar="TIME", help=f"When it moved. {HELP}")] = "now",
    block: Annotated[int | None, typer.Option(min=0, help="The block in which it moved.")] = None,
    confidence: Annotated[float, typer.Option(min=0, max=1, help="How sure that is.")] = 1.0,
    note: Annotated[str, typer.Option(help="What to know about it.")] = "",
    who: As = "",
    expect: Expect = None,
    form: Form = Format.TABLE,
) -> None:
    """Show where the funds are, or book what moved: --from external --to stolen --amount 12.5."""
    if bool(debit) is not bool(credit) or bool(debit) is not bool(amount):
        raise Unacceptable("a posting needs --from, --to and --amount; none of them shows where the funds are")
    if debit:
        move = work.Move(
            debit=debit,
            credit=credit,
            amount=smallest_units(amount, decimals),
            chain_id=chain,
            token=token.lower(),
            symbol=symbol,
            decimals=decimals,
            transactions=tuple(tx or ()),
            usd_cents=int(smallest_units(usd, 2)) if usd else None,
            price_source=price_source,
            block_number=block,
            confidence=confidence,
            note=note,
        )
        acted(
            config,
            who,
            form,
            lambda desk, actor: work.move_funds(
                desk, actor, incident, move, at=moment(at, desk.clock()), expected=expect
            ),
        )
        return
    with at_work(config, who) as (desk, actor):
        found = app.show(desk, actor, incident)
        told = funds(found.postings.values(), moment(as_of, desk.clock()) if as_of else None)
    if form is Format.JSON:
        echo_json(funds_json(told))
        return
    results().print(lists.ledger(told))
    tell(lists.sums(told) or f"{found.number}: nothing with a price is booked{f' up to {as_of}' if as_of else ''}.")
