"""Whose name, and which numbers, may be kept of the free text of a statement?

People write names, telephone numbers and addresses into it. Only the name of a company and words that carry a number are kept.
"""

import re

from models.personal import looks_personal

# What a firm's name ends in or contains, in the languages of the banks we read.
_FIRM = re.compile(
    r"公司|企业|集团|银行|支付|财付通|信用社|合作社|事务所|研究院|商行|商店|门店|旗舰店|工厂|中心|基金|协会|税务|"
    r"\b(?:ltd|limited|llc|llp|inc|corp|corporation|co|company|plc|gmbh|mbh|ag|kg|ohg|ug|b\.?v|bvba|n\.?v|s\.?a|s\.?a\.?r\.?l|sas|srl|"
    r"s\.?p\.?a|"
    r"sp\. ?z ?o\. ?o|oy|ab|a/s|aps|pty|pte|bank|payments?|stripe|paypal|shopify|adyen|amazon|alipay|tenpay|wechat|insurance)\b\.?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\s,，;；。:：、()（）\[\]【】<>《》|\"]+")
# Account numbers, of whomever: international, and those of banks that write theirs without the country.
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}|\d{26}")
# Shorter numbers are house numbers and days; a reference has at least so many digits.
_DIGITS = 4
_WORD_CHARACTERS = 64
_KEPT_CHARACTERS = 200


def company(text: str) -> str | None:
    """Give a name that is a company's; a person's, and what may be one, is not kept.

    >>> company("支付宝（中国）网络技术有限公司"), company("Acme Trading B.V."), company("林一"), company("Hr S Marechal")
    ('支付宝（中国）网络技术有限公司', 'Acme Trading B.V.', None, None)
    """
    text = " ".join(text.split())
    return text[:_KEPT_CHARACTERS] if _FIRM.search(text) and not looks_personal(text) else None


def references(text: str) -> str | None:
    """Keep the words of a remark that carry a number of at least four digits and are neither an account nor a telephone number.

    >>> references("代扣款（扣款用途：佣金代扣 tradeid:4100000000000000001 fee:0.49）"), references("JAN NOWAK KRAKOW")
    ('4100000000000000001', None)
    >>> references("2026年9月19日商家结算款")
    '2026年9月19日商家结算款'
    """
    kept: list[str] = []
    for found in _WORD.finditer(text[:4000]):
        word = found[0]
        numbered = sum(map(str.isdigit, word)) >= _DIGITS and len(word) <= _WORD_CHARACTERS
        if numbered and not looks_personal(word) and not _IBAN.fullmatch(word):
            kept.append(word)
    return " ".join(dict.fromkeys(kept))[:_KEPT_CHARACTERS] or None
