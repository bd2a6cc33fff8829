"""Roles and what each may do; what is not written here is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Permissions, each named for what it lets somebody do.
PUBLIC: Final = "public"  # anybody, without signing in
LINK: Final = "link"  # whoever holds a person's link
MACHINE: Final = "machine"  # a machine with a token that the administrator made
OWN: Final = "own account"
PEOPLE: Final = "people and bookings"
CHART: Final = "charts"
INFUSE: Final = "infusions"
SIGN: Final = "sign reviews and plans"
OVERRIDE: Final = "override a block"
SITE: Final = "site settings"
OUTCOMES: Final = "pooled outcomes"
AUDIT: Final = "audit trail"
ADMIN: Final = "users and keys"
TASKS: Final = "tasks"
OUTBOX: Final = "links and reminders"
EXCHANGE: Final = "export of one person"
TRIALS: Final = "virtual trials"

FRONT_DESK: Final = "front desk"
NURSE: Final = "nurse"
PHYSICIAN: Final = "physician"
DIRECTOR: Final = "medical director"
RESEARCHER: Final = "researcher"
AUDITOR: Final = "auditor"
ADMINISTRATOR: Final = "admin"

_DESK: Final = frozenset({OWN, PEOPLE, TASKS, OUTBOX})
_NURSE: Final = _DESK | {CHART, INFUSE}
_PHYSICIAN: Final = _NURSE | {SIGN, OUTCOMES, EXCHANGE}
GRANTS: Final[Mapping[str, frozenset[str]]] = {
    FRONT_DESK: _DESK,
    NURSE: _NURSE,
    PHYSICIAN: _PHYSICIAN,
    DIRECTOR: _PHYSICIAN | {OVERRIDE, SITE, TRIALS},
    RESEARCHER: frozenset({OWN, OUTCOMES, TRIALS}),
    AUDITOR: frozenset({OWN, AUDIT}),
    ADMINISTRATOR: frozenset({OWN, ADMIN}),
}
ROLES: Final = tuple(GRANTS)
#: Roles that may break the glass of a person of another clinic, with a reason.
BREAK_GLASS: Final = (NURSE, PHYSICIAN, DIRECTOR)
PERMISSIONS: Final = frozenset({PUBLIC, LINK, MACHINE}).union(*GRANTS.values())


def may(role: str, permission: str) -> bool:
    """Tell whether a role has a permission; an unknown role has none."""
    return permission in GRANTS.get(role, frozenset())
