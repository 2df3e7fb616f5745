"""Where do buyers live, where do warehouses stand, and how far is it between them?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Region:
    """A province (or a country abroad) with its share of buyers, its place on the map and a few of its cities.

    A city is ``(city, districts)``; ``weight`` is relative, ``postcode`` that of the capital.
    """

    name: str
    latitude: float
    longitude: float
    weight: float
    postcode: str
    cities: tuple[tuple[str, tuple[str, ...]], ...]
    country_code: str = "CN"


@dataclass(frozen=True)
class Warehouse:
    """A warehouse as the master list writes it."""

    code: str
    name: str
    province: str
    latitude: float
    longitude: float
    aliases: tuple[str, ...]
    # Whether hands can be found for the nights after a great sale.
    night_shift: bool = True


@dataclass(frozen=True)
class Carrier:
    """A carrier as waybills name it; hours to any place are ``base_hours + km / km_per_hour``."""

    name: str
    prefix: str
    digits: int
    base_hours: float
    km_per_hour: float
    # Whether it takes parcels out of the country; such a one takes no others.
    abroad: bool = False


def _region(line: str) -> Region:
    name, latitude, longitude, weight, postcode, cities = line.split(",")
    parsed = tuple((city.split(":")[0], tuple(city.split(":")[1].split("/"))) for city in cities.split(";"))
    return Region(name, float(latitude), float(longitude), float(weight), postcode, parsed)


# Weights follow the provinces' shares of parcels received (roughly population × online spending), in per mille.
_PROVINCES = """\
广东省,23.1,113.3,128,510000,广州市:天河区/白云区/番禺区;深圳市:南山区/宝安区/龙岗区;东莞市:南城街道/虎门镇;佛山市:禅城区/南海区
浙江省,30.3,120.2,92,310000,杭州市:西湖区/余杭区/萧山区;宁波市:鄞州区/海曙区;金华市:义乌市/婺城区
江苏省,32.1,118.8,95,210000,南京市:玄武区/江宁区;苏州市:姑苏区/吴中区;无锡市:梁溪区/滨湖区
上海,31.2,121.5,56,200000,上海市:浦东新区/徐汇区/闵行区/杨浦区
北京,39.9,116.4,52,100000,北京市:朝阳区/海淀区/丰台区/通州区
山东省,36.7,117.0,66,250000,济南市:历下区/槐荫区;青岛市:市南区/黄岛区;临沂市:兰山区
河南省,34.8,113.6,56,450000,郑州市:金水区/二七区;洛阳市:涧西区;南阳市:卧龙区
四川省,30.7,104.1,54,610000,成都市:武侯区/锦江区/双流区;绵阳市:涪城区;南充市:顺庆区
湖北省,30.6,114.3,41,430000,武汉市:武昌区/洪山区/江汉区;宜昌市:西陵区;襄阳市:樊城区
湖南省,28.2,112.9,39,410000,长沙市:岳麓区/雨花区;株洲市:天元区;衡阳市:蒸湘区
福建省,26.1,119.3,42,350000,福州市:鼓楼区/仓山区;厦门市:思明区/湖里区;泉州市:丰泽区
河北省,38.0,114.5,40,050000,石家庄市:长安区/裕华区;唐山市:路北区;保定市:莲池区
安徽省,31.9,117.3,37,230000,合肥市:蜀山区/包河区;芜湖市:镜湖区;阜阳市:颍州区
陕西省,34.3,108.9,27,710000,西安市:雁塔区/未央区;咸阳市:秦都区
辽宁省,41.8,123.4,26,110000,沈阳市:和平区/铁西区;大连市:中山区/甘井子区
江西省,28.7,115.9,24,330000,南昌市:红谷滩区/青山湖区;赣州市:章贡区
重庆,29.6,106.5,26,400000,重庆市:渝北区/九龙坡区/江北区
广西壮族自治区,22.8,108.4,21,530000,南宁市:青秀区/西乡塘区;桂林市:七星区
云南省,25.0,102.7,20,650000,昆明市:五华区/官渡区;大理白族自治州:大理市
黑龙江省,45.8,126.6,15,150000,哈尔滨市:南岗区/道里区;大庆市:萨尔图区
山西省,37.9,112.6,16,030000,太原市:小店区/迎泽区;大同市:平城区
吉林省,43.9,125.3,13,130000,长春市:朝阳区/南关区;吉林市:船营区
天津,39.1,117.2,16,300000,天津市:和平区/南开区/滨海新区
贵州省,26.6,106.7,13,550000,贵阳市:观山湖区/云岩区;遵义市:红花岗区
内蒙古自治区,40.8,111.7,10,010000,呼和浩特市:赛罕区;包头市:昆都仑区
新疆维吾尔自治区,43.8,87.6,9,830000,乌鲁木齐市:天山区/沙依巴克区;喀什地区:喀什市
甘肃省,36.1,103.8,8,730000,兰州市:城关区/七里河区;天水市:秦州区
海南省,20.0,110.3,7,570000,海口市:龙华区/美兰区;三亚市:吉阳区
宁夏回族自治区,38.5,106.3,4,750000,银川市:金凤区/兴庆区
青海省,36.6,101.8,3,810000,西宁市:城西区/城东区
西藏自治区,29.7,91.1,2,850000,拉萨市:城关区;日喀则市:桑珠孜区"""

PROVINCES: tuple[Region, ...] = tuple(_region(line) for line in _PROVINCES.splitlines())
# Carriers charge more and take longer; shops charge freight here.
REMOTE: frozenset[str] = frozenset({"新疆维吾尔自治区", "西藏自治区", "青海省", "内蒙古自治区", "宁夏回族自治区", "甘肃省"})


def _abroad(code: str, name: str, latitude: float, longitude: float, weight: float, postcode: str, cities: str) -> Region:
    parsed = tuple((city.split(":")[0], (city.split(":")[1],)) for city in cities.split(";"))
    return Region(name, latitude, longitude, weight, postcode, parsed, country_code=code)


# City : state or province code, as an address form abroad asks for it.
COUNTRIES: tuple[Region, ...] = (
    _abroad("US", "United States", 39.8, -98.6, 520, "90013", "Los Angeles:CA;New York:NY;Austin:TX;Seattle:WA;Chicago:IL;Miami:FL"),
    _abroad("CA", "Canada", 56.1, -106.3, 90, "M5V 2T6", "Toronto:ON;Vancouver:BC;Montreal:QC"),
    _abroad("GB", "United Kingdom", 54.0, -2.4, 110, "EC1A 1BB", "London:ENG;Manchester:ENG;Edinburgh:SCT"),
    _abroad("AU", "Australia", -25.3, 133.8, 80, "2000", "Sydney:NSW;Melbourne:VIC;Perth:WA"),
    _abroad("DE", "Germany", 51.2, 10.5, 60, "10115", "Berlin:BE;Munich:BY"),
    _abroad("FR", "France", 46.2, 2.2, 45, "75001", "Paris:IDF;Lyon:ARA"),
    _abroad("SG", "Singapore", 1.35, 103.8, 45, "018956", "Singapore:SG"),
    _abroad("MY", "Malaysia", 4.2, 102.0, 30, "50000", "Kuala Lumpur:KUL;Penang:PNG"),
    _abroad("JP", "Japan", 36.2, 138.3, 20, "100-0001", "Tokyo:JP-13;Osaka:JP-27"),
)


def _state(name: str, latitude: float, longitude: float, weight: float, postcode: str, cities: str) -> Region:
    return _abroad("MY", name, latitude, longitude, weight, postcode, cities)


# The states of Malaysia in which most of its parcels are received; city : district.
MALAYSIAN_STATES: tuple[Region, ...] = (
    _state("Selangor", 3.1, 101.5, 300, "47301", "Petaling Jaya:Damansara;Shah Alam:Section 7;Klang:Bandar Botanic;Kajang:Semenyih"),
    _state("Kuala Lumpur", 3.1, 101.7, 190, "50450", "Kuala Lumpur:Bukit Bintang;Cheras:Taman Connaught"),
    _state("Johor", 1.5, 103.7, 150, "80000", "Johor Bahru:Tebrau;Batu Pahat:Parit Raja"),
    _state("Penang", 5.4, 100.3, 90, "10050", "George Town:Jelutong;Butterworth:Seberang Jaya"),
    _state("Perak", 4.6, 101.1, 70, "30000", "Ipoh:Fair Park"),
    _state("Sabah", 6.0, 116.1, 60, "88000", "Kota Kinabalu:Luyang"),
    _state("Sarawak", 1.6, 110.3, 60, "93000", "Kuching:Padungan"),
)

WAREHOUSES: tuple[Warehouse, ...] = (
    Warehouse("WH-GZ", "广州仓", "广东省", 23.1, 113.3, ("华南仓", "广州白云仓")),
    Warehouse("WH-YW", "义乌仓", "浙江省", 29.3, 120.1, ("华东仓", "义乌主仓")),
    Warehouse("WH-BJ", "北京仓", "北京", 39.9, 116.4, ("华北仓", "北京大兴仓")),
    Warehouse("WH-CD", "成都仓", "四川省", 30.7, 104.1, ("西南仓", "成都双流仓"), night_shift=False),
    Warehouse("WH-WH", "武汉仓", "湖北省", 30.6, 114.3, ("华中仓", "武汉东西湖仓")),
)

CARRIERS: tuple[Carrier, ...] = (
    Carrier("顺丰速运", "SF", 13, 14.0, 85.0),
    Carrier("中通快递", "7", 13, 24.0, 52.0),
    Carrier("圆通速递", "YT", 13, 26.0, 48.0),
    Carrier("韵达快递", "43", 13, 27.0, 46.0),
    Carrier("DHL", "", 10, 60.0, 110.0, abroad=True),
    # Shopee's own: it takes the parcels at the merchant's door, flies them out and delivers them.
    Carrier("SPX Express", "SPXMY", 11, 72.0, 45.0, abroad=True),
)
SHUNFENG, ZHONGTONG, YUANTONG, YUNDA, DHL, SPX = range(6)


def kilometres(regions: tuple[Region, ...]) -> npt.NDArray[np.float64]:
    """Return the great-circle distance from each region (rows) to each warehouse (columns)."""
    here = np.radians([[region.latitude, region.longitude] for region in regions])[:, None, :]
    there = np.radians([[warehouse.latitude, warehouse.longitude] for warehouse in WAREHOUSES])[None, :, :]
    half = (here - there) / 2
    chord = np.sin(half[..., 0]) ** 2 + np.cos(here[..., 0]) * np.cos(there[..., 0]) * np.sin(half[..., 1]) ** 2
    distance: npt.NDArray[np.float64] = 2 * 6371.0 * np.arcsin(np.sqrt(chord))
    return distance


def shares(regions: tuple[Region, ...]) -> npt.NDArray[np.float64]:
    """Return each region's share of buyers; they add up to one."""
    weights = np.array([region.weight for region in regions])
    share: npt.NDArray[np.float64] = weights / weights.sum()
    return share
