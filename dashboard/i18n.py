"""In which language do we speak, and what is the word for it there?

Messages are written in Chinese where they are used; ``locale/<language>/LC_MESSAGES/orderhub.po`` holds the others.
``t`` says a message now; ``msg`` marks one that a registry holds and that is said later. A language that has a plural names both forms by
the value they go by: ``{count} {count:order is|orders are} late``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import streamlit as st
from babel.messages.pofile import read_po
from streamlit.runtime.scriptrunner import get_script_run_ctx

from data.api import settings

SOURCE = "zh"
LANGUAGES: tuple[tuple[str, str], ...] = (("zh", "中文"), ("en", "EN"))
LOCALE = Path(__file__).resolve().parent / "locale"
LANGUAGE_KEY = "lang"


_SPOKEN: ContextVar[str | None] = ContextVar("spoken", default=None)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language where no page is being drawn: a file that is made when it is asked for."""
    token = _SPOKEN.set(code)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def language() -> str:
    """Return the language this person chose, else the installation's."""
    if (spoken := _SPOKEN.get()) is not None:
        return spoken
    chosen = st.session_state.get(LANGUAGE_KEY) if get_script_run_ctx(suppress_warning=True) else None
    return chosen if chosen in dict(LANGUAGES) else settings().language


def t(text: str, **values: object) -> str:
    """Say a message in this person's language, with ``{named}`` values put in."""
    said = text if language() == SOURCE else catalogue(language()).get(text, text)
    if "|" in said:
        return _NUMBERED.format(said, **values)
    return said.format(**values) if values else said


class _Numbered(Formatter):
    """Puts in the first of two forms where a value is one, as a figure or as it is printed, else the second."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return the form that goes with a value, or the value itself."""
        one, parted, more = format_spec.partition("|")
        if not parted:
            return str(super().format_field(value, format_spec))
        return one if str(value) == "1" else more


_NUMBERED = _Numbered()


def msg(text: str) -> str:
    """Mark a message that ``t`` will say later."""
    return text


@cache
def catalogue(code: str) -> dict[str, str]:
    """Return the messages of a language that is not the source's, by their Chinese."""
    with (LOCALE / code / "LC_MESSAGES" / "orderhub.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}
