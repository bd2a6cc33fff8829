"""The schema, version by version, by Alembic; the same steps on SQLite and PostgreSQL."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, inspect, text

from limen.quantities import InputError

VERSIONS: Final = Path(__file__).parent / "versions"
#: More than none once a centre was made, whatever became of it.
HELD: Final = "select (select count(*) from chain_head) + (select count(*) from app_user)"


def make_schema(engine: Engine) -> None:
    """Bring a database to the newest schema."""
    # Alembic takes longer to load than a start after a crash should wait, and most starts change no schema.
    import_module("limen.centre.migrations.steps").take_steps(engine)


def known() -> list[str]:
    """Give the versions of the schema, the oldest first; each file of `versions` begins with its own."""
    return sorted(file.name.partition("_")[0] for file in VERSIONS.glob("[0-9]*_*.py"))


def newest() -> str:
    """Give the version of the newest schema."""
    return known()[-1]


def schema_version(engine: Engine) -> str:
    """Give the version of the schema that a database has; empty where it has none."""
    if not inspect(engine).has_table("alembic_version"):
        return ""
    with engine.connect() as connection:
        return connection.execute(text("select version_num from alembic_version")).scalar() or ""


def check_empty(engine: Engine) -> None:
    """Refuse to make a centre in a PostgreSQL that holds one; a file of SQLite is looked for by its name."""
    if engine.dialect.name == "sqlite" or not schema_version(engine):
        return
    with engine.connect() as connection:
        held = connection.execute(text(HELD)).scalar()
    if held:
        engine.dispose()
        raise InputError(
            "The database of --database holds a centre already: name an empty one, or serve the folder of that centre."
        )


def check_schema(engine: Engine) -> None:
    """Bring an older schema up; refuse one that is none, or newer than this Limen."""
    found = schema_version(engine)
    if not found:
        raise InputError("The database holds no centre: make one with limen centre init.")
    if found not in known():
        raise InputError(f"The schema {found} is newer than this Limen ({newest()}): install the newer Limen.")
    if found != newest():
        make_schema(engine)
