"""The first schema: all tables, and the triggers that keep the chains append-only."""

from alembic import op

from limen.centre.records.tables import APPEND_ONLY, metadata

revision = "0001"
down_revision = None

REFUSED = "this table is append-only"
POSTGRES_FUNCTION = f"""
create function refuse_change() returns trigger language plpgsql as
$$ begin raise exception '{REFUSED}'; end $$
"""


def upgrade() -> None:
    """Make every table and its guards."""
    connection = op.get_bind()
    metadata.create_all(connection)
    if connection.dialect.name == "postgresql":
        op.execute(POSTGRES_FUNCTION)
    for table in APPEND_ONLY:
        for statement in guards(table.name, connection.dialect.name):
            op.execute(statement)


def guards(table: str, dialect: str) -> list[str]:
    """Give the triggers that refuse any change of one table."""
    if dialect == "postgresql":
        return [
            f"create trigger {table}_append_only before update or delete or truncate on {table}"
            " for each statement execute function refuse_change()"
        ]
    return [
        f"create trigger {table}_no_{word} before {word} on {table} begin select raise(abort, '{REFUSED}'); end"
        for word in ("update", "delete")
    ]


def downgrade() -> None:
    """Refuse: records are never taken apart."""
    raise NotImplementedError("Records are never taken apart: restore a backup of before instead.")
