"""What do rows of platforms' statements look like? Headers as the platforms write them, and a plain row of each to vary."""

from collections.abc import Mapping, Sequence

from tests.hostile_files import text_of


def _header(text: str) -> list[str]:
    return text.split(",")


ALIPAY = _header(
    "账务流水号,业务流水号,商品名称,发生时间,收入金额（+元）,支出金额（-元）,账户余额（元）,业务类型,备注,商户订单号,对方账号,业务描述,业务基础订单号"
)
ALIPAY_OLD = _header("账务流水号,业务流水号,商品名称,发生时间,收入（+元）,支出（-元）,账户余额（元）,业务类型,备注,商户订单号,对方账号")
ALIPAY_NEW = _header(
    "序号,入账时间,支付宝交易号,支付宝流水号,商户订单号,账务类型,收入（+元）,支出（-元）,账户余额（元）,服务费（元）,支付渠道,签约产品,对方账户,对方名称,"
    "银行订单号,商品名称,备注,业务基础订单号,业务订单号,业务账单来源,业务描述,付款备注"
)
ALIPAY_TRADE = _header(
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,"
    "集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
QIANNIU_FLOW = _header(
    "商家昵称,入帐日期,入帐时间,支付流水号,主订单id,子订单id,入帐类型,收入金额(元),支出金额(元),业务描述,备注,收/付渠道,数据创建时间,数据修改时间"
)
WECHAT_TRADE = _header(
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
    "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
WECHAT_TRADE_SUMS = _header("总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额")
WECHAT_TRADE_OLD = _header(
    "交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,总金额,代金券或立减优惠金额,"
    "微信退款单号,商户退款单号,退款金额,代金券或立减优惠退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率"
)
WECHAT_TRADE_OLD_SUMS = _header("总交易单数,总交易额,总退款金额,总代金券或立减优惠退款金额,手续费总金额")
WECHAT_FLOW = _header(
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号"
)
WECHAT_FLOW_SUMS = _header("资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额")
JD_V1 = _header(
    "订单编号,父单号,订单状态,订单下单时间,订单完成时间,售后服务单号,售后退款时间,商品编号,商品名称,商品数量,扣点类型,佣金比例,费用名称,应结金额,币种,"
    "收支方向,结算状态,预计结算时间,账单生成时间,到账时间,商户订单号,资金动账备注"
)
JD_V2 = _header(
    "订单编号,父单号,订单状态,订单下单时间,订单完成时间,商品编号,商品名称,商品单价,商品数量,结算时间,商户订单号,资金动账备注,费用名称,费用分类,应结金额,"
    "结算单类型,结算单号,结算主体"
)
JD_V3_FEES = _header(
    "商家ID,订单编号,业务单据编号,下单时间,完成时间,商品编号,商品名称,商品单价,商品数量,结算时间,商户订单号,资金动账备注,费用名称,金额,结算主体"
)
JD_V3_SUMMARY = _header(
    "商家ID,公司ID,公司名称,钱包账户,订单编号,业务单据编号,父单号,订单状态,下单时间,完成时间,商品编号,商品名称,商品单价,商品数量,结算时间,结算金额合计,"
    "收入金额合计,支出金额合计,商户订单号,资金动账备注"
)
PDD_ACCOUNT = _header("商户订单号,发生时间,收入金额（+元）,支出金额（-元）,账务类型,备注,业务描述")
DOUYIN_FLOW = _header(
    "动账时间,动帐流水号,动账方向,动账金额,动账账户,动账场景,计费类型,子订单号,订单号,售后编号,下单时间,商品ID,商品名称,达人ID,达人名称,订单类型,订单实付应结,"
    "运费实付,实际平台补贴_运费,实际平台补贴,其他平台补贴,以旧换新抵扣,政府补贴平台垫资,实际达人补贴,实际抖音支付补贴,实际抖音月付营销补贴,银行补贴,订单退款,"
    "平台服务费,佣金,服务商佣金,渠道分成,招商服务费,站外推广费,其他分成,是否免佣,免佣金额,商户主体名称,备注"
)
DOUYIN_LEDGER = _header("动账流水号,关联订单号,关联子订单号,动账时间,账户方向,动账金额(元),动账场景,账户余额(元),备注")
DOUYIN_SETTLED = _header(
    "结算时间,订单号,子订单号,结算金额,结算账户,结算单类型,有结算前退款,下单时间,收入合计,支出合计,平台服务费,达人佣金"
)
STRIPE_CSV = _header(
    "balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,charge_id,description,"
    "automatic_payout_id,automatic_payout_effective_at_utc,payment_metadata[order_id]"
)
SHOPIFY_CSV = _header(
    "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Payout ID,Available On,Amount,Fee,Net,Checkout,"
    "Payment Method Name,Presentment Amount,Presentment Currency,Currency"
)
ICBC = _header(
    "交易日期,摘要,交易场所,交易国家或地区简称,钞/汇,交易金额(收入),交易金额(支出),交易币种,记账金额(收入),记账金额(支出),记账币种,余额,对方户名"
)
ICBC_V2 = _header(
    "交易日期,摘要,交易详情,交易场所,交易国家或地区简称,钞/汇,交易金额(收入),交易金额(支出),交易币种,记账金额(收入),记账金额(支出),记账币种,余额,对方户名,"
    "对方账户"
)


def alipay_row(flow: str, **cells: str) -> dict[str, str]:
    """One row of the account's ledger: a hundred yuan of a Taobao order."""
    return {
        "账务流水号": flow,
        "业务流水号": f"2026110122001{flow}",
        "商品名称": "杯子",
        "发生时间": "2026-11-01 10:00:00",
        "收入金额（+元）": "100.00",
        "支出金额（-元）": "0",
        "账户余额（元）": "100.00",
        "业务类型": "交易付款",
        "商户订单号": "T200P4100000000000000001",
        "对方账号": "a***@b.cn",
        "业务描述": "0010001|交易收款-交易收款",
        "业务基础订单号": "4100000000000000001",
    } | cells


def alipay_bill(
    header: Sequence[str], rows: Sequence[Mapping[str, str]], *, footers: Sequence[str] = (), name: str = "账务明细", end: str = "\r\n"
) -> str:
    """A whole bill of Alipay: what stands above and below its rows."""
    above = [
        f"#支付宝{name}查询",
        "#账号：[20881234567890120156]",
        "#起始日期：[2026年11月01日 00:00:00]   终止日期：[2026年11月02日 00:00:00]",
        f"#-----------------------------------------{name}列表----------------------------------------",
    ]
    below = [f"#-----------------------------------------{name}列表结束------------------------------------", *footers]
    return "".join(f"{line}{end}" for line in above) + table(header, rows) + "".join(f"{line}{end}" for line in below)


def trade_row(number: str, **cells: str) -> dict[str, str]:
    """One trade of a merchant's bill: twenty yuan, of which twelve cents went to the service."""
    return {
        "支付宝交易号": f"{number}\t",
        "商户订单号": f"SHOP{number}",
        "业务类型": "交易",
        "商品名称": "壶,大",
        "创建时间": "2026-11-01 10:00:00",
        "完成时间": "2026-11-01 10:00:05",
        "对方账户": "*一(l***@b.cn)",
        "订单金额（元）": "20.00",
        "商家实收（元）": "20.00",
        "服务费（元）": "-0.12",
        "分润（元）": "0.00",
    } | cells


def wechat_bill(header: Sequence[str], rows: Sequence[Mapping[str, str]], *, sums: Sequence[str] = (), figures: Sequence[str] = ()) -> str:
    """A bill of WeChat Pay: a backtick before every cell, nothing quoted, a summary with a header of its own."""
    lines = [",".join(header), *(",".join(f"`{row.get(name, '')}" for name in header) for row in rows)]
    if sums:
        lines += [",".join(sums), ",".join(f"`{figure}" for figure in figures)]
    return "".join(f"{line}\r\n" for line in lines)


def wechat_trade(number: str, **cells: str) -> dict[str, str]:
    """One trade of thirty yuan, six cents of which are the fee."""
    return {
        "交易时间": "2026-11-01 10:00:00",
        "公众账号ID": "wx1",
        "商户号": "1600000001",
        "特约商户号": "0",
        "微信订单号": f"42000{number}",
        "商户订单号": f"W{number}",
        "用户标识": "oABC",
        "交易类型": "JSAPI",
        "交易状态": "SUCCESS",
        "付款银行": "OTHERS",
        "货币种类": "CNY",
        "应结订单金额": "30.00",
        "代金券金额": "0.00",
        "微信退款单号": "0",
        "商户退款单号": "0",
        "退款金额": "0.00",
        "充值券退款金额": "0.00",
        "商品名称": "洗衣订单, 含加急",
        "手续费": "0.06000",
        "费率": "0.20%",
        "订单金额": "30.00",
        "申请退款金额": "0.00",
    } | cells


def wechat_flow(number: str, **cells: str) -> dict[str, str]:
    """One movement of the account: thirty yuan came in."""
    return {
        "记账时间": "2026-11-01 10:00:00",
        "微信支付业务单号": f"42000{number}",
        "资金流水单号": f"9000{number}",
        "业务名称": "交易",
        "业务类型": "交易",
        "收支类型": "收入",
        "收支金额(元)": "30.00",
        "账户结余(元)": "30.00",
        "资金变更提交申请人": "system",
        "备注": "",
        "业务凭证号": f"42000{number}",
    } | cells


def jd_v1_row(order: str, fee: str, amount: str, **cells: str) -> dict[str, str]:
    """One fee of an order line that has been settled."""
    return {
        "订单编号": order,
        "父单号": "--",
        "订单状态": "完成",
        "订单下单时间": "2026-10-20 10:00:00",
        "订单完成时间": "2026-10-28 10:00:00",
        "售后服务单号": "--",
        "售后退款时间": "--",
        "商品编号": "100001",
        "商品名称": "锅",
        "商品数量": "1",
        "扣点类型": "类目扣点",
        "佣金比例": "0.05",
        "费用名称": fee,
        "应结金额": amount,
        "币种": "人民币",
        "收支方向": "支出" if amount.startswith("-") else "收入",
        "结算状态": "已结算",
        "账单生成时间": "20261101",
        "到账时间": "2026-11-02 08:00:00",
    } | cells


def jd_v2_row(order: str, fee: str, amount: str, **cells: str) -> dict[str, str]:
    """One fee of an order line in the second layout."""
    return {
        "订单编号": order,
        "父单号": "--",
        "订单状态": "完成",
        "订单下单时间": "2026-10-20 10:00:00",
        "订单完成时间": "2026-10-28 10:00:00",
        "商品编号": "100001",
        "商品名称": "锅",
        "商品单价": "36.80",
        "商品数量": "1",
        "结算时间": "2026-11-01 08:00:00",
        "资金动账备注": "2026年11月1日商家结算款",
        "费用名称": fee,
        "费用分类": "货款类",
        "应结金额": amount,
        "结算单类型": "已完成",
        "结算单号": "JS20261101001",
        "结算主体": "京东",
    } | cells


def jd_v3_fee(order: str, fee: str, amount: str, **cells: str) -> dict[str, str]:
    """One fee on the sheet of fees."""
    return {
        "商家ID": "10086",
        "订单编号": order,
        "业务单据编号": f"D{order}",
        "下单时间": "2026-09-10 10:00:00",
        "完成时间": "2026-09-15 10:00:00",
        "商品编号": "100001",
        "商品名称": "锅",
        "商品单价": "3.84",
        "商品数量": "1",
        "结算时间": "2026-09-19 08:00:00",
        "资金动账备注": "2026年9月19日商家结算款",
        "费用名称": fee,
        "金额": amount,
        "结算主体": "京东",
    } | cells


def jd_v3_line(order: str, came: str, went: str, total: str, **cells: str) -> dict[str, str]:
    """One order line on the sheet that sums up."""
    return {
        "商家ID": "10086",
        "公司ID": "1",
        "公司名称": "青禾",
        "钱包账户": "360000000001",
        "订单编号": order,
        "业务单据编号": f"D{order}",
        "订单状态": "已完成",
        "下单时间": "2026-09-10 10:00:00",
        "完成时间": "2026-09-15 10:00:00",
        "商品编号": "100001",
        "商品名称": "锅",
        "商品单价": "3.84",
        "商品数量": "1",
        "结算时间": "2026-09-19 08:00:00",
        "结算金额合计": total,
        "收入金额合计": came,
        "支出金额合计": went,
        "资金动账备注": "2026年9月19日商家结算款",
    } | cells


def pdd_row(order: str, came: str, went: str, what: str, **cells: str) -> dict[str, str]:
    """One row of a Pinduoduo shop's ledger."""
    return {
        "商户订单号": order,
        "发生时间": "2026-06-30 23:30:43",
        "收入金额（+元）": came,
        "支出金额（-元）": went,
        "账务类型": "交易收入",
        "备注": "-",
        "业务描述": what,
    } | cells


def douyin_flow_row(flow: str, direction: str, amount: str, scene: str, **cells: str) -> dict[str, str]:
    """One movement of a Douyin shop's account."""
    return {
        "动账时间": "2026-11-01 10:00:00",
        "动帐流水号": f"'{flow}",
        "动账方向": direction,
        "动账金额": amount,
        "动账账户": "聚合账户",
        "动账场景": scene,
        "计费类型": "小店自卖",
        "子订单号": "'6900000000000000001",
        "订单号": "'6900000000000000001",
        "订单类型": "普通订单",
    } | cells


def douyin_ledger_row(flow: str, direction: str, amount: str, scene: str, balance: str, **cells: str) -> dict[str, str]:
    """One row of the account's ledger."""
    return {
        "动账流水号": f"`{flow}",
        "关联订单号": "`6900000000000000001",
        "关联子订单号": "`6900000000000000001",
        "动账时间": "2026-11-01 10:00:00",
        "账户方向": direction,
        "动账金额(元)": amount,
        "动账场景": scene,
        "账户余额(元)": balance,
        "备注": "",
    } | cells


def settled_row(order: str, amount: str, came: str, went: str, **cells: str) -> dict[str, str]:
    """One settlement order of Douyin."""
    return {
        "结算时间": "2026-11-01 10:00:00",
        "订单号": f"'{order}",
        "子订单号": f"'{order}",
        "结算金额": amount,
        "结算账户": "聚合账户",
        "结算单类型": "已结算",
        "有结算前退款": "否",
        "下单时间": "2026-10-20 10:00:00",
        "收入合计": came,
        "支出合计": went,
        "平台服务费": "0",
        "达人佣金": "0",
    } | cells


def stripe_row(number: str, category: str, gross: str, fee: str, net: str, **cells: str) -> dict[str, str]:
    """One balance transaction of a report."""
    return {
        "balance_transaction_id": f"txn_{number}",
        "created_utc": "2026-09-14 10:02:11",
        "available_on_utc": "2026-09-16 00:00:00",
        "currency": "usd",
        "gross": gross,
        "fee": fee,
        "net": net,
        "reporting_category": category,
        "source_id": f"ch_{number}",
        "charge_id": f"ch_{number}",
        "automatic_payout_id": "po_1",
    } | cells


def shopify_transaction(number: int, type_: str, amount: str, fee: str, net: str, **fields: object) -> dict[str, object]:
    """One payout transaction of the interface."""
    return {
        "id": number,
        "type": type_,
        "test": False,
        "payout_id": 7001,
        "payout_status": "paid",
        "currency": "USD",
        "amount": amount,
        "fee": fee,
        "net": net,
        "source_id": number,
        "source_type": "charge",
        "source_order_id": 450789469,
        "source_order_transaction_id": number,
        "processed_at": "2026-09-14T10:02:11-04:00",
    } | fields


def shopify_row(order: str, type_: str, amount: str, fee: str, net: str, **cells: str) -> dict[str, str]:
    """One payment transaction of the export."""
    return {
        "Transaction Date": "2026-09-14 10:02:11 -0400",
        "Type": type_,
        "Order": order,
        "Card Brand": "visa",
        "Payout Status": "paid",
        "Payout Date": "2026-09-17",
        "Payout ID": "7001",
        "Amount": amount,
        "Fee": fee,
        "Net": net,
        "Checkout": f"#C{order}",
        "Currency": "USD",
    } | cells


def icbc_row(day: str, came: str, went: str, balance: str, **cells: str) -> dict[str, str]:
    """One line of an account at ICBC, padded as the bank pads, with a tab after every cell."""
    plain = {
        "交易日期": day,
        "摘要": "转账",
        "交易场所": "网上银行",
        "交易国家或地区简称": "CHN",
        "钞/汇": "钞",
        "交易金额(收入)": came,
        "交易金额(支出)": went,
        "交易币种": "人民币",
        "记账金额(收入)": came,
        "记账金额(支出)": went,
        "记账币种": "人民币",
        "余额": balance,
        "对方户名": "支付宝（中国）网络技术有限公司",
    } | cells
    return {name: f"  {cell or '-'}  \t" for name, cell in plain.items()}


def table(header: Sequence[str], rows: Sequence[Mapping[str, str]], *, delimiter: str = ",") -> str:
    """Write rows (column to cell, absent is empty) below a header."""
    unknown = {name for row in rows for name in row} - set(header)
    assert not unknown, unknown
    return text_of([list(header), *([row.get(name, "") for name in header] for row in rows)], delimiter=delimiter)
