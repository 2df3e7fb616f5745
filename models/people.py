"""Who acts, in which role, and what may that role do?"""

from dataclasses import dataclass

from models.scope import DEFINING_ROLES, EVERYTHING, REVEALING_ROLES, Scope

# Roles that may ask the jobs to run, to replay a file or to take in an upload.
RUNNING_ROLES: frozenset[str] = frozenset({"manager", "operations", "it"})


@dataclass(frozen=True)
class Person:
    """Someone signed in; ``scope`` limits every read and write done in their name."""

    person_id: str
    name: str
    role: str
    scope: Scope = EVERYTHING

    @property
    def may_run(self) -> bool:
        """Whether this person may ask the jobs to do something."""
        return self.role in RUNNING_ROLES

    @property
    def may_reveal(self) -> bool:
        """Whether this person may see a buyer's contact, each time with an audit row."""
        return self.role in REVEALING_ROLES

    @property
    def may_define(self) -> bool:
        """Whether this person may change what figures mean: everybody reads them, so nobody with limits may."""
        return self.role in DEFINING_ROLES and self.scope == EVERYTHING
