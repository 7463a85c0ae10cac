"""Where rows about the network stand: at the execution block at which they were seen."""

from collections.abc import Mapping

from tocsin.tables.columns import PLACE, Column, text

SEEN: Mapping[str, Column] = {name: PLACE[name] for name in ("chain_id", "block_number", "block_hash")}
"""The place columns: a finding is retracted with the execution block at which its rows were read."""

OBSERVER = text("name", "Which node said so; empty where only one was asked.")
