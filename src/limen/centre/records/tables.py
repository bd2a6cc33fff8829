"""The tables of the centre, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

metadata: Final = MetaData()


def text(name: str, *, null: bool = False, key: bool = False) -> Column[str]:
    """Give a column of text."""
    return Column(name, Text, nullable=null, primary_key=key)


def whole(name: str, *, key: bool = False, null: bool = False) -> Column[int]:
    """Give a column of whole numbers that the database does not count by itself."""
    return Column(name, Integer, nullable=null, primary_key=key, autoincrement=False)


def chained(name: str, chain: str) -> Table:
    """Give an append-only table of events, one hash chain for each value of its first column."""
    return Table(
        name,
        metadata,
        text(chain, key=True),
        whole("seq", key=True),
        text("idem_key"),
        text("kind"),
        text("body"),
        text("user"),
        text("wall_utc"),
        text("mono_s"),
        text("boot_id"),
        text("prev_hash"),
        text("hash"),
        UniqueConstraint("idem_key", name=f"uq_{name}_idem_key"),
    )


#: Everything that happens in an infusion; one chain for each session.
session_event: Final = chained("session_event", "session")
#: Everything else that is recorded: people, tasks, slots, links, the site; one chain for each record.
record_event: Final = chained("record_event", "record")
#: Who saw or changed what; one chain for all.
audit_event: Final = Table(
    "audit_event",
    metadata,
    whole("seq", key=True),
    text("at"),
    text("user"),
    text("role"),
    text("action"),
    text("object"),
    text("patient"),
    text("reason"),
    text("ip_hash"),
    text("prev_hash"),
    text("hash"),
    Index("ix_audit_event_patient", "patient"),
)
CHAINED: Final = (session_event, record_event)
APPEND_ONLY: Final = (session_event, record_event, audit_event)

#: Where each chain ends; its row is the lock of the chain.
chain_head: Final = Table("chain_head", metadata, text("chain", key=True), whole("seq"), text("hash"))

#: What has been folded from the events of a record so far: a copy that can be made anew at any time.
record_state: Final = Table(
    "record_state",
    metadata,
    text("record", key=True),
    text("kind"),
    text("clinic"),
    text("person"),
    text("status"),
    text("due_at"),
    whole("seq"),
    text("state"),
    Index("ix_record_state_kind", "kind", "status", "due_at"),
    Index("ix_record_state_person", "person"),
)

#: The key of each person, wrapped by the key ring; without it nothing of that person can be read.
person_key: Final = Table(
    "person_key",
    metadata,
    text("person", key=True),
    text("ring_key"),
    Column("wrapped", LargeBinary, nullable=True),
    text("destroyed_at"),
)
#: Keyed digests of names and numbers, to find a person without storing the name.
person_index: Final = Table(
    "person_index",
    metadata,
    text("person", key=True),
    text("field", key=True),
    text("digest", key=True),
    Index("ix_person_index_digest", "field", "digest"),
)

app_user: Final = Table(
    "app_user",
    metadata,
    text("id", key=True),
    text("name"),
    text("shown_name"),
    text("state"),
    text("password", null=True),
    Column("totp", LargeBinary, nullable=True),
    whole("totp_last_step"),
    text("recovery"),
    text("setup_digest", null=True),
    text("setup_expires", null=True),
    text("created"),
    UniqueConstraint("name", name="uq_app_user_name"),
)
role_grant: Final = Table(
    "role_grant", metadata, text("user", key=True), text("role", key=True), text("clinic", key=True)
)
web_session: Final = Table(
    "web_session",
    metadata,
    text("digest", key=True),
    text("user"),
    text("role"),
    text("step"),
    text("created"),
    text("seen"),
    text("expires"),
    text("ended"),
    Index("ix_web_session_user", "user"),
)
login_attempt: Final = Table(
    "login_attempt",
    metadata,
    text("id", key=True),
    text("account"),
    text("address"),
    text("at"),
    text("outcome"),
    Index("ix_login_attempt_account", "account", "at"),
    Index("ix_login_attempt_address", "address", "at"),
)
break_glass: Final = Table(
    "break_glass",
    metadata,
    text("id", key=True),
    text("user"),
    text("person"),
    text("until"),
    text("reason"),
    Index("ix_break_glass_user", "user", "person"),
)
#: Long texts, such as what the options were, named by their hash; events point at them.
document: Final = Table("document", metadata, text("sha256", key=True), text("kind"), text("content"))
#: Tokens of machines that read the exchange interface.
api_token: Final = Table(
    "api_token", metadata, text("digest", key=True), text("name"), text("scope"), text("created"), text("revoked")
)
setting: Final = Table("setting", metadata, text("name", key=True), text("value"))
