"""How does each platform want a request signed? One small function each, over the parameters as they are sent."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any


def taobao_md5(parameters: Mapping[str, str], *, secret: str) -> str:
    """Sign as Taobao's TOP does with ``sign_method=md5``.

    >>> taobao_md5({"b": "2", "a": "1"}, secret="s") == hashlib.md5(b"sa1b2s").hexdigest().upper()
    True
    """
    return _md5(f"{secret}{_concatenated(parameters)}{secret}").upper()


def taobao_hmac(parameters: Mapping[str, str], *, secret: str) -> str:
    """Sign as Taobao's TOP does with ``sign_method=hmac``."""
    return hmac.new(secret.encode(), _concatenated(parameters).encode(), "md5").hexdigest().upper()


def jd(parameters: Mapping[str, str], *, secret: str) -> str:
    """Sign as JD does, over 360buy_param_json, access_token, app_key, method, timestamp and v only.

    The platform's published example:

    >>> jd({"360buy_param_json": '{"end_date":null,"optional_fields":null,"order_state":"WAIT_SELLER_STOCK_OUT","page":"1",'
    ...     '"page_size":"200","start_date":null}', "access_token": "yourtoken", "app_key": "yourappkey", "format": "json",
    ...     "method": "jingdong.pop.order.search", "timestamp": "2021-05-07 09:20:39.683+0800", "v": "2.0"}, secret="yourappSecret")
    'D70825340F4084360B9362B60DFD7930'
    """
    signed = {name: parameters[name] for name in parameters if name not in ("format", "sign_method")}
    return _md5(f"{secret}{_concatenated(signed)}{secret}").upper()


def pdd(parameters: Mapping[str, str], *, secret: str) -> str:
    """Sign as Pinduoduo does. The platform's published example:

    >>> pdd({"access_token": "asd78172s8ds9a921j9qqwda12312w1w21211", "client_id": "1", "data_type": "XML", "order_status": "1",
    ...     "page": "1", "page_size": "10", "timestamp": "1480411125", "type": "pdd.order.number.list.get"}, secret="testSecret")
    'E4DE3ED21002510DED352819E7AE6775'
    """
    return _md5(f"{secret}{_concatenated(parameters)}{secret}").upper()


def douyin(parameters: Mapping[str, str], *, secret: str) -> str:
    """Sign as Douyin does: app_key, method, param_json, timestamp and v in this order, the secret as key and at both ends."""
    names = ("app_key", "method", "param_json", "timestamp", "v")
    said = "".join(f"{name}{parameters[name]}" for name in names)
    return hmac.new(secret.encode(), f"{secret}{said}{secret}".encode(), "sha256").hexdigest()


def douyin_param_json(parameters: Mapping[str, Any]) -> str:
    """Write Douyin's business parameters as they are signed and sent: keys sorted at every depth, no blanks, nothing escaped.

    >>> douyin_param_json({"size": 100, "page": 0, "order_by": "更新"})
    '{"order_by":"更新","page":0,"size":100}'
    """
    return json.dumps(parameters, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def shopee(*, partner_id: str, path: str, timestamp: int, access_token: str = "", shop_id: str = "", key: str) -> str:
    """Sign as Shopee's v2 does; public interfaces have neither token nor shop."""
    said = f"{partner_id}{path}{timestamp}{access_token}{shop_id}"
    return hmac.new(key.encode(), said.encode(), "sha256").hexdigest()


def _concatenated(parameters: Mapping[str, str]) -> str:
    return "".join(f"{name}{parameters[name]}" for name in sorted(parameters))


def _md5(said: str) -> str:
    return hashlib.md5(said.encode(), usedforsecurity=False).hexdigest()
