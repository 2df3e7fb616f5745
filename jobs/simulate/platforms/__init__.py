"""How each platform writes what the merchant lives through: one module a platform, one line each in ``WRITERS``.

A writer sees only what its platform would know (``writer.View``) and gives bytes; it decides nothing.
"""

from jobs.simulate.platforms import douyin, jd, pdd, shopee, shopify, taobao
from jobs.simulate.platforms.writer import Writer

WRITERS: tuple[Writer, ...] = (
    taobao.HOME,
    taobao.FLAGSHIP,
    douyin.LIVE,
    shopify.GLOBAL,
    jd.FLAGSHIP,
    pdd.SELECT,
    shopee.MALAYSIAN,
)
