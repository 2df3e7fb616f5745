"""What does a link mean that names its choices by code, or in the other language?

Widgets write the words people read into the URL (``?channel=抖音``). A link may as well say ``?channel=douyin&lang=en``. Before a page is
served, nobody knows who asks: such words are replaced only where they are the product's own. What is a word of the data, a warehouse's
name say, is understood once it is known who asks, and only within their scope.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode

import streamlit as st
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import options, words
from dashboard.i18n import language
from dashboard.navigation import PAGES
from data.api import settings
from data.reads import Choices

_PATHS = {"/", *(f"/{page.url_path}" for page in PAGES)}
# What anybody may choose: every platform the product knows, whether a shop is on it or not.
_ANYBODY = Choices(channels=tuple(words.CHANNELS), regions=(), categories=(), warehouses=(), carriers=(), shops=())


class UnderstandLinks:
    """ASGI middleware that redirects a page's link to the words its widgets know, as far as they are the product's own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on everything but a page asked for in words its widgets do not know."""
        if scope["type"] == "http" and scope["method"] == "GET" and scope["query_string"] and scope["path"] in _PATHS:
            given = parse_qsl(scope["query_string"].decode(errors="replace"), keep_blank_values=True)
            meant = _understood(given)
            if meant != given:
                response = RedirectResponse(str(Request(scope).url.replace(query=urlencode(meant))), status_code=307)
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)


def understood(given: Sequence[tuple[str, str]], *, names: Mapping[str, options.Names], language: str) -> list[tuple[str, str]]:
    """Return a query with each choice in the words of its language; what nobody knows stays as it is.

    >>> understood([("channel", "douyin"), ("lang", "EN")], names={"channel": {"douyin": ("抖音", "Douyin")}}, language="en")
    [('channel', 'Douyin'), ('lang', 'EN')]
    """
    side = 0 if language == "zh" else 1
    meant = []
    for key, value in given:
        code = options.code_of(value, names.get(key, {}))
        meant.append((key, value if code is None else names[key][code][side]))
    return meant


def arrive(choices: Choices) -> None:
    """Have the choices of a link said in the words that the widgets of this person know, before they are drawn, and run anew.

    What is not in ``choices`` stays as it stands. A widget that has been drawn keeps its choices in its own words.
    """
    names = options.scope_names(choices)
    given = [(key, said) for key in names if key not in st.session_state for said in st.query_params.get_all(key)]
    meant = understood(given, names=names, language=language())
    if meant != given:
        st.query_params.update({key: [said for of, said in meant if of == key] for key, _ in meant})
        st.rerun()


def _understood(given: list[tuple[str, str]]) -> list[tuple[str, str]]:
    asked = [value for key, value in given if key == options.LANGUAGE_KEY]
    spoken = options.code_of(asked[-1], options.LANGUAGE_NAMES) if asked else None
    return understood(given, names=options.all_names(_ANYBODY), language=spoken or settings().language)
