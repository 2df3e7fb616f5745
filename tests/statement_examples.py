"""What does a small statement of every kind that a shipped manifest knows look like, and what must come of it? Written by hand."""

import json
from collections.abc import Mapping

from tests.example_file import Example
from tests.statement_rows import (
    ALIPAY,
    ALIPAY_NEW,
    ALIPAY_OLD,
    ALIPAY_TRADE,
    DOUYIN_FLOW,
    DOUYIN_LEDGER,
    DOUYIN_SETTLED,
    ICBC,
    ICBC_V2,
    JD_V1,
    JD_V2,
    JD_V3_FEES,
    JD_V3_SUMMARY,
    PDD_ACCOUNT,
    QIANNIU_FLOW,
    SHOPIFY_CSV,
    STRIPE_CSV,
    WECHAT_FLOW,
    WECHAT_FLOW_SUMS,
    WECHAT_TRADE,
    WECHAT_TRADE_OLD,
    WECHAT_TRADE_OLD_SUMS,
    WECHAT_TRADE_SUMS,
    alipay_bill,
    alipay_row,
    douyin_flow_row,
    douyin_ledger_row,
    icbc_row,
    jd_v1_row,
    jd_v2_row,
    jd_v3_fee,
    jd_v3_line,
    pdd_row,
    settled_row,
    shopify_row,
    shopify_transaction,
    stripe_row,
    table,
    trade_row,
    wechat_bill,
    wechat_flow,
    wechat_trade,
)

# A receipt with a tab after its flow; the platform's fee; a refund; a pre-sale's deposit; an affiliate's commission whose order is only in
# the remark; a loan; a fee that nobody knows; a withdrawal; an id that a spreadsheet destroyed.
_ALIPAY = [
    alipay_row("101\t"),
    alipay_row(
        "102",
        **{
            "收入金额（+元）": "0",
            "支出金额（-元）": "-5.00",
            "账户余额（元）": "95.00",
            "业务描述": "0030003|技术费-天猫佣金",
            "业务类型": "其它",
        },
    ),
    alipay_row(
        "103",
        **{
            "收入金额（+元）": "",
            "支出金额（-元）": "-30.00",
            "账户余额（元）": "65.00",
            "业务描述": "0020011|交易退款-交易退款",
            "业务类型": "交易退款",
        },
    ),
    alipay_row("104", **{"收入金额（+元）": "20.00", "账户余额（元）": "85.00", "业务描述": "0010002|交易收款-预售定金（买家责任不退还）"}),
    alipay_row(
        "105",
        **{
            "收入金额（+元）": "0",
            "支出金额（-元）": "-0.49",
            "账户余额（元）": "84.51",
            "业务类型": "其它",
            "业务描述": "",
            "商户订单号": "",
            "业务基础订单号": "",
            "备注": "代扣款（扣款用途：淘宝联盟佣金代扣 tradeid:4100000000000000001 memberid:9 fee:0.49，林一）",
        },
    ),
    alipay_row(
        "106",
        **{
            "收入金额（+元）": "1000.00",
            "账户余额（元）": "1084.51",
            "业务类型": "其它",
            "业务描述": "",
            "商户订单号": "",
            "业务基础订单号": "",
            "备注": "网商贷-放款",
        },
    ),
    alipay_row(
        "107",
        **{
            "收入金额（+元）": "0",
            "支出金额（-元）": "-1.00",
            "账户余额（元）": "1083.51",
            "业务类型": "其它",
            "业务描述": "0990001|从未见过-新费用",
            "商户订单号": "",
            "业务基础订单号": "FP301_77",
        },
    ),
    alipay_row(
        "108",
        **{
            "收入金额（+元）": "0",
            "支出金额（-元）": "-1083.51",
            "账户余额（元）": "0.00",
            "业务类型": "提现",
            "业务描述": "",
            "商户订单号": "",
            "业务基础订单号": "",
        },
    ),
    alipay_row("109", **{"业务基础订单号": "2.026E+27"}),
]
_ALIPAY_FOOTERS = ["#支出合计：5笔，共-1120.00元", "#收入合计：4笔，共1220.00元", "#导出时间：[2026年11月03日 09:35:09]   用户：青禾"]

