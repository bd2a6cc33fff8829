"""Making links: unguessable, signed, one person each, kept by their digest."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

from limen.centre.care import link
from limen.centre.care.scales import GAD7, PHQ9, SESSION_LOG
from limen.centre.clock import utc_text
from limen.centre.keys import KeyRing
from limen.centre.records.store import Command
from limen.centre.refusals import Refused
from limen.centre.web.call import Call

#: How the scales of a link are called in its address.
SLUGS: Final = {"phq9": PHQ9, "gad7": GAD7, "log": SESSION_LOG}


def digest(key: str) -> str:
    """Give a short name that a key always makes."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def new_token(ring: KeyRing, key: str) -> str:
    """Give the unguessable words of a link: a keyed digest of the intention that made it, signed."""
    name = ring.digest("link", key)[:32]
    return f"{name}.{ring.signature(name)}"


def link_made(call: Call, person: str, clinic: str, *, scales: str, days: int, key: str) -> Command:
    """Give the command that makes a link."""
    names = [one.strip() for one in scales.split(",") if one.strip()]
    wrong = [one for one in names if one not in SLUGS.values()]
    if wrong:
        raise Refused(f"scales holds {wrong[0]!r}: use some of {', '.join(SLUGS.values())}.", field="scales")
    token = new_token(call.centre.ring, key)
    body = {"person": person, "clinic": clinic, "scales": names, "token": digest(token), "address": token}
    body |= {"purpose": link.QUESTIONS if names else link.VISIT, "expires": utc_text(call.now + timedelta(days=days))}
    return Command(f"link/{digest(token)}", "made", body, f"{key}/link", call.who, person=person)
