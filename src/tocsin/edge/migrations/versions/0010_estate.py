"""The tables of the estate: what was changed beside its file, and what assets held when it was last read."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "estate_items",
        sa.Column("id", sa.Text(), nullable=False, comment="of an asset, a person, a team or an organisation"),
        sa.Column("kind", sa.Text(), nullable=False, comment="the name of its table in estate.toml"),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="from 1; every change counts"),
        sa.Column("content", sa.Text(), nullable=True, comment="its fields as JSON; null where it was removed"),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False, comment="an actor, such as user:ada"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estate_items")),
    )
    op.create_table(
        "estate_holdings",
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False, comment="native, or an address"),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False, comment="as the token calls itself: untrusted"),
        sa.Column("decimals", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Text(), nullable=False, comment="exact, in base units"),
        sa.Column("dollars", sa.Double(), nullable=True, comment="about; to rank by, never to state"),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("asset", "token", name=op.f("pk_estate_holdings")),
    )