# Before 业务描述: told by type, sign and remark; both amounts in one row's columns; the sign of an expense is missing in one of them.
_ALIPAY_OLD = [
    alipay_row("201") | {"收入（+元）": "80.00", "支出（-元）": ""},
    alipay_row("202")
    | {
        "收入（+元）": "0",
        "支出（-元）": "10.00",
        "业务类型": "其它",
        "备注": "售后支付 订单编号: 4100000000000000002",
        "商户订单号": "",
        "账户余额（元）": "90.00",
    },
]
_ALIPAY_OLD = [{name: cell for name, cell in row.items() if name in ALIPAY_OLD} for row in _ALIPAY_OLD]

_ALIPAY_NEW = [
    {
        "序号": "1",
        "入账时间": "2026-11-01 10:00:00",
        "支付宝交易号": "2026110122001",
        "支付宝流水号": "301",
        "商户订单号": "T200P4100000000000000003",
        "账务类型": "交易付款",
        "收入（+元）": "60.00",
        "支出（-元）": "",
        "账户余额（元）": "60.00",
        "服务费（元）": "0.00",
        "对方名称": "林一",
        "业务描述": "0010022|交易收款-提前收款",
    },
    {
        "序号": "2",
        "入账时间": "2026-11-01 11:00:00",
        "支付宝交易号": "2026110122001",
        "支付宝流水号": "302",
        "商户订单号": "T200P4100000000000000003",
        "账务类型": "交易退款",
        "收入（+元）": "",
        "支出（-元）": "-60.00",
        "账户余额（元）": "0.00",
        "业务描述": "064000200001|交易还款-提前收款-花呗交易",
    },
]

# Refunds come with either sign, and so does the fee that is given back: 业务类型 decides.
_TRADES = [
    trade_row("2026110122001401"),
    trade_row(
        "2026110122001402",
        **{"业务类型": "退款", "订单金额（元）": "-35.80", "商家实收（元）": "-35.80", "服务费（元）": "0.21", "退款批次号/请求号": "R1"},
    ),
    trade_row(
        "2026110122001403",
        **{
            "业务类型": "退款",
            "订单金额（元）": "0.02",
            "商家实收（元）": "0.02",
            "服务费（元）": "0",
            "退款批次号/请求号": "R2",
            "商户订单号": "T200P4100000000000000004",
        },
    ),
    trade_row("2026110122001404", **{"业务类型": "转账", "商家实收（元）": "-1.00", "服务费（元）": "0", "分润（元）": ""}),
]
_TRADE_FOOTERS = [
    "#交易合计：1笔，商家实收共20.00元，商家优惠共0.00元",
    "#退款合计：2笔，商家实收退款共-35.78元，商家优惠退款共0.00元",
]

_QIANNIU = [
    {
        "商家昵称": "青禾旗舰店",
        "入帐日期": "2026-11-01",
        "入帐时间": "10:00:00",
        "支付流水号": "501",
        "主订单id": "4100000000000000005",
        "子订单id": "4100000000000000006",
        "入帐类型": "交易收款",
        "收入金额(元)": "70.00",
        "支出金额(元)": "0.00",
        "业务描述": "0010001|交易收款-交易收款",
    },
    {
        "商家昵称": "青禾旗舰店",
        "入帐日期": "2026-11-01",
        "入帐时间": "2026-11-01 11:30:00",
        "支付流水号": "502",
        "主订单id": "4100000000000000005",
        "子订单id": "4100000000000000006",
        "入帐类型": "其它",
        "收入金额(元)": "0.00",
        "支出金额(元)": "-3.50",
        "业务描述": "0030003|技术费-天猫佣金",
    },
    {"商家昵称": "青禾旗舰店", "入帐日期": "2026-11-01", "支付流水号": "", "主订单id": "", "入帐类型": "提现", "支出金额(元)": "66.50"},
]

