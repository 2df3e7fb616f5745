"""Did a request reach us through somebody else's server, so that its sender may be anybody?"""

from collections.abc import Iterable

_TOLD_BY_PROXIES = frozenset({"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"})


def is_proxied(headers: Iterable[str]) -> bool:
    """Say whether a request's headers (their names) are those of a proxy.

    >>> is_proxied(["Host", "X-Forwarded-For"]), is_proxied(["host", "via"]), is_proxied(["Host", "User-Agent"])
    (True, True, False)
    """
    return any(name.lower() in _TOLD_BY_PROXIES or name.lower().startswith("x-forwarded") for name in headers)
