"""What do we call a channel, a stage, a kind of file, a role?"""

import re

from dashboard.i18n import language, msg, t
from data.reads import UNSORTED

# Chinese with whatever figures it has, then the English that says the same, beginning with a small letter.
_HALVES = re.compile(r"([^a-z\n]*[\u4e00-\u9fff][^a-z\n]*?) ([a-z][^\u4e00-\u9fff]*)", re.DOTALL)
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_ENGLISH = re.compile(r" ?(?<![A-Za-z_])[a-z]{2,}(?: [a-z]+)*(?![A-Za-z_])")

# A channel that is not here is called by its code.
CHANNELS: dict[str, str] = {
    "taobao": msg("淘宝"),
    "tmall": msg("天猫"),
    "douyin": msg("抖音"),
    "jd": msg("京东"),
    "pdd": msg("拼多多"),
    "pinduoduo": msg("拼多多"),
    "kuaishou": msg("快手"),
    "wechat_shop": msg("微信小店"),
    "shopify": "Shopify",
    "shopee": "Shopee",
    "olist": "Olist",
}
ROLES: dict[str, str] = {
    "manager": msg("经理"),
    "analyst": msg("分析"),
    "operations": msg("运营"),
    "finance": msg("财务"),
    "warehouse": msg("仓储"),
    "it": msg("IT 值班"),
}
# Who answers for a measure of stock (S13, S14, S15).
DEPARTMENTS: dict[str, str] = {"it": msg("IT 运维"), "warehouse": msg("仓储部"), "service": msg("客服部")}
KINDS: dict[str, str] = {
    "orders": msg("订单"),
    "settlement": msg("结算"),
    "stock": msg("库存"),
    "bank": msg("银行"),
    "logistics": msg("仓配"),
    "reference": msg("主数据"),
    "unknown": msg("未识别"),
}
STAGES: dict[str, str] = {
    "created": msg("待支付"),
    "paid": msg("待审"),
    "reviewed": msg("待分仓"),
    "allocated": msg("待打单"),
    "waybilled": msg("待出库"),
    "part_shipped": msg("部分发货"),
    "shipped": msg("已发货"),
    "delivered": msg("已签收"),
    "completed": msg("已完成"),
    "cancelled": msg("已取消"),
    "refunded": msg("已退款"),
    "unknown": msg("未识别"),
}
NATURES: dict[str, str] = {"live": msg("实时"), "backfill": msg("回填")}
RUN_STATES: dict[str, str] = {
    "running": msg("运行中"),
    "succeeded": msg("成功"),
    "failed": msg("失败"),
    "abandoned": msg("中断"),
}
REQUEST_STATES: dict[str, str] = {"waiting": msg("排队中"), "done": msg("已完成"), "failed": msg("失败")}
REQUEST_KINDS: dict[str, str] = {"run": msg("立即运行"), "replay": msg("重放"), "upload": msg("上传")}
# Where a SKU in a warehouse stands, which holds are listed, how what a channel shows stands to what it was told, and what is short.
STOCK_LEVELS: dict[str, str] = {"short": msg("缺货"), "out": msg("售罄"), "low": msg("低于安全线"), "fine": msg("充足")}
HOLD_LISTS: dict[str, str] = {
    "running": msg("倒计时中"),
    "expired": msg("已过期未释放"),
    "paid": msg("已付款"),
    "ended": msg("已结束"),
}
STOCK_GAPS: dict[str, str] = {"more": msg("多显示"), "less": msg("少显示"), "same": msg("一致"), "unseen": msg("没有对照")}
STOCK_CONFLICTS: dict[str, str] = {"waiting": msg("待决定"), "accepted": msg("已接受等货")}


def named(names: dict[str, str], code: str) -> str:
    """Return the name of a code in this person's language, or the code itself."""
    return t(names[code]) if code in names else code


def channel(code: str) -> str:
    """Return the name of a channel."""
    return named(CHANNELS, code)


def stage(code: str) -> str:
    """Return the name of an order's stage."""
    return named(STAGES, code)


def unsorted_or(code: str, name: str) -> str:
    """Return a name, or 未归类 for the cell of what nobody classified."""
    return t("未归类") if code == UNSORTED else name


def in_language(chinese: str, english: str) -> str:
    """Return the one of two names that this person reads."""
    return chinese if language() == "zh" else english


def half(text: str | None) -> str:
    """Return this person's half of a text that says everything twice, Chinese first.

    >>> _split("每天 03:30 daily at 03:30"), _split("3 个文件 / 3 files")
    (('每天 03:30', 'daily at 03:30'), ('3 个文件', '3 files'))
    >>> _split("2 个文件 files，拒收行 refused rows 0"), _split("disk full")
    (('2 个文件，拒收行 0', '2 files, refused rows 0'), ('disk full', 'disk full'))
    """
    chinese, english = _split(text or "")
    return in_language(chinese, english)


def _split(text: str) -> tuple[str, str]:
    chinese, slash, english = text.partition(" / ")
    if slash:
        return chinese, english
    halves = _HALVES.fullmatch(text)
    if halves and (len(halves[2].split()) > 2 or any(sign.isdigit() for sign in halves[2])):
        return halves[1], halves[2]
    if not (_CHINESE.search(text) and _ENGLISH.search(text)):
        return text, text
    return _ENGLISH.sub("", text).strip(), " ".join(_CHINESE.sub("", text).replace("，", ", ").split())