# A refund's own row: its fee comes back; one that failed moved nothing; one under way is pending. Names hold bare commas.
_WECHAT_TRADES = [
    wechat_trade("601"),
    wechat_trade(
        "601",
        **{
            "交易时间": "2026-11-02 09:00:00",
            "交易状态": "REFUND",
            "应结订单金额": "0.00",
            "订单金额": "0.00",
            "微信退款单号": "50300601",
            "退款金额": "10.00",
            "申请退款金额": "10.00",
            "退款状态": "SUCCESS",
            "手续费": "-0.02000",
        },
    ),
    wechat_trade(
        "602",
        **{
            "交易状态": "REFUND",
            "应结订单金额": "0.00",
            "订单金额": "0.00",
            "微信退款单号": "50300602",
            "退款金额": "5.00",
            "申请退款金额": "5.00",
            "退款状态": "FAIL",
            "手续费": "0.00000",
        },
    ),
    wechat_trade(
        "603",
        **{
            "交易状态": "REFUND",
            "应结订单金额": "0.00",
            "订单金额": "0.00",
            "微信退款单号": "50300603",
            "退款金额": "1.00",
            "申请退款金额": "1.00",
            "退款状态": "PROCESSING",
            "手续费": "0.00000",
        },
    ),
]
_WECHAT_TRADES_OLD = [
    {name: cell for name, cell in (wechat_trade("611") | {"总金额": "30.00", "子商户号": "0"}).items() if name in WECHAT_TRADE_OLD},
]
_WECHAT_FLOWS = [
    wechat_flow("701"),
    wechat_flow(
        "701",
        **{"业务名称": "扣除交易手续费", "业务类型": "扣除交易手续费", "收支类型": "支出", "收支金额(元)": "0.06", "账户结余(元)": "29.94"},
    ),
    wechat_flow(
        "702",
        **{
            "业务名称": "退款",
            "业务类型": "退款",
            "收支类型": "支出",
            "收支金额(元)": "9.94",
            "账户结余(元)": "20.00",
            "备注": "退款总金额10.00元;含手续费0.06元",
        },
    ),
    wechat_flow("703", **{"业务名称": "提现", "业务类型": "提现", "收支类型": "支出", "收支金额(元)": "20.00", "账户结余(元)": "0.00"}),
]

# Goods, commission, freight; a refund is what goes out under the goods' own name; a line not yet settled; one without an amount.
_JD_V1 = [
    jd_v1_row("280000000001", "货款", "36.80"),
    jd_v1_row("280000000001", "佣金", "-1.84"),
    jd_v1_row("280000000001", "代收配送费", "6.00"),
    jd_v1_row("280000000001", "货款", "-13.80", 售后服务单号="900001", 售后退款时间="2026-10-30 10:00:00"),
    jd_v1_row("280000000001", "代收配送费", "-6.00", 售后服务单号="900001"),
    jd_v1_row("280000000001", "佣金", "0.69", 售后服务单号="900001"),
    jd_v1_row("280000000002", "SOP双倍赔款（京豆赔付）", "-2.00", 结算状态="未结算", 到账时间="--"),
    jd_v1_row("280000000003", "直赔代扣", "--"),
    jd_v1_row("280000000004", "从未见过的费", "-0.50"),
    jd_v1_row("280000000005", "货款", "10.00", 收支方向="待定"),
]
_JD_V2 = [
    jd_v2_row("280000000011", "货款", "36.80"),
    jd_v2_row("280000000011", "佣金", "-1.84"),
    jd_v2_row("280000000011", "货款", "-13.80"),
    jd_v2_row("280000000011", "物流赔付", "5.00"),
]
_JD_V3_FEES = [
    jd_v3_fee("280000000021", "货款", "3.84"),
    jd_v3_fee("280000000021", "佣金", "-0.19"),
    jd_v3_fee("280000000021", "交易服务费", "-0.14"),
]
_JD_V3_SUMMARY = [jd_v3_line("280000000021", "3.84", "-0.33", "3.51"), jd_v3_line("280000000022", "5.00", "-1.00", "3.99")]

