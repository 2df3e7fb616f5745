"""In which states are an order's case, its review, what was asked of a warehouse, and a trial?"""

from models.stock.words import Word

CASE_STATES: tuple[Word, ...] = (
    Word("open", "待处理", "Open"),
    Word("claimed", "已认领", "Claimed"),
    Word("waiting", "等待结果", "Waiting"),
    Word("snoozed", "稍后提醒", "Snoozed"),
    Word("done", "已处理", "Done"),
    Word("dismissed", "已忽略", "Dismissed"),
)
# States in which nobody is to be bothered with an order.
CLOSED_STATES: tuple[str, ...] = ("done", "dismissed")

REVIEWS: tuple[Word, ...] = (
    Word("pending", "待审核", "To be reviewed"),
    Word("approved", "审核通过", "Approved"),
    Word("rejected", "审核拒绝", "Rejected"),
)

INTENT_KINDS: tuple[Word, ...] = (
    Word("expedite", "加急", "Expedite"),
    Word("other_warehouse", "换仓", "Other warehouse"),
    Word("other_carrier", "换承运", "Other carrier"),
    Word("hold", "暂停发货", "Hold"),
    Word("release", "放行", "Release"),
    Word("cancel", "取消", "Cancel"),
)
INTENT_STATES: tuple[Word, ...] = (
    Word("waiting", "待导出", "Not sent yet"),
    Word("sent", "已导出", "Sent"),
    Word("acknowledged", "仓库已确认", "Acknowledged"),
    Word("refused", "仓库已拒绝", "Refused"),
    Word("fulfilled", "已实现", "Fulfilled"),
    Word("withdrawn", "已撤回", "Withdrawn"),
)
OPEN_INTENTS: tuple[str, ...] = ("waiting", "sent", "acknowledged")

COHORTS: tuple[Word, ...] = (
    Word("suggested", "建议处理", "Suggested"),
    Word("held_out", "对照组", "Held out"),
)
