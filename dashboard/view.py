"""Who looks at what, as of when? One frozen record a run, which the entry script makes and the pages read."""

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from dashboard.filters import Filters
from models.people import Person
from models.scope import Scope

_KEY = "view"


@dataclass(frozen=True)
class View:
    """One person's view of this run."""

    person: Person
    filters: Filters
    as_of: datetime
    zone: str
    currency: str

    @property
    def scope(self) -> Scope:
        """The person's limits, for every read."""
        return self.person.scope


def show(view: View) -> None:
    """Make the view of this run."""
    st.session_state[_KEY] = view


def current() -> View:
    """Return the view of this run."""
    view: View = st.session_state[_KEY]
    return view
