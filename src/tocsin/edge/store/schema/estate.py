"""The tables of the estate: what was changed beside its file, and what assets held when it was last read."""

import sqlalchemy as sa

from tocsin.edge.store.schema.base import metadata

estate_items = sa.Table(
    "estate_items",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="of an asset, a person, a team or an organisation"),
    sa.Column("kind", sa.Text, nullable=False, comment="the name of its table in estate.toml"),
    sa.Column("version", sa.BigInteger, nullable=False, comment="from 1; every change counts"),
    sa.Column("content", sa.Text, comment="its fields as JSON; null where it was removed"),
    sa.Column("changed_at", sa.Double, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False, comment="an actor, such as user:ada"),
)

estate_holdings = sa.Table(
    "estate_holdings",
    metadata,
    sa.Column("asset", sa.Text, primary_key=True),
    sa.Column("token", sa.Text, primary_key=True, comment="native, or an address"),
    sa.Column("chain_id", sa.BigInteger, nullable=False),
    sa.Column("symbol", sa.Text, nullable=False, comment="as the token calls itself: untrusted"),
    sa.Column("decimals", sa.Integer),
    sa.Column("amount", sa.Text, nullable=False, comment="exact, in base units"),
    sa.Column("dollars", sa.Double, comment="about; to rank by, never to state"),
    sa.Column("block_number", sa.BigInteger, nullable=False),
    sa.Column("read_at", sa.Double, nullable=False),
)
