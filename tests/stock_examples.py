"""What do the lists of stock look like that ERPs, warehouse systems and channels give? One example a table."""

import json
from collections.abc import Mapping
from typing import Any

from tests.example_file import Example


def as_json(document: Any) -> str:
    """Write a reply."""
    return json.dumps(document, ensure_ascii=False)


def kingdee(sku: str, warehouse: str, quantity: float, **more: object) -> dict[str, object]:
    """Return a record of Kingdee's inventory."""
    return {
        "FMaterialId.FNumber": sku,
        "FMaterialId.FName": "保温杯",
        "FStockId.FNumber": warehouse,
        "FStockId.FName": "华东仓",
        "FStockOrgId.FName": "总部",
        "FBaseQty": quantity,
        "FBaseUnitId.FName": "Pcs",
        "FLot.FNumber": "",
        "FStockStatusId.FName": "可用",
        **more,
    }


def yonsuite(sku: str, warehouse: str, quantity: float, **more: object) -> dict[str, object]:
    """Return a record of YonSuite's stock."""
    return {
        "product_code": sku.partition("-")[0],
        "product_name": "保温杯",
        "productsku_code": sku,
        "productsku_name": "保温杯 白",
        "warehouse_code": warehouse,
        "warehouse_name": "华东仓",
        "org_name": "总部",
        "product_unitName": "件",
        "currentqty": quantity,
        "availableqty": quantity,
        "batchno": "B1",
        "stockStatusDoc_statusName": "合格",
        **more,
    }


def jushuitan(sku: str, warehouse: int, quantity: int | None, **more: object) -> dict[str, object]:
    """Return a record of Jushuitan's inventory, with the warehouse that was asked for."""
    return {
        "sku_id": sku,
        "i_id": "BW",
        "name": "保温杯",
        "qty": quantity,
        "order_lock": 3,
        "pick_lock": 0,
        "virtual_qty": 0,
        "purchase_qty": 20,
        "defective_qty": 1,
        "modified": "2026-11-20 23:40:00",
        "wms_co_id": warehouse,
        **more,
    }


def wangdian(sku: str, warehouse: str, quantity: str, **more: object) -> dict[str, object]:
    """Return a record of Wangdian's stock."""
    return {
        "goods_no": "BW",
        "spec_no": sku,
        "barcode": "69000",
        "defect": 0,
        "stock_num": quantity,
        "available_send_stock": quantity,
        "purchase_num": "10.0000",
        "modified": "2026-11-20 23:50:00",
        "warehouse_no": warehouse,
        "warehouse_name": "华东仓",
        **more,
    }


def level(item: int, location: int, available: int | None, *, at: str = "2026-11-20T10:33:38-05:00") -> dict[str, object]:
    """Return a Shopify inventory level."""
    return {"inventory_item_id": item, "location_id": location, "available": available, "updated_at": at}


SHOPIFY_CSV = "\n".join(
    (
        "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,SKU,HS Code,COO,Location,Bin name,"
        "Incoming (not editable),Unavailable (not editable),Committed (not editable),Available (not editable),On hand (current),"
        "On hand (new)",
        "cup,Cup,Colour,White,,,,,BW-1,,,Kentucky,,0,0,2,-1,1,",
        "cup,Cup,Colour,Black,,,,,BW-2,,,Kentucky,,5,1,2,7,10,",
        "cup,Cup,Colour,Black,,,,,BW-2,,,Berlin,,0,0,0,not stocked,not stocked,",
        "",
    )
)
SNAPSHOT_CSV = "\n".join(
    (
        "商家编码,仓库,实物数量,在途数量,单位,截至时间",
        'BW-1,华东仓,"1,200",30,件,2026-11-20 23:50:00',
        "BW-2,华东仓,0,,件,2026-11-20 23:50:00",
        "BW-2,华南仓,7.5,,件,2026-11-20 23:50:00",
        "BW-3,华东仓,12,,箱,2026-11-20 23:50:00",
        "BW-4,华东仓,99999999,,件,2026-11-20 23:50:00",
        "BW-5,华东仓,-3,,件,2026-11-20 23:50:00",
        "BW-2,华东仓,4,,件,2026-11-20 23:50:00",
        "BW-2,华东仓,0,,件,2026-11-20 23:50:00",
        "",
    )
)
MOVES_CSV = "\n".join(
    (
        "流水号,类型,商家编码,仓库,数量,单位,时间,原因,经办人",
        "IN1,采购入库,BW-1,华东仓,100,件,2026-11-20 09:00:00,,",
        "OUT1,报废,BW-1,华东仓,2,件,2026-11-20 15:00:00,破损,王力",
        "OUT2,其他出库,BW-1,华东仓,2,件,2026-11-20 16:00:00,,王力",
        "X1,搬家,BW-1,华东仓,2,件,2026-11-20 16:00:00,,",
        "S1,销售出库,BW-1,华东仓,2,件,2026-11-20 16:00:00,,",
        "IN1,采购入库,BW-1,华东仓,100,件,2026-11-20 09:00:00,,",
        "IN1,采购入库,BW-1,华东仓,90,件,2026-11-20 09:00:00,,",
        "ADJ,盘点调整,BW-1,华东仓,-4,件,2026-11-20 17:00:00,,",
        "ADJ0,盘点调整,BW-1,华东仓,0,件,2026-11-20 17:00:00,,",
        "",
    )
)
SHOWN_CSV = "\n".join(
    (
        "商家编码,平台可售数,更新时间,店铺",
        "BW-1,35,2026-11-20 12:00:00,tm",
        "BW-2,0,2026-11-20 12:00:00,tm",
        "BW-2,4,2026-11-20 12:00:00,不认识的店",
        "",
    )
)