# Two rows that are the same in everything are two; an order number may be missing on a valid row; a fee comes back under its own code.
_PDD = [
    pdd_row("260620-1", "61.80", "0", "0010002|交易收入-订单收入"),
    pdd_row("260620-1", "3.00", "0", "0010005|交易收入-优惠券结算"),
    pdd_row("260620-1", "0", "-0.37", "0030002|技术服务费-基础技术服务费", 账务类型="技术服务费"),
    pdd_row("260620-1", "0.09", "0", "0030002|技术服务费-基础技术服务费", 账务类型="技术服务费", 备注="基础技术服务费返还"),
    pdd_row("260620-1", "0", "-10.00", "0020002|交易退款-订单退款", 账务类型="交易退款"),
    pdd_row("", "0", "-2.00", "0060001|营销费用-多多进宝", 账务类型="其他支出"),
    pdd_row("", "0", "-2.00", "0060001|营销费用-多多进宝", 账务类型="其他支出"),
    pdd_row("", "0", "-40.00", "0080001|提现-提现申请", 账务类型="其他", 备注="提现单号：TX2026070100001"),
    pdd_row("260620-2", "0", "-1.00", "0990001|从未见过-新费用", 账务类型="其他支出"),
]
_PDD_ABOVE = (
    "拼多多店铺账务明细查询\r\n\r\n起始时间：2026-06-01 00:00:00  终止时间：2026-06-30 23:59:59\r\n----------交易记录明细列表---------\r\n"
)
_PDD_BELOW = "#支出合计：6笔，共-55.37元\r\n#收入合计：3笔，共64.89元\r\n#总计：9.52元\r\n#导出时间：2026-07-01 08:00:00\r\n"

# Settled, refunded after that, the fee given back: three rows of one sub-order. A component too few leaves a rest that stays visible.
_DOUYIN_FLOW = [
    douyin_flow_row(
        "801",
        "入账",
        "97.02",
        "货款结算入账",
        订单实付应结="95.00",
        运费实付="4.00",
        实际平台补贴="10.00",
        平台服务费="-5.45",
        佣金="-6.53",
    ),
    douyin_flow_row("802", "出账", "109.00", "退款-结算后退款-退用户", 售后编号="'7001", 订单实付应结="0", 平台服务费="0"),
    douyin_flow_row("803", "入账", "5.45", "退款-订单退款触发-退分账", 平台服务费="0"),
    douyin_flow_row("804", "入账", "50.00", "货款结算入账", 订单实付应结="52.00", 平台服务费="-1.00"),
    douyin_flow_row("805", "出账", "43.47", "提现", 订单号="", 子订单号=""),
    douyin_flow_row("806", "出账", "0.60", "退换货运费险"),
    douyin_flow_row("807", "待定", "0.60", "退换货运费险"),
]
# Rows of one second stand in no order: 20, then 17, then 12, whatever comes first in the file.
_DOUYIN_LEDGER = [
    douyin_ledger_row("901", "支出", "-3.00", "退换货运费险", "17.00"),
    douyin_ledger_row("902", "收入", "20.00", "货款结算入账", "20.00"),
    douyin_ledger_row("903", "支出", "-5.00", "提现", "12.00", 关联订单号="", 关联子订单号=""),
]
# 支出合计 comes with either sign; a row in which neither fits is refused. The second header row is no row.
_DOUYIN_SETTLED = [
    {"结算金额": "收入+支出", "收入合计": " ", "支出合计": " "},
    settled_row("6900000000000000011", "97.02", "109.00", "11.98", 平台服务费="5.45", 达人佣金="6.53"),
    settled_row("6900000000000000012", "97.02", "109.00", "-11.98", 平台服务费="-5.45"),
    settled_row("6900000000000000013", "-8", "0", "8", 结算单类型="结算后退款-原路退回"),
    settled_row("6900000000000000014", "97.02", "109.00", "12.98"),
]

