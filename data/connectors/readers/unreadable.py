"""Why could a whole file not be read, and what can be done about it?"""

from collections.abc import Mapping

# code -> (Chinese, English). Each says what to do.
UNREADABLE: Mapping[str, tuple[str, str]] = {
    "empty": ("文件是空的，请重新导出", "the file is empty; export it again"),
    "not_a_table": ("不是可识别的表格或 JSON 文件", "neither a table nor JSON; check that the right file was taken"),
    "html_table": ("网页文件中没有表格，可能是登录页，请重新导出", "a web page without a table, perhaps a login page; export it again"),
    "damaged": ("文件已损坏，请重新下载", "the file is damaged; download it again"),
    "encrypted": ("文件有密码，请解密后再导入", "the file is protected by a password; remove it first"),
    "unsafe_name": ("压缩包内文件名含绝对路径或 ..，拒绝解压", "a name in the archive leaves its folder; it was not unpacked"),
    "nested_archive": ("压缩包内还有压缩包，请先解开一层", "an archive within the archive; unpack the outer one first"),
    "too_many_entries": ("压缩包内文件过多（上限 1000）", "more than 1000 files in the archive; split it"),
    "too_large": ("解压后过大，请分月导出或改用 CSV", "too large when unpacked; export shorter periods or CSV"),
    "no_line_breaks": ("开头一行就超过上限，不是表格文件", "the first line alone exceeds the limit; this is not a table"),
    "undecodable": (
        "超过 5% 的行无法解码，请以 UTF-8 或 GB18030 重新导出",
        "over 5 % of the rows cannot be decoded; export as UTF-8 or GB18030",
    ),
    "broken_json": ("JSON 格式错误，请重新导出", "the JSON is broken from the start; export it again"),
    "no_sheet": ("工作簿中没有这个工作表", "the workbook has no such sheet"),
    "entities": (
        "XML 声明了 DOCTYPE 或实体，银行不会这样写，拒收",
        "the XML declares a document type or entities, which no bank does; it was refused",
    ),
    "no_statement": (
        "文件中没有完整的对账单（MT940 需要 :20:、:60F:、:62F:，camt 需要 Stmt、Rpt 或 Ntfctn），请从银行重新导出",
        "no complete statement in the file (MT940 needs :20:, :60F:, :62F:; camt needs Stmt, Rpt or Ntfctn); export it again from the bank",
    ),
    "broken_statement": ("对账单中有无法解析的行，整份拒收", "a line of the statement cannot be read; the file was refused whole"),
    "lines_lost": (
        "对账单的 :61: 行数与解析出的笔数不同，整份拒收",
        "the statement has other :61: lines than could be read; the file was refused whole",
    ),
    "no_records": ("文件中没有这个记录路径", "the file has no records at that path"),
}


class UnreadableFile(Exception):
    """The file cannot be read at all; it is kept, and ``text`` says what to do."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return self.text()

    def text(self, *, language: str = "zh") -> str:
        """Say the reason in Chinese or English.

        >>> UnreadableFile("empty").text(language="en")
        'the file is empty; export it again'
        """
        chinese, english = UNREADABLE[self.code]
        if language == "en":
            return f"{english} ({self.detail})" if self.detail else english
        return f"{chinese}（{self.detail}）" if self.detail else chinese
