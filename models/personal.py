"""Does a text look like somebody's personal data, wherever it stands?

Columns are personal by declaration; this is for a cell that stands where it does not belong, as in a row shifted by a comma.
"""

import re

# Chinese mobile and landline numbers, as platforms and people write them.
_PHONE = r"(?<!\d)(?:\+?86[-\s]?)?1[3-9]\d(?:[-\s]?\d{4}){2}(?!\d)|(?<!\d)0\d{2,3}-\d{7,8}(?!\d)"
_EMAIL = r"[^\s@]@[^\s@.]+\.[^\s@]"
# A place and a smaller place in it, or a house in a street. Everything is bounded: a cell may be a megabyte of anything.
_ADDRESS = r"[省市县区州旗].{0,40}[市县区镇乡村路街巷弄号栋幢室]|[路街道巷弄村].{0,20}\d{1,5}\s?[号弄栋幢室]"
_PERSONAL = re.compile("|".join((_PHONE, _EMAIL, _ADDRESS)), re.DOTALL)


def looks_personal(text: str) -> bool:
    """Say whether a text holds a phone number, an e-mail address or what may be a postal address.

    >>> looks_personal("13900000000"), looks_personal("a@b.cn"), looks_personal("广东省 深圳市 南山区 科技园")
    (True, True, True)
    >>> looks_personal("3515313147329357900"), looks_personal("2026-11-01 10:00"), looks_personal("买家已付款")
    (False, False, False)
    """
    return _PERSONAL.search(text) is not None
