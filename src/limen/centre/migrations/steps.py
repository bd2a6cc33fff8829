"""The steps of the schema as Alembic takes them; loaded only where a schema is made or changed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

FOLDER: Final = Path(__file__).parent


def config(engine: Engine | None = None) -> Config:
    """Give Alembic's settings for one database."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.attributes["engine"] = engine
    return made


def take_steps(engine: Engine) -> None:
    """Bring a database to the newest schema."""
    command.upgrade(config(engine), "head")
