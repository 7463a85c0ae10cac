"""What actor clusters gained: read off the tables for the few transactions where somebody gained enough."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.detect.actors import SAME, clusters, gains, of_transactions, receivers
from tocsin.detect.worth import with_dollars
from tocsin.model.finding import Place, hexadecimal
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables


@dataclass(frozen=True, slots=True)
class Gain:
    """What one cluster gained, and what there is to know about it from the tables."""

    place: Place
    dollars: float
    sender: str
    called: str | None
    created: tuple[str, ...]
    tokens: tuple[tuple[str, int], ...]
    """What was gained of each token with a known price."""
    gave: bool
    """Something without a known price was given for it."""
    frames: int
    victim: str | None

    @property
    def acts(self) -> bool:
        """Whether a contract works for the sender: otherwise the sender was merely paid."""
        return self.called is not None or bool(self.created)


def found(tables: Tables, least_dollars: float) -> Iterator[Gain]:
    """The clusters that gained at least so much. Reads `calls`, `profits`, `transfers`; `logs` only for being there."""
    enough = _enough(tables["profits"], least_dollars)
    if enough.is_empty():
        return
    calls, profits, transfers = (of_transactions(tables[name], enough) for name in ("calls", "profits", "transfers"))
    members = _members(calls, profits, transfers)
    for key, part in gains(members, profits).partition_by(SAME, as_dict=True, maintain_order=True).items():
        if (worth := float(part["dollars"].sum())) >= least_dollars:
            whole = _Whole(
                calls=_only(calls, key),
                profits=_only(profits, key),
                members=_only(members, key),
                with_logs="logs" in tables,
            )
            yield whole.gain(part, worth)


def _members(calls: pl.DataFrame, profits: pl.DataFrame, transfers: pl.DataFrame) -> pl.DataFrame:
    """The clusters; with the silent accounts they pay, where a contract works for the sender."""
    members = clusters({"calls": calls, "profits": profits})
    acting = of_transactions(members, members.filter(pl.col("role") != "sender"))
    return pl.concat([members, receivers(acting, calls, transfers)])


def _enough(profits: pl.DataFrame, least_dollars: float) -> pl.DataFrame:
    """The transactions in which some account gained about enough: a cluster's gain may be spread over two."""
    priced = with_dollars(profits).filter(pl.col("dollars").is_not_null())
    own = priced.group_by(*SAME, "account_address").agg(pl.col("dollars").sum())
    return own.filter((pl.col("dollars") >= least_dollars / 2) & (pl.col("account_address") != ZERO))


def _only(rows: pl.DataFrame, key: tuple[Any, ...]) -> pl.DataFrame:
    return rows.filter(pl.col(name).eq_missing(pl.lit(value)) for name, value in zip(SAME, key, strict=True))


@dataclass(frozen=True, slots=True)
class _Whole:
    """All rows of one transaction."""

    calls: pl.DataFrame
    profits: pl.DataFrame
    members: pl.DataFrame
    with_logs: bool

    def gain(self, part: pl.DataFrame, dollars: float) -> Gain:
        """The gain these rows of `gains` make."""
        row = part.row(0, named=True)
        return Gain(
            place=Place.of(row),
            dollars=dollars,
            sender=hexadecimal(row["sender_address"]) or "",
            called=next(iter(self._with_role("called")), None),
            created=tuple(self._with_role("created")),
            tokens=tuple(self._exact(part.filter(pl.col("dollars") > 0)["token_address"].to_list())),
            gave=self._gave(),
            frames=len(self.calls),
            victim=self._victim(),
        )

    def _with_role(self, role: str) -> list[str]:
        found = self.members.filter(pl.col("role") == role)["account_address"].to_list()
        return [hexadecimal(address) or "" for address in found]

    def _own(self) -> pl.DataFrame:
        return self.profits.join(self.members.select("account_address", "role"), on="account_address")

    def _exact(self, tokens: list[bytes]) -> Iterator[tuple[str, int]]:
        own = self._own()
        for token in sorted(tokens):
            rows = own.filter(pl.col("token_address") == token)
            net = sum(map(_integer, rows["received_binary"])) - sum(map(_integer, rows["sent_binary"]))
            yield hexadecimal(token) or "", net

    def _gave(self) -> bool:
        """
        Whether the cluster gave something without a known price.

        Call data does not show what is minted to a contract, only what it passes on: without logs the sender counts.
        """
        unpriced = with_dollars(self._own()).filter(pl.col("dollars").is_null())
        giving = unpriced if self.with_logs else unpriced.filter(pl.col("role") == "sender")
        net = giving.group_by("token_address").agg(pl.col("net_f64").sum())
        return bool((net["net_f64"] < 0).any())

    def _victim(self) -> str | None:
        """Who lost most of the tokens with a known price."""
        others = self.profits.join(self.members, on="account_address", how="anti")
        priced = with_dollars(others.filter(pl.col("account_address") != ZERO))
        losses = priced.group_by("account_address").agg(pl.col("dollars").sum()).filter(pl.col("dollars") < 0)
        worst: list[bytes] = losses.sort("dollars", "account_address")["account_address"].to_list()
        return hexadecimal(worst[0]) if worst else None


def _integer(raw: bytes) -> int:
    return int.from_bytes(raw, "big")
