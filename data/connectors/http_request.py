"""What exactly is sent: where to, with which parameters, signed how?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from data.connectors import signing
from data.connectors.http_source import Source, Value, credential

BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Prepared:
    """A request, ready to send; ``query`` goes into the address, ``form`` into the body."""

    method: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def prepared(source: Source, *, parameters: Mapping[str, Value], at: datetime, environment: Mapping[str, str]) -> Prepared:
    """Sign and lay out one request; ``at`` is the instant the signature states."""
    kind = source.auth.kind
    if kind in ("none", "header"):
        token = f"{source.auth.prefix}{credential(source.auth.token_env, environment=environment)}" if kind == "header" else ""
        return _placed(source, _texts(parameters), headers={source.auth.header: token} if token else {})
    secret = credential(source.auth.secret_env, environment=environment)
    key = credential(source.auth.key_env, environment=environment)
    token = credential(source.auth.token_env, environment=environment)
    if kind == "shopee":
        return _shopee(
            source, parameters, at=at, key=key, secret=secret, token=token, shop=credential(source.auth.shop_env, environment=environment)
        )
    signed = {"taobao": _taobao, "jd": _jd, "pdd": _pdd, "douyin": _douyin}[kind](source, parameters, at, key, secret, token)
    return _placed(source, signed)


def _taobao(source: Source, parameters: Mapping[str, Value], at: datetime, key: str, secret: str, token: str) -> dict[str, str]:
    said = _texts(parameters) | {
        "method": source.auth.method,
        "app_key": key,
        "session": token,
        "timestamp": f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}",
        "format": "json",
        "v": "2.0",
        "sign_method": "hmac",
    }
    return said | {"sign": signing.taobao_hmac(said, secret=secret)}


def _jd(source: Source, parameters: Mapping[str, Value], at: datetime, key: str, secret: str, token: str) -> dict[str, str]:
    moment = at.astimezone(BEIJING)
    said = {
        "360buy_param_json": json.dumps(_texts(parameters), sort_keys=True, separators=(",", ":"), ensure_ascii=False),
        "access_token": token,
        "app_key": key,
        "method": source.auth.method,
        "timestamp": f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}+0800",
        "v": "2.0",
    }
    return said | {"sign": signing.jd(said, secret=secret)}


def _pdd(source: Source, parameters: Mapping[str, Value], at: datetime, key: str, secret: str, token: str) -> dict[str, str]:
    said = _texts(parameters) | {
        "type": source.auth.method,
        "client_id": key,
        "access_token": token,
        "timestamp": str(int(at.timestamp())),
        "data_type": "JSON",
        "version": "V1",
    }
    return said | {"sign": signing.pdd(said, secret=secret)}


def _douyin(source: Source, parameters: Mapping[str, Value], at: datetime, key: str, secret: str, token: str) -> dict[str, str]:
    said = {
        "app_key": key,
        "method": source.auth.method,
        "param_json": signing.douyin_param_json(parameters),
        "timestamp": str(int(at.timestamp())),
        "v": "2",
    }
    return said | {"sign": signing.douyin(said, secret=secret), "sign_method": "hmac-sha256", "access_token": token}


def _shopee(source: Source, parameters: Mapping[str, Value], *, at: datetime, key: str, secret: str, token: str, shop: str) -> Prepared:
    timestamp = int(at.timestamp())
    path = urlsplit(source.url).path
    sign = signing.shopee(partner_id=key, path=path, timestamp=timestamp, access_token=token, shop_id=shop, key=secret)
    proof = {"partner_id": key, "timestamp": str(timestamp), "access_token": token, "shop_id": shop, "sign": sign}
    return _placed(source, _texts(parameters) | proof)


def _placed(source: Source, parameters: Mapping[str, str], *, headers: Mapping[str, str] | None = None) -> Prepared:
    if source.method == "POST":
        return Prepared("POST", source.url, form=parameters, headers=headers or {})
    return Prepared("GET", source.url, query=parameters, headers=headers or {})


def _texts(parameters: Mapping[str, Value]) -> dict[str, str]:
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in parameters.items()}
