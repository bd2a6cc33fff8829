"""Keys: one for each person, wrapped by the key ring; without it nothing of that person can be read again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import unicodedata
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, select, update

from limen.centre.records.tables import person_key
from limen.centre.refusals import Refused
from limen.quantities import InputError

FOLDER: Final = "keys"
FILE: Final = "ring.json"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
SEALED: Final = "sealed:"
#: What is shown where a key was destroyed.
GONE: Final = "(deleted)"
KEY_OF: Final = select(person_key).where(person_key.c.person == bindparam("name"))


class KeyRing:
    """The keys of one centre: the newest wraps, the older ones still open; two more sign links and make indexes."""

    def __init__(self, file: Path, keys: dict[str, bytes], newest: str, index: bytes, signing: bytes) -> None:
        self.file, self.keys, self.newest, self.index, self.signing = file, keys, newest, index, signing

    @classmethod
    def make(cls, folder: Path) -> KeyRing:
        """Make the keys of a new centre."""
        first = secrets.token_hex(4)
        ring = cls(folder / FOLDER / FILE, {first: new_key()}, first, new_key(), new_key())
        ring.keep()
        return ring

    @classmethod
    def read(cls, folder: Path) -> KeyRing:
        """Read the keys of a centre; raises InputError where there are none."""
        file = folder / FOLDER / FILE
        if not file.exists():
            raise InputError(f"{file} is not there: bring the keys of this centre, which are backed up apart from it.")
        kept = json.loads(file.read_text(encoding="utf-8"))
        keys = {name: unbase(value) for name, value in kept["keys"].items()}
        return cls(file, keys, kept["newest"], unbase(kept["index"]), unbase(kept["signing"]))

    def keep(self) -> None:
        """Write the ring, readable by its owner alone."""
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = {
            "keys": {name: base(value) for name, value in self.keys.items()},
            "newest": self.newest,
            "index": base(self.index),
            "signing": base(self.signing),
        }
        partial = self.file.with_suffix(".new")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(kept, out)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(self.file)

    def turn(self) -> str:
        """Add a newer key; what older ones wrapped stays readable."""
        self.newest = secrets.token_hex(4)
        self.keys[self.newest] = new_key()
        self.keep()
        return self.newest

    def wrap(self, person: str, key: bytes) -> bytes:
        """Wrap a person's key."""
        return seal_bytes(self.keys[self.newest], key, f"person_key|{person}")

    def unwrap(self, person: str, ring_key: str, wrapped: bytes) -> bytes:
        """Open a person's key."""
        return open_bytes(self.keys[ring_key], wrapped, f"person_key|{person}")

    def digest(self, field: str, value: str) -> str:
        """Give the keyed digest by which a name or number can be found again."""
        return hmac.new(self.index, f"{field}|{normal(value)}".encode(), hashlib.sha256).hexdigest()

    def signature(self, words: str) -> str:
        """Sign a few words, such as the id of a link."""
        return hmac.new(self.signing, words.encode(), hashlib.sha256).hexdigest()[:32]


def new_key() -> bytes:
    """Give 256 random bits."""
    return secrets.token_bytes(KEY_BYTES)


def base(value: bytes) -> str:
    """Write bytes as text."""
    return base64.urlsafe_b64encode(value).decode()


def unbase(value: str) -> bytes:
    """Read bytes from text."""
    return base64.urlsafe_b64decode(value)


def normal(value: str) -> str:
    """Give a name or number as it is looked for: no case, accents, spaces or punctuation."""
    plain = unicodedata.normalize("NFKD", value.casefold())
    return re.sub(r"[\W_]+", "", "".join(letter for letter in plain if not unicodedata.combining(letter)))


def seal_bytes(key: bytes, value: bytes, place: str) -> bytes:
    """Encrypt bytes so that they open at one place only."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, value, place.encode())


def open_bytes(key: bytes, sealed: bytes, place: str) -> bytes:
    """Decrypt bytes; raises Refused if they were changed or moved from their place."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError):  # ValueError: cut shorter than a nonce and a tag
        raise Refused(f"What is kept at {place} was changed or moved: run limen centre audit.") from None


class Vault:
    """Seals and opens the words of people, with their keys looked up in the database."""

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring

    def open_person(self, connection: Connection, person: str) -> None:
        """Make the key of a new person."""
        wrapped = self.ring.wrap(person, new_key())
        row = {"person": person, "ring_key": self.ring.newest, "wrapped": wrapped, "destroyed_at": ""}
        connection.execute(person_key.insert().values(row))

    def key_of(self, connection: Connection, person: str) -> bytes | None:
        """Give a person's key; None once it was destroyed."""
        row = connection.execute(KEY_OF, {"name": person}).mappings().first()
        if row is None or row["wrapped"] is None:
            return None
        return self.ring.unwrap(person, row["ring_key"], row["wrapped"])

    def destroy(self, connection: Connection, person: str, at: str) -> None:
        """Destroy a person's key."""
        gone = update(person_key).where(person_key.c.person == person).values(wrapped=None, destroyed_at=at)
        connection.execute(gone)

    def seal(self, connection: Connection, person: str, event: str, field: str, value: str) -> str:
        """Encrypt one field of one event of a person; the token says which event it belongs to."""
        key = self.key_of(connection, person)
        if key is None:
            raise Refused(f"The record {person} was deleted: nothing can be added to it.")
        return f"{SEALED}{event}:{field}:" + base(seal_bytes(key, value.encode(), f"{person}|{event}|{field}"))

    def unsealed(self, connection: Connection, person: str, value: Any) -> Any:
        """Give a value with every sealed word in it opened."""
        return opened(self.key_of(connection, person), person, value)

    def rewrap_all(self, connection: Connection) -> int:
        """Wrap every person's key with the newest key of the ring."""
        rows = connection.execute(select(person_key).where(person_key.c.wrapped.is_not(None))).mappings().all()
        for row in rows:
            key = self.ring.unwrap(row["person"], row["ring_key"], row["wrapped"])
            fresh = {"ring_key": self.ring.newest, "wrapped": self.ring.wrap(row["person"], key)}
            connection.execute(update(person_key).where(person_key.c.person == row["person"]).values(fresh))
        return len(rows)


def opened(key: bytes | None, person: str, value: Any) -> Any:
    """Give a value with every sealed word in it opened, or `GONE` where the key is."""
    if isinstance(value, dict):
        return {name: opened(key, person, item) for name, item in value.items()}
    if isinstance(value, list):
        return [opened(key, person, item) for item in value]
    if not (isinstance(value, str) and value.startswith(SEALED)):
        return value
    if key is None:
        return GONE
    _, event, field, sealed = value.split(":", 3)
    return open_bytes(key, unbase(sealed), f"{person}|{event}|{field}").decode()
