"""The monthly access-log report (접속기록 점검) as a workbook that a privacy officer checks, completes and signs.

The standard of measures for the safety of personal information asks a controller to look through its access logs
at least once a month, and to check downloads for their reason; the workbook has a place for each finding and for
two signatures. It names accounts, objects and counts; it never holds a value from the data.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from safezone.audit.questions.clock import korean, local
from safezone.audit.questions.month import Line, Month
from safezone.audit.questions.unusual import Kind
from safezone.audit.questions.words import sentence, title
from safezone.model import now, timestamp
from safezone_verify.findings import Verification

MOST = 50_000
"""Rows on one sheet; what is left out is said in its last row."""
FONT = "맑은 고딕"
_FINDINGS = ["정상", "소명 요청", "조치 필요", "조치 완료"]
Column = tuple[str, str, int]


def workbook(month: Month, verified: Verification | None = None, origin: str = "") -> bytes:
    """Make the report: an XLSX file.

    Args:
        month: what the log says of the month.
        verified: what the verification of the log found; None leaves it to be done.
        origin: the log's name.
    """
    buffer = io.BytesIO()
    # Nothing in temporary files, and text that begins with "=" stays text.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        _Report(book, month, verified, origin).write()
    return buffer.getvalue()


class _Report:
    """One workbook while it is written."""

    def __init__(self, book: Workbook, month: Month, verified: Verification | None, origin: str) -> None:
        self.book, self.month, self.verified, self.origin = book, month, verified, origin
        base = {"font_name": FONT, "font_size": 10, "valign": "vcenter"}
        box = base | {"border": 1, "border_color": "#BFBFBF"}
        make = book.add_format
        self.title = make(base | {"font_size": 18, "bold": True})
        self.note = make(base | {"font_color": "#595959", "text_wrap": True, "valign": "top"})
        self.section = make(base | {"font_size": 12, "bold": True, "font_color": "#1F3864", "bottom": 2})
        head = {"bold": True, "bg_color": "#1F3864", "font_color": "#FFFFFF", "align": "center", "text_wrap": True}
        self.head = make(box | head)
        self.text = make(box | {"text_wrap": True})
        self.count = make(box | {"num_format": "#,##0"})
        self.label = make(box | {"bold": True, "bg_color": "#F2F2F2", "text_wrap": True})
        self.blank = make(box | {"bg_color": "#FFFBE6", "text_wrap": True})
        self.bad = make(box | {"bold": True, "font_color": "#C00000", "text_wrap": True})
        book.set_properties({"title": f"접속기록 점검 보고서 {month.period.says()}", "author": origin})

    def write(self) -> None:
        """Write every sheet; the first is the one that is signed."""
        summary = self._sheet("요약", "접속기록 월간 점검 보고서", "Monthly access-log report")
        self._accounts()
        self._downloads()
        self._denials()
        self._unusual()
        self._administration()
        self._integrity()
        self._statistics()
        self._summary(summary)

    # -- the sheets ------------------------------------------------------------------------------------

    def _summary(self, sheet: Worksheet) -> None:
        month, whole = self.month, Line()
        for line in month.accounts.values():
            whole.merge(line)
        judged = [line for line in month.unusual if line.kind is not Kind.NO_HISTORY]
        facts: list[tuple[str, str, Any]] = [
            ("점검 대상 기간", "Period", month.period.says()),
            ("작성 시각", "Made at", f"{korean(timestamp(now()))} KST"),
            ("로그", "Log", self.origin),
            ("전체 기록", "Events", whole.events),
            ("접속 계정", "Accounts", len([each for each in month.accounts if each in month.people])),
            ("금고 열람", "Reads in the vault", whole.reads),
            ("열람·반출 행 수", "Rows read or handed out", whole.rows),
            ("내려받기", "Downloads", whole.downloads),
            ("접근 거부", "Denials", whole.denied),
            ("반복 시도", "Repeated attempts", sum(each.repeated for each in month.denials)),
            ("이상 접속", "Unusual access", len(judged)),
            ("로그 무결성", "Integrity of the log", self._verdict()),
        ]
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, 24)
        sheet.set_column(2, 7, 13)
        row = 3
        for ko, en, value in facts:
            sheet.write_string(row, 0, f"{ko}\n{en}", self.label)
            self._cell(sheet, row, 1, value)
            sheet.set_row(row, 30)
            row += 1
        row = self._roles(sheet, row + 1)
        self._signatures(sheet, row + 1)
        self._charts(sheet)

    def _roles(self, sheet: Worksheet, row: int) -> int:
        sheet.write_string(row, 0, "역할·임무별 합계 / By role and duty", self.section)
        columns = ("역할·임무\nRole, duty", "계정\nAccounts", "기록\nEvents", "거부\nDenied", "열람\nReads",
                   "행 수\nRows", "내려받기\nDownloads")  # fmt: skip
        for number, name in enumerate(columns):
            sheet.write_string(row + 1, number, name, self.head)
        sheet.set_row(row + 1, 30)
        row += 2
        for role, line in sorted(self.month.roles.items()):
            values = (role, len(line.accounts), line.events, line.denied, line.reads, line.rows, line.downloads)
            for number, value in enumerate(values):
                self._cell(sheet, row, number, value)
            row += 1
        return row

    def _signatures(self, sheet: Worksheet, row: int) -> None:
        sheet.write_string(row, 0, "점검 확인 / Sign-off", self.section)
        for number, name in enumerate(("구분\nAs", "성명\nName", "점검일\nReviewed on", "서명\nSignature")):
            sheet.write_string(row + 1, number, name, self.head)
        sheet.set_row(row + 1, 30)
        for offset, who in enumerate(("점검자\nReviewer", "개인정보 보호책임자\nPrivacy officer"), 2):
            sheet.write_string(row + offset, 0, who, self.label)
            for number in (1, 2, 3):
                sheet.write_blank(row + offset, number, None, self.blank)
            sheet.set_row(row + offset, 36)
        sheet.write_string(row + 4, 0, "점검 의견\nRemarks", self.label)
        sheet.merge_range(row + 4, 1, row + 4, 6, "", self.blank)
        sheet.set_row(row + 4, 60)

    def _charts(self, sheet: Worksheet) -> None:
        days = len(self._days())
        for number, (ko, column, last) in enumerate(
            (("일별 접속 기록 / Events per day", 0, days), ("시간대별 접속 기록(KST) / By hour", 3, 24))
        ):
            chart = self.book.add_chart({"type": "column"})
            chart.add_series(
                {
                    "categories": ["통계", 4, column, 3 + last, column],
                    "values": ["통계", 4, column + 1, 3 + last, column + 1],
                    "fill": {"color": "#2F5597"},
                    "gap": 40,
                }
            )
            chart.set_title({"name": ko, "name_font": {"name": FONT, "size": 11}})
            chart.set_legend({"none": True})
            chart.set_y_axis(
                {"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}}
            )
            chart.set_x_axis({"num_font": {"size": 8}})
            chart.set_size({"width": 620, "height": 260})
            sheet.insert_chart(3 + 9 * number, 8, chart, {"object_position": 3})

    def _accounts(self) -> None:
        columns: list[Column] = [
            ("계정", "Account", 24), ("성명", "Name", 16), ("역할", "Roles", 20), ("소속 기관", "Controller", 14),
            ("기록", "Events", 10), ("거부", "Denied", 9), ("금고 열람", "Reads", 10), ("행 수", "Rows", 14),
            ("내려받기", "Downloads", 11), ("접속일 수", "Active days", 10), ("최초(KST)", "First", 20),
            ("최종(KST)", "Last", 20),
        ]  # fmt: skip
        rows = []
        for account, line in sorted(self.month.accounts.items(), key=lambda item: -item[1].events):
            person = self.month.people.get(account)
            names = (person.name, ", ".join(person.roles), person.controller) if person else ("", "", "")
            rows.append(
                (
                    account,
                    *names,
                    line.events,
                    line.denied,
                    line.reads,
                    line.rows,
                    line.downloads,
                    len(line.days),
                    korean(line.first),
                    korean(line.last),
                )
            )
        self._table("계정별", "계정별 접속 기록", "Access by account", columns, rows)

    def _downloads(self) -> None:
        columns: list[Column] = [
            ("시각(KST)", "Time", 20), ("계정", "Account", 22), ("성명", "Name", 14), ("반출물", "Release", 24),
            ("신청", "Request", 24), ("데이터셋", "Dataset", 20), ("행 수", "Rows", 11), ("접속지", "From", 18),
            ("사유(이용 목적)", "Reason", 40), ("점검 결과", "Finding", 13),
        ]  # fmt: skip
        rows = [
            (
                korean(each.seen.time),
                each.seen.account,
                self.month.name(each.seen.account),
                each.seen.object.partition("/")[2],
                each.request,
                each.dataset,
                each.seen.details.get("rows", "–"),
                str(each.seen.details.get("from", "–")),
                each.purpose or "–",
                None,
            )
            for each in self.month.downloads
        ]
        self._table("내려받기", "내려받기와 사유", "Downloads and their reasons", columns, rows, finding=9)

    def _denials(self) -> None:
        columns: list[Column] = [
            ("계정", "Account", 22), ("성명", "Name", 14), ("시도한 작업", "Action", 22), ("사유", "Reason", 34),
            ("횟수", "Times", 8), ("대상 수", "Objects", 8), ("10분 내 최다", "Most in 10 min", 12),
            ("반복", "Repeated", 9), ("최초(KST)", "First", 20), ("최종(KST)", "Last", 20),
            ("점검 결과", "Finding", 13),
        ]  # fmt: skip
        rows = [
            (
                each.account,
                self.month.name(each.account),
                each.what,
                each.reason or "–",
                each.times,
                len(each.objects),
                each.burst,
                "반복" if each.repeated else "",
                korean(each.first),
                korean(each.last),
                None,
            )
            for each in self.month.denials
        ]
        self._table("접근거부", "접근 거부와 인증 실패", "Denials and failed sign-ins", columns, rows, finding=10)

    def _unusual(self) -> None:
        columns: list[Column] = [
            ("시각(KST)", "Time", 20), ("계정", "Account", 22), ("성명", "Name", 14), ("구분", "Kind", 12),
            ("근거", "Why", 74), ("점검 결과", "Finding", 13), ("점검자 의견", "Remark", 30),
        ]  # fmt: skip
        rows = [
            (
                korean(each.moment),
                each.account,
                self.month.name(each.account),
                each.kind.value,
                f"{each.why.ko}\n{each.why.en}",
                None,
                None,
            )
            for each in self.month.unusual
        ]
        ko, en = "이상 접속(본인의 이전 90일 대비)", "Unusual access, against the person's own 90 days"
        self._table("이상접속", ko, en, columns, rows, finding=5)

    def _administration(self) -> None:
        columns: list[Column] = [
            ("시각(KST)", "Time", 20), ("순번", "Seq", 9), ("구분", "Event", 28), ("누가", "Who", 22),
            ("성명", "Name", 14), ("대상", "Object", 44), ("내용", "What", 44),
        ]  # fmt: skip
        rows = [
            (
                korean(seen.time),
                seen.seq,
                f"{title(seen.type).ko}\n{title(seen.type).en}",
                seen.account,
                self.month.name(seen.account),
                seen.object,
                sentence(seen).ko,
            )
            for seen in self.month.administration
        ]
        ko, en = "계정·정책·키·백업·로그 관리", "Accounts, policies, keys, backups and the log"
        self._table("주요관리", ko, en, columns, rows)

    def _integrity(self) -> None:
        sheet = self._sheet("로그무결성", "감사 로그 무결성", "Integrity of the audit log")
        count, size, root = self.month.checkpoints
        facts: list[tuple[str, str, Any]] = [
            ("검증 결과", "Result", self._verdict()),
            ("로그 이름", "Origin", self.origin),
            ("체크포인트 수", "Checkpoints", count),
            ("최신 체크포인트 크기", "Newest checkpoint, entries", size),
            ("최신 체크포인트 루트", "Its root", root or "–"),
            ("이 달 열람 중 상세 삭제", "Reads of this month whose details were deleted", self.month.deleted),
        ]
        if (found := self.verified) is not None:
            facts += [
                ("전체 항목", "Entries", found.size),
                ("서명된 항목", "Signed", found.proven),
                ("증인이 확인한 항목", "Witnessed", found.witnessed),
                ("아직 증명되지 않은 항목", "Unproven tail", len(found.unproven)),
                ("대기 중인 기록", "Waiting for the log duty", found.staged),
                ("상세 내용이 삭제된 항목", "Entries whose details were deleted", found.details_deleted),
            ]
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, 1, 90)
        for row, (ko, en, value) in enumerate(facts, 3):
            sheet.write_string(row, 0, f"{ko}\n{en}", self.label)
            self._cell(sheet, row, 1, value)
            sheet.set_row(row, 30)
        problems = found.problems if found is not None else ()
        for row, problem in enumerate(problems, len(facts) + 4):
            sheet.write_string(row, 0, "문제 / Problem", self.label)
            sheet.write_string(row, 1, f"{problem.text().ko} / {problem.text().en}", self.bad)

    def _statistics(self) -> None:
        sheet = self._sheet("통계", "일별·시간대별 접속 기록(사람)", "Events of people by day and hour")
        for column, names in ((0, ("날짜\nDay", "기록\nEvents")), (3, ("시(KST)\nHour", "기록\nEvents"))):
            for offset, name in enumerate(names):
                sheet.write_string(3, column + offset, name, self.head)
        sheet.set_row(3, 30)
        sheet.set_column(0, 4, 13)
        for row, day in enumerate(self._days(), 4):
            sheet.write_string(row, 0, f"{day:%m-%d}", self.text)
            sheet.write_number(row, 1, self.month.per_day[day], self.count)
        for hour in range(24):
            sheet.write_string(4 + hour, 3, f"{hour:02}", self.text)
            sheet.write_number(4 + hour, 4, self.month.per_hour[hour], self.count)

    # -- the tools -------------------------------------------------------------------------------------

    def _sheet(self, name: str, ko: str, en: str) -> Worksheet:
        sheet = self.book.add_worksheet(name)
        sheet.write_string(0, 0, ko, self.title)
        sheet.write_string(1, 0, f"{en} · {self.month.period.says()}", self.note)
        sheet.set_row(0, 30)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        sheet.set_footer(f"&L&8{self.origin}&C&8{name}&R&8&P / &N")
        return sheet

    def _table(
        self,
        name: str,
        ko: str,
        en: str,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Any]],
        finding: int = -1,
    ) -> None:
        """A sheet with a heading that stays in sight and is repeated on every page, and a filter."""
        sheet, kept = self._sheet(name, ko, en), list(rows)
        for number, (upper, lower, width) in enumerate(columns):
            sheet.set_column(number, number, width)
            sheet.write_string(3, number, f"{upper}\n{lower}", self.head)
        sheet.set_row(3, 32)
        sheet.freeze_panes(4, 1)
        sheet.repeat_rows(3)
        last = 3 + max(1, min(len(kept), MOST))
        sheet.autofilter(3, 0, last, len(columns) - 1)
        for row, values in enumerate(kept[:MOST], 4):
            for number, value in enumerate(values):
                self._cell(sheet, row, number, value)
        if not kept:
            sheet.write_string(4, 0, "해당 없음 / None", self.text)
        if len(kept) > MOST:
            more = f"외 {len(kept) - MOST:,}건 / {len(kept) - MOST:,} more"
            sheet.write_string(4 + MOST, 0, more, self.bad)
        if finding >= 0:
            sheet.data_validation(4, finding, last, finding, {"validate": "list", "source": _FINDINGS})

    def _cell(self, sheet: Worksheet, row: int, column: int, value: Any) -> None:
        if value is None:
            sheet.write_blank(row, column, None, self.blank)
        elif isinstance(value, int):
            sheet.write_number(row, column, value, self.count)
        else:
            text = "".join(each for each in str(value) if each == "\n" or each.isprintable())
            sheet.write_string(row, column, text, self.text)

    def _verdict(self) -> str:
        if self.verified is None:
            return "확인하지 않음 / not verified"
        return f"{self.verified.text().ko} / {self.verified.text().en}"

    def _days(self) -> list[Any]:
        first, end = self.month.period.first_day, local(self.month.period.end).date()
        return [first + timedelta(days=number) for number in range((end - first).days)]