# A dispute has a negative gross and a fee all the same; yen have no cents; a payout leaves; an order only in the metadata.
_STRIPE_JSON = {
    "object": "list",
    "data": [
        {"id": "txn_1", "amount": 10000, "fee": 320, "net": 9680, "currency": "usd", "created": 1789380131, "available_on": 1789516800,
         "type": "charge", "reporting_category": "charge", "status": "available",
         "source": {"id": "ch_1", "metadata": {"order_id": "1001"}}},
        {"id": "txn_2", "amount": -10000, "fee": 1500, "net": -11500, "currency": "usd", "created": 1789380132, "available_on": 1789516800,
         "type": "adjustment", "reporting_category": "dispute", "status": "available", "source": "dp_1"},
        {"id": "txn_3", "amount": 1200, "fee": 0, "net": 1200, "currency": "jpy", "created": 1789380133, "available_on": 1789516800,
         "type": "charge", "reporting_category": "charge", "status": "pending", "source": "ch_3"},
        {"id": "txn_4", "amount": -9680, "fee": 0, "net": -9680, "currency": "usd", "created": 1789380134, "available_on": 1789516800,
         "type": "payout", "reporting_category": "payout", "status": "available", "source": "po_1"},
        {"id": "txn_5", "amount": 10000, "fee": 320, "net": 9000, "currency": "usd", "created": 1789380135, "available_on": 1789516800,
         "type": "charge", "reporting_category": "charge", "status": "available", "source": "ch_5"},
    ],
}  # fmt: skip
_STRIPE_CSV = [
    stripe_row("11", "charge", "100.00", "3.20", "96.80", **{"payment_metadata[order_id]": "1001"}),
    stripe_row("12", "dispute", "-100.00", "15.00", "-115.00"),
    stripe_row("13", "refund", "-20.00", "0", "-20.00"),
    stripe_row("14", "unheard_of", "1.00", "0", "1.00"),
    stripe_row("15", "charge", "1200", "0", "1200", currency="jpy"),
    stripe_row("16", "charge", "1.00", "0", "1.00", currency="zzz"),
]
# A fee with either sign; a test is no money.
_SHOPIFY_JSON = {
    "transactions": [
        shopify_transaction(31, "charge", "11.50", "0.65", "10.85"),
        shopify_transaction(32, "adjustment", "-1.50", "-0.25", "-1.75", source_order_id=None),
        shopify_transaction(33, "refund", "-3.45", "0.00", "-3.45"),
        shopify_transaction(34, "charge", "99.00", "0.00", "99.00", test=True),
        shopify_transaction(35, "payout", "-41.90", "0.00", "-41.90", source_order_id=None, source_id=7001, source_type="payout"),
        shopify_transaction(36, "reserve", "-42.00", "0.00", "-42.00", source_order_id=None, source_id=None),
        shopify_transaction(37, "charge", "10.00", "2.00", "9.00"),
    ]
}
_SHOPIFY_CSV = [
    shopify_row("#1001", "charge", "50.00", "1.75", "48.25"),
    shopify_row("#1001", "refund", "-20.00", "0.00", "-20.00", **{"Payout Status": "pending", "Payout Date": ""}),
]

_ICBC_ABOVE = "明细查询文件下载\r\n卡号: 6222000000000000123\r\n卡别名: \r\n起始日期: 2026年11月01日   截止日期: 2026年11月30日\r\n\r\n\r\n"
_ICBC = [
    icbc_row("2026-11-01", "1,000.00", "", "1,500.00"),
    icbc_row("2026-11-03", "", "200.00", "1,300.00", 对方户名="林一"),
    icbc_row("2026-11-03", "5.00", "", "1,305.00", **{"记账金额(收入)": "", "记账币种": ""}),
]
_ICBC_TOTAL = icbc_row("人民币合计", "1,005.00", "200.00", "", 摘要="", 交易场所="", 交易国家或地区简称="", 对方户名="", **{"钞/汇": ""})
_ICBC_TOTAL = _ICBC_TOTAL | {"交易币种": "", "记账币种": ""}
_ICBC_V2 = [icbc_row("20261101", "40.00", "", "40.00", 交易详情="提现到账 TX2026070100001 林一", 对方账户="2155****")]