STOCK_EXAMPLES: Mapping[str, Example] = {
    "kingdee_stock.inventory": Example(
        as_json(
            [
                kingdee("BW-1", "CK01", 10.0),
                kingdee("BW-1", "CK01", 5, **{"FLot.FNumber": "L2"}),
                kingdee("BW-1", "CK01", 4, **{"FStockStatusId.FName": "待检"}),
                kingdee("BW-2", "CK01", 3, **{"FBaseUnitId.FName": "箱"}),
                kingdee("BW-3", "CK01", 2.5),
            ]
        ),
        "utf-8",
        5,
        refused=((4, "FBaseUnitId.FName", "not_in_pieces"), (5, "FBaseQty", "not_a_count")),
        stock={"on_hand": 15},
        empty="[]",
    ),
    "yonsuite_stock.stock": Example(
        as_json({"code": "200", "data": [yonsuite("BW-1", "CK01", 8), yonsuite("BW-1", "CK01", 2, stockStatusDoc_statusName="不合格")]}),
        "utf-8",
        2,
        stock={"on_hand": 8, "available": 8},
        empty="[]",
    ),
    "jushuitan_stock.inventory": Example(
        as_json(
            {
                "code": 0,
                "data": {
                    "has_next": False,
                    "inventorys": [jushuitan("BW-1", 1001, 12), jushuitan("BW-1", 0, 40), jushuitan("BW-2", 1001, None, purchase_qty=None)],
                },
            }
        ),
        "utf-8",
        3,
        stock={"on_hand": 12, "inbound": 20},
    ),
    "wangdian_stock.stock": Example(
        as_json(
            {
                "status": 0,
                "data": {
                    "total_count": 2,
                    "detail_list": [wangdian("BW-1", "01", "15.0000"), wangdian("BW-1", "01", "2.0000", defect=1, purchase_num="0.0000")],
                },
            }
        ),
        "utf-8",
        2,
        stock={"on_hand": 15, "available": 15, "inbound": 10},
    ),
    "shopify_stock.levels": Example(
        as_json({"inventory_levels": [level(39072856, 487838322, 27), level(39072856, 905684977, -2), level(808950810, 487838322, None)]}),
        "utf-8",
        3,
        stock={"available": 25},
    ),
    "shopify_stock.variants": Example(
        as_json({"variants": [{"id": 1, "inventory_item_id": 39072856, "sku": "BW-1", "updated_at": "2026-11-20T10:00:00-05:00"}]}),
        "utf-8",
        1,
        reference=1,
    ),
    "shopify_stock.inventory_csv": Example(SHOPIFY_CSV, "utf-8-sig", 3, stock={"available": 6}),
    "stock_list.snapshot": Example(
        SNAPSHOT_CSV,
        "utf-8-sig",
        8,
        refused=(
            (4, "实物数量", "not_a_count"),
            (5, "单位", "not_in_pieces"),
            (6, "实物数量", "quantity_too_large"),
            (7, "实物数量", "negative"),
            (8, "商家编码", "duplicate_row"),
        ),
        stock={"on_hand": 1200, "inbound": 30},
    ),
    "stock_list.moves": Example(
        MOVES_CSV,
        "utf-8-sig",
        9,
        refused=((4, "原因", "missing"), (5, "类型", "unknown_move_type"), (8, "流水号", "duplicate_row")),
        stock={"purchase_in": 100, "scrap": -2, "count_adjust": -4},
    ),
    "stock_list.shown": Example(SHOWN_CSV, "utf-8-sig", 3, refused=((4, "店铺", "unknown_shop"),), stock={"available": 35}),
}
