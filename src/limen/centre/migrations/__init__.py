"""The schema, version by version, by Alembic; the same steps on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from limen.quantities import InputError

FOLDER: Final = Path(__file__).parent


def config(engine: Engine) -> Config:
    """Give Alembic's settings for one database."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.attributes["engine"] = engine
    return made


def make_schema(engine: Engine) -> None:
    """Bring a database to the newest schema."""
    command.upgrade(config(engine), "head")


def newest() -> str:
    """Give the version of the newest schema."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    return ScriptDirectory.from_config(made).get_current_head() or ""


def schema_version(engine: Engine) -> str:
    """Give the version of the schema that a database has; empty where it has none."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def check_schema(engine: Engine) -> None:
    """Bring an older schema up; refuse one that is none, or newer than this Limen."""
    found = schema_version(engine)
    if not found:
        raise InputError("The database holds no centre: make one with limen centre init.")
    known = {step.revision for step in ScriptDirectory.from_config(config(engine)).walk_revisions()}
    if found not in known:
        raise InputError(f"The schema {found} is newer than this Limen ({newest()}): install the newer Limen.")
    if found != newest():
        make_schema(engine)