CAMT = """\
<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-03T06:00:00+01:00</CreDtTm></GrpHdr>
<Stmt><Id>S-1</Id><CreDtTm>2026-11-03T06:00:00+01:00</CreDtTm>
<Acct><Id><IBAN>NL00BANK0123456789</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp>
<Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp>
<Amt Ccy="EUR">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-02</Dt></Dt></Bal>
{entries}</Stmt></BkToCstmrStmt></Document>
"""


def camt_entry(
    amount: str, way: str, *, reference: str = "", status: str = "<Sts>BOOK</Sts>", details: str = "", currency: str = "EUR"
) -> str:
    """One entry of a camt statement."""
    named = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd>{status}<BookgDt><Dt>2026-11-02</Dt></BookgDt>'
        f"<ValDt><Dt>2026-11-03</Dt></ValDt>{named}<BkTxCd><Prtry><Cd>544</Cd></Prtry></BkTxCd>{details}</Ntry>\n"
    )


def camt_details(
    *amounts: str, name: str = "Acme Trading B.V.", end_to_end: str = "NOTPROVIDED", text: str = "payout PO-20261101-77 Jan Novak"
) -> str:
    """The transactions of an entry, one an amount."""
    return "<NtryDtls>" + "".join(
        f"<TxDtls><Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>"
        f'<AmtDtls><TxAmt><Amt Ccy="EUR">{amount}</Amt></TxAmt></AmtDtls>'
        f"<RltdPties><Dbtr><Nm>{name}</Nm></Dbtr></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
        for amount in amounts
    ) + "</NtryDtls>"  # fmt: skip


# A batch is one line and must be the sum of its transactions; what is only pending moved nothing; zero is an amount.
_CAMT_ENTRIES = (
    camt_entry("50.00", "CRDT", reference="R1", details=camt_details("20.00", "30.00"))
    + camt_entry("8.50", "DBIT", details=camt_details("8.50", name="Jan Novak"))
    + camt_entry("0.00", "CRDT", reference="R2")
    + camt_entry("77.00", "CRDT", reference="R3", status="<Sts>PDNG</Sts>")
    + camt_entry("9.00", "CRDT", reference="R4", details=camt_details("4.00", "4.00"))
)

MT940 = """\
{{1:F01BANKNL2AXXXX0000000000}}{{2:I940BANKNL2AXXXXN}}{{4:
:20:ST1
:25:NL00BANK0123456789
:28C:12/1
:60F:C261231EUR100,00
:61:2701021231C50,NTRFNONREF//BR-1
:86:/NAME/Acme Trading B.V./REMI/payout PO-20261101-77
:61:2701020102D8,5NTRFE2E-10077//BR-2
:86:Jan Novak
:61:2701020102RC10,00NMSCNONREF
:86:reversal
{closing}
-}}
"""

