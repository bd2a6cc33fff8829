"""How Alembic reaches the database: by the engine that it is handed."""

from alembic import context

from limen.centre.records.tables import metadata

engine = context.config.attributes["engine"]
with engine.begin() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
