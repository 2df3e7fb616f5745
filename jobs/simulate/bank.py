"""What do the merchant's banks book, and how do they write it: ICBC's account details (CSV in GBK) and MT940 of a bank abroad?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from jobs.simulate import rhythm
from jobs.simulate.lettering import major
from jobs.simulate.platforms.statement import Period
from jobs.simulate.platforms.writer import File
from jobs.simulate.purses import payout_number

FOLDER = "bank"
HEADER = (
    "交易日期,摘要,交易详情,交易场所,交易国家或地区简称,钞/汇,交易金额(收入),交易金额(支出),交易币种,记账金额(收入),记账金额(支出),记账币种,余额,"
    "对方户名,对方账户"
)
# Who pays on behalf of a platform.
_PAYERS: Mapping[str, str] = {
    "淘宝": "支付宝（中国）网络技术有限公司客户备付金",
    "天猫": "支付宝（中国）网络技术有限公司客户备付金",
    "京东": "网银在线（北京）科技有限公司客户备付金",
    "拼多多": "上海付费通信息服务有限公司客户备付金",
    "抖音": "武汉合众易宝科技有限公司客户备付金",
    "Shopify": "SHOPIFY PAYMENTS HK LIMITED",
    "Shopify CNY": "SHOPIFY PAYMENTS HK LIMITED",
}
# What the bank quotes of a payout: some platforms send its number, others do not.
_QUOTES: Mapping[str, str] = {
    "淘宝": "支付宝提现 {}",
    "天猫": "支付宝提现 {}",
    "京东": "京东商家结算款 {}",
    "拼多多": "商家提现",
    "抖音": "货款提现",
    "Shopify": "SHOPIFY PAYOUT {}",
    "Shopify CNY": "SHOPIFY PAYOUT {}",
}
_WIDE = 10


@dataclass(frozen=True)
class Account:
    """A bank account: its number, currency, and what lies on it when the play begins."""

    number: str
    currency: str
    opening_minor: int


ACCOUNTS: tuple[Account, ...] = (
    Account("1202****8846", "CNY", 86_432_915),
    Account("HK63DHBK0478812345838", "USD", 4_117_240),
)


def statement(account: int, lines: pd.DataFrame, *, opening_minor: int, platforms: Mapping[int, str], period: Period) -> File:
    """Return one account's statement of a period: ``lines`` in the order in which they were booked, from an opening balance."""
    write = _icbc if ACCOUNTS[account].currency == "CNY" else _mt940
    return write(ACCOUNTS[account], lines, opening_minor, platforms, period)


def _said(lines: pd.DataFrame, platforms: Mapping[int, str]) -> list[tuple[str, str]]:
    """Return what the bank says of each line: text, with the numbers of all payouts in it where it quotes them, and payer."""
    said = []
    for row in lines[["shop", "payout_day", "last_day"]].to_dict("records"):
        platform = platforms[row["shop"]]
        numbers = [str(payout_number(row["shop"], day)) for day in range(row["payout_day"], row["last_day"] + 1)]
        said.append((_QUOTES[platform].format(" ".join(numbers)), _PAYERS[platform]))
    return said


def _icbc(account: Account, lines: pd.DataFrame, opening_minor: int, platforms: Mapping[int, str], period: Period) -> File:
    first, last = rhythm.day_of(period.first_day), rhythm.day_of(period.until_day - 1)
    head = ("明细查询文件下载", "", f"卡号: {account.number}", "卡别名: 收款户", f"起始日期: {first}    截止日期: {last}", "")
    minor = lines["minor"].tolist()
    balance = (opening_minor + lines["minor"].cumsum()).tolist()
    texts = zip(lines["day"].tolist(), minor, _said(lines, platforms), major(balance), strict=True)
    table = [_booked(day, value, text, payer, after) for day, value, (text, payer), after in texts]
    come, gone = major([sum(v for v in minor if v > 0)])[0], major([-sum(v for v in minor if v < 0)])[0]
    foot = ["人民币合计", "", "", "", "", "", come, gone, "", come, gone, "", "", "", ""]
    body = "".join(",".join(map(_cell, row)) + "\r\n" for row in (HEADER.split(","), *table, foot))
    return File(f"{FOLDER}/icbc_{period.stamp}.csv", ("".join(f"{line}\r\n" for line in head) + body).encode("gbk"))


def _booked(day: int, minor: int, text: str, payer: str, balance: str) -> Sequence[str]:
    come, gone = (_thousands(minor), "-") if minor > 0 else ("-", _thousands(-minor))
    summary = "快捷收款" if minor > 0 else "跨行汇款"
    return (f"{rhythm.day_of(day)}", summary, text, "网上银行", "CHN", "-", "-", "-", "-", come, gone, "人民币", balance, payer, "-")


def _thousands(minor: int) -> str:
    return f"{minor // 100:,}.{minor % 100:02d}"


def _cell(text: str) -> str:
    """Pad a cell as the bank does; what holds a comma is quoted, padding and all."""
    padded = f"{text:<{_WIDE}}\t"
    return f'"{padded}"' if "," in text else padded


def _mt940(account: Account, lines: pd.DataFrame, opening_minor: int, platforms: Mapping[int, str], period: Period) -> File:
    number = f"{rhythm.day_of(period.until_day - 1):%y%j}"
    closing = opening_minor + int(lines["minor"].sum())
    text = [f":20:{rhythm.day_of(period.until_day):%y%m%d}ORDERHUB", f":25:{account.number}", f":28C:{number}/1"]
    text.append(f":60F:{_balance(opening_minor, period.first_day, account)}")
    for row, (said, payer) in zip(lines.to_dict("records"), _said(lines, platforms), strict=True):
        day = rhythm.day_of(row["day"])
        amount = f"{'C' if row['minor'] >= 0 else 'D'}{_comma(abs(row['minor']))}"
        text += [f":61:{day:%y%m%d}{day:%m%d}{amount}NTRFNONREF//{day:%y%m%d}{row['shop']:02d}{row['minor'] % 10**6:06d}"]
        text += [f":86:{said}", payer]
    text += [f":62F:{_balance(closing, period.until_day - 1, account)}", "-", ""]
    return File(f"{FOLDER}/mt940_{period.stamp}.sta", "\r\n".join(text).encode("ascii"))


def _balance(minor: int, day: int, account: Account) -> str:
    return f"{'C' if minor >= 0 else 'D'}{rhythm.day_of(day):%y%m%d}{account.currency}{_comma(abs(minor))}"


def _comma(minor: int) -> str:
    return f"{minor // 100},{minor % 100:02d}"