# "manifest.table" (a second example of one table has a suffix) -> what the file is and what must come of it.
STATEMENT_EXAMPLES: Mapping[str, Example] = {
    "alipay.account": Example(
        table(ALIPAY, _ALIPAY),
        "gb18030",
        9,
        refused=((10, "业务基础订单号", "damaged_id"),),
        entries={
            "receipt": 100_00,
            "commission": -5_00,
            "refund": -30_00,
            "presale_deposit": 20_00,
            "affiliate_commission": -49,
            "loan": 1000_00,
            "unclassified": -1_00,
            "withdrawal": -1083_51,
        },
    ),
    "alipay.account whole": Example(
        alipay_bill(ALIPAY, _ALIPAY[:2], footers=["#支出合计：1笔，共-5.00元", "#收入合计：1笔，共100.00元"]),
        "gb18030",
        2,
        header=5,
        entries={"receipt": 100_00, "commission": -5_00},
    ),
    "alipay.account old": Example(table(ALIPAY_OLD, _ALIPAY_OLD), "gb18030", 2, entries={"receipt": 80_00, "refund": -10_00}),
    # some copies have an empty column before the first
    "alipay.account shifted": Example(table(["", *ALIPAY], _ALIPAY[:1]), "utf-8-sig", 1, entries={"receipt": 100_00}),
    "alipay.account_new": Example(
        table(ALIPAY_NEW, _ALIPAY_NEW), "utf-8-sig", 2, entries={"receipt": 60_00, "early_receipt_returned": -60_00}
    ),
    "alipay.trade": Example(
        table(ALIPAY_TRADE, _TRADES),
        "gb18030",
        4,
        entries={"receipt": 20_00, "refund": -35_82, "payment_fee": -12 + 21, "unclassified": -1_00},
    ),
    "alipay.trade whole": Example(
        alipay_bill(ALIPAY_TRADE, _TRADES, footers=_TRADE_FOOTERS, name="业务明细"),
        "gb18030",
        4,
        header=5,
        entries={"receipt": 20_00, "refund": -35_82, "payment_fee": -12 + 21, "unclassified": -1_00},
    ),
    "qianniu.fund_flow": Example(
        table(QIANNIU_FLOW, _QIANNIU), "utf-8-sig", 3, entries={"receipt": 70_00, "commission": -3_50, "withdrawal": -66_50}
    ),
    "wechatpay.trade": Example(
        wechat_bill(
            WECHAT_TRADE, _WECHAT_TRADES, sums=WECHAT_TRADE_SUMS, figures=["4", "30.00", "16.00", "0.00", "0.04000", "30.00", "16.00"]
        ),
        "utf-8",
        4,
        entries={"receipt": 30_00, "refund": -11_00, "payment_fee": -6 + 2},
    ),
    "wechatpay.trade old": Example(
        wechat_bill(WECHAT_TRADE_OLD, _WECHAT_TRADES_OLD, sums=WECHAT_TRADE_OLD_SUMS, figures=["1", "30.00", "0.00", "0.00", "0.06000"]),
        "utf-8",
        1,
        entries={"receipt": 30_00, "payment_fee": -6},
    ),
    "wechatpay.fund_flow": Example(
        wechat_bill(WECHAT_FLOW, _WECHAT_FLOWS, sums=WECHAT_FLOW_SUMS, figures=["4", "1", "30.00", "3", "30.00"]),
        "utf-8",
        4,
        entries={"receipt": 30_00, "payment_fee": -6, "refund": -9_94, "withdrawal": -20_00},
    ),
    "jd_settlement.v1": Example(
        table(JD_V1, _JD_V1),
        "utf-8-sig",
        10,
        refused=((9, "应结金额", "missing"), (11, "收支方向", "unknown_direction")),
        entries={"receipt": 36_80, "commission": -1_15, "freight": 6_00, "refund": -19_80, "compensation": -2_00, "unclassified": -50},
    ),
    "jd_settlement.v1 titled": Example(
        "订单结算明细对账\r\n" + table(JD_V1, _JD_V1[:1]), "utf-8-sig", 1, header=2, entries={"receipt": 36_80}
    ),
    "jd_settlement.v2": Example(
        table(JD_V2, _JD_V2),
        "utf-8-sig",
        4,
        entries={"receipt": 36_80, "commission": -1_84, "refund": -13_80, "logistics_compensation": 5_00},
    ),
    "jd_settlement.v3_fees": Example(
        table(JD_V3_FEES, _JD_V3_FEES), "utf-8-sig", 3, entries={"receipt": 3_84, "commission": -19, "service_fee": -14}
    ),
    "jd_settlement.v3_summary": Example(
        table(JD_V3_SUMMARY, _JD_V3_SUMMARY),
        "utf-8-sig",
        2,
        refused=((3, "结算金额合计", "does_not_add_up"),),
        entries={"receipt": 3_84, "unclassified": -33},
    ),
    "pdd_settlement.account": Example(
        table(PDD_ACCOUNT, _PDD),
        "gb18030",
        9,
        entries={
            "receipt": 61_80,
            "platform_discount": 3_00,
            "service_fee": -28,
            "refund": -10_00,
            "affiliate_commission": -4_00,
            "withdrawal": -40_00,
            "unclassified": -1_00,
        },
    ),
    "pdd_settlement.account whole": Example(
        _PDD_ABOVE + table(PDD_ACCOUNT, _PDD) + _PDD_BELOW,
        "gb18030",
        9,
        header=5,
        entries={
            "receipt": 61_80,
            "platform_discount": 3_00,
            "service_fee": -28,
            "refund": -10_00,
            "affiliate_commission": -4_00,
            "withdrawal": -40_00,
            "unclassified": -1_00,
        },
    ),
    "douyin_settlement.flow": Example(
        table(DOUYIN_FLOW, _DOUYIN_FLOW),
        "utf-8-sig",
        7,
        refused=((8, "动账方向", "unknown_direction"),),
        entries={
            "receipt": 147_00,
            "freight": 4_00,
            "platform_discount": 10_00,
            "service_fee": -5_45 - 1_00 + 5_45,
            "affiliate_commission": -6_53,
            "refund": -109_00,
            "unclassified": -1_00,
            "withdrawal": -43_47,
            "freight_insurance": -60,
        },
    ),
    "douyin_settlement.ledger": Example(
        table(DOUYIN_LEDGER, _DOUYIN_LEDGER),
        "utf-8",
        3,
        entries={"receipt": 20_00, "freight_insurance": -3_00, "withdrawal": -5_00},
    ),
    "douyin_settlement.settled": Example(
        table(DOUYIN_SETTLED, _DOUYIN_SETTLED),
        "utf-8-sig",
        4,
        refused=((6, "结算金额", "does_not_add_up"),),
        entries={"receipt": 109_00 + 102_47, "service_fee": -10_90, "affiliate_commission": -6_53, "refund": -8_00},
    ),
    "stripe.balance": Example(
        json.dumps(_STRIPE_JSON),
        "utf-8",
        5,
        refused=((5, "net", "does_not_add_up"),),
        entries={"receipt": 100_00 + 1200, "payment_fee": -3_20 - 15_00, "dispute": -100_00, "withdrawal": -96_80},
    ),
    "stripe_reports.itemized": Example(
        table(STRIPE_CSV, _STRIPE_CSV),
        "utf-8",
        6,
        refused=((7, "currency", "not_a_currency"),),
        entries={"receipt": 100_00 + 1200, "payment_fee": -3_20 - 15_00, "dispute": -100_00, "refund": -20_00, "unclassified": 1_00},
    ),
    "shopify_payments.transactions_json": Example(
        json.dumps(_SHOPIFY_JSON),
        "utf-8",
        7,
        refused=((7, "net", "does_not_add_up"),),
        entries={"receipt": 11_50, "payment_fee": -65 - 25, "adjustment": -1_50, "refund": -3_45, "withdrawal": -41_90, "reserve": -42_00},
    ),
    "shopify_payments.transactions": Example(
        table(SHOPIFY_CSV, _SHOPIFY_CSV), "utf-8", 2, entries={"receipt": 50_00, "payment_fee": -1_75, "refund": -20_00}
    ),
    "icbc.account": Example(
        _ICBC_ABOVE + table(ICBC, [*_ICBC, _ICBC_TOTAL]), "gb18030", 3, header=7, entries={"unclassified": 1000_00 - 200_00 + 5_00}
    ),
    "icbc.account second version": Example(
        _ICBC_ABOVE + table(ICBC_V2, _ICBC_V2), "utf-8-sig", 1, header=7, entries={"unclassified": 40_00}
    ),
    "camt.entries": Example(
        CAMT.format(version="02", closing="141.50", entries=_CAMT_ENTRIES),
        "utf-8",
        5,
        refused=((5, "amount", "does_not_add_up"),),
        entries={"unclassified": 50_00 - 8_50},
        empty=CAMT.format(version="02", closing="100.00", entries=""),
    ),
    "mt940.entries": Example(
        MT940.format(closing=":62F:C270102EUR131,50"),
        "utf-8",
        3,
        entries={"unclassified": 50_00 - 8_50 - 10_00},
        empty=":20:ST1\n:25:NL00BANK0123456789\n:28C:12/1\n:60F:C261231EUR100,00\n:62F:C261231EUR100,00\n-\n",
    ),
}
