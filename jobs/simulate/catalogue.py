"""What does the merchant sell, at which price?"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

CATEGORIES: tuple[str, ...] = ("女装", "男装", "鞋靴", "美妆", "食品", "家居", "数码", "母婴")

# Category: (SKU letters, nouns, adjectives, sizes or versions, English noun, cheapest and dearest price in yuan, share sent back)
_KINDS: tuple[tuple[str, str, str, str, str, float, float, float], ...] = (
    ("NZ", "连衣裙 针织衫 风衣 半身裙 衬衫", "法式 通勤 复古 宽松", "S M L", "Dress", 89, 599, 0.16),
    ("MZ", "夹克 卫衣 休闲裤 衬衫 羽绒服", "商务 运动 简约 加厚", "L XL XXL", "Jacket", 79, 699, 0.09),
    ("XX", "运动鞋 短靴 板鞋 凉拖 乐福鞋", "轻便 防滑 真皮 透气", "37 39 42", "Sneakers", 99, 499, 0.12),
    ("MH", "面霜 精华液 口红 面膜 防晒", "保湿 修护 清透 紧致", "30ml 50ml 礼盒", "Face Cream", 49, 459, 0.03),
    ("SP", "坚果 牛肉干 茶叶 咖啡 月饼", "原味 低糖 有机 混合", "250g 500g 礼盒", "Snack Box", 19, 168, 0.01),
    ("JJ", "四件套 收纳箱 台灯 保温杯 枕头", "纯棉 北欧 便携 护眼", "标准 大号 套装", "Home Set", 29, 399, 0.04),
    ("SM", "蓝牙耳机 充电宝 键盘 手表 摄像头", "降噪 快充 无线 高清", "标准版 Pro 套装", "Earbuds", 59, 2499, 0.05),
    ("MY", "纸尿裤 奶瓶 童装 爬行垫 推车", "柔软 防胀气 亲肤 折叠", "M L XL", "Baby Kit", 39, 899, 0.05),
)
_PER_CATEGORY = 50
VIRTUAL_SKUS = 4


@dataclass(frozen=True)
class Catalogue:
    """Every SKU, one array a property; virtual ones (vouchers) stand last."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    properties: tuple[str, ...]
    english: tuple[str, ...]
    category: npt.NDArray[np.int64]
    price_minor: npt.NDArray[np.int64]
    returned_share: npt.NDArray[np.float64]

    @property
    def physical(self) -> int:
        """How many SKUs are things; the rest are vouchers."""
        return len(self.codes) - VIRTUAL_SKUS


@cache
def catalogue(seed: int) -> Catalogue:
    """Return the merchant's 404 SKUs; the same seed gives the same list."""
    rng = np.random.default_rng([seed, 1])
    codes, names, properties, english, category, price, returned = [], [], [], [], [], [], []
    for number, (letters, nouns, adjectives, sizes, word, cheap, dear, share) in enumerate(_KINDS):
        for item in range(_PER_CATEGORY):
            noun, adjective = nouns.split()[item % 5], adjectives.split()[item // 5 % 4]
            size = sizes.split()[item % 3]
            codes.append(f"{letters}{1000 + item}")
            names.append(f"{adjective}{noun} {CATEGORIES[number]}新款")
            properties.append(f"规格：{size}")
            english.append(f"{word} No. {item + 1} - {item % 3 + 1}")
            category.append(number)
            yuan = cheap * (dear / cheap) ** (rng.random() ** 1.5)
            price.append(int(yuan) * 100 + 90)
            returned.append(share)
    for item, (code, name, number, yuan) in enumerate(
        (
            ("XN0001", "提货券 电子码", 4, 100),
            ("XN0002", "咖啡兑换券", 4, 30),
            ("XN0003", "延保服务一年", 6, 99),
            ("XN0004", "会员年卡", 7, 199),
        )
    ):
        codes.append(code)
        names.append(name)
        properties.append("虚拟商品")
        english.append(f"E-voucher {item + 1}")
        category.append(number)
        price.append(yuan * 100)
        returned.append(0.01)
    return Catalogue(tuple(codes), tuple(names), tuple(properties), tuple(english), np.array(category), np.array(price), np.array(returned))
