"""What does a link mean that names its choices by code, or in the other language?

Widgets write the words people read into the URL (``?channel=抖音``). A link may as well say ``?channel=douyin&lang=en``: before a page
is served, such words are replaced by those its widgets know.
"""

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import options
from dashboard.navigation import PAGES
from data import reads
from data.api import DatabaseProblem, engine, settings
from data.reads import Choices
from models.scope import EVERYTHING

NOTHING = Choices(channels=(), regions=(), categories=(), warehouses=(), carriers=(), shops=())
_PATHS = {"/", *(f"/{page.url_path}" for page in PAGES)}


class UnderstandLinks:
    """ASGI middleware that redirects a page's link to the words its widgets know."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on everything but a page asked for in words its widgets do not know."""
        if scope["type"] == "http" and scope["method"] == "GET" and scope["query_string"] and scope["path"] in _PATHS:
            given = parse_qsl(scope["query_string"].decode(errors="replace"), keep_blank_values=True)
            meant = await asyncio.to_thread(_understood, given)
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


def _understood(given: list[tuple[str, str]]) -> list[tuple[str, str]]:
    asked = [value for key, value in given if key == options.LANGUAGE_KEY]
    language = options.code_of(asked[-1], options.LANGUAGE_NAMES) if asked else None
    try:
        choices = reads.choices(engine(), scope=EVERYTHING)
    except DatabaseProblem:
        choices = NOTHING
    return understood(given, names=options.all_names(choices), language=language or settings().language)
