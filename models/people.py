"""Who acts, in which role, and what may that role do?"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.scope import DEFINING_ROLES, EVERYTHING, HANDLING_ROLES, REVEALING_ROLES, Scope

# Roles that may ask the jobs to run, to replay a file or to take in an upload.
RUNNING_ROLES: frozenset[str] = frozenset({"manager", "operations", "it"})
# Roles that may hand over a file: finance brings statements of platforms and banks.
UPLOADING_ROLES: frozenset[str] = RUNNING_ROLES | {"finance"}
# Roles that work on what does not agree; statements have no warehouse, so nobody with limits of warehouses may.
RECONCILING_ROLES: frozenset[str] = frozenset({"finance", "manager"})
# Roles that may release, extend and move holds, enter what left unsold, and set thresholds and quotas.
STOCK_ROLES: frozenset[str] = frozenset({"warehouse", "operations", "manager"})

# Who sees to what alerts tell, by key: names in both languages and the role that acts for them.
DEPARTMENTS: Mapping[str, tuple[str, str, str]] = {
    "warehouse": ("仓储部", "Warehouse", "warehouse"),
    "it": ("IT 运维", "IT operations", "it"),
    "service": ("客服部", "Customer service", "operations"),
    "operations": ("运营部", "Operations", "operations"),
    "finance": ("财务部", "Finance", "finance"),
}

# The people of the demo, by role.
DEMO_NAMES: Mapping[str, str] = {
    "manager": "林悦",
    "analyst": "周衡",
    "operations": "陈阳",
    "finance": "许清",
    "warehouse": "赵川",
    "it": "何鸣",
}


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
    def may_upload(self) -> bool:
        """Whether this person may have a file taken in."""
        return self.role in UPLOADING_ROLES

    @property
    def may_reconcile(self) -> bool:
        """Whether this person may label, assign and resolve differences they see, and change the chart of accounts."""
        return self.role in RECONCILING_ROLES and self.scope.warehouses is None

    @property
    def may_stock(self) -> bool:
        """Whether this person may act on the stock of the warehouses they see."""
        return self.role in STOCK_ROLES

    @property
    def may_reveal(self) -> bool:
        """Whether this person may see a buyer's contact, each time with an audit row."""
        return self.role in REVEALING_ROLES

    @property
    def may_handle(self) -> bool:
        """Whether this person may own orders they see, give them to somebody, and comment on them."""
        return self.role in HANDLING_ROLES

    @property
    def may_define(self) -> bool:
        """Whether this person may change what figures mean: everybody reads them, so nobody with limits may."""
        return self.role in DEFINING_ROLES and self.scope == EVERYTHING
