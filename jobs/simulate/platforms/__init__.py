"""How each platform writes what the merchant lives through: one module a platform, one line each in ``WRITERS``.

A writer sees only what its platform would know (``writer.View``) and gives bytes; it decides nothing.
"""

from jobs.simulate.platforms.douyin import LIVE
from jobs.simulate.platforms.shopify import GLOBAL
from jobs.simulate.platforms.taobao import FLAGSHIP, HOME
from jobs.simulate.platforms.writer import Writer

WRITERS: tuple[Writer, ...] = (
    HOME,
    FLAGSHIP,
    LIVE,
    GLOBAL,
)
