"""How fast tables are profiled and de-identified: cells a second on one core, on a table of mixed columns.

Usage: python scripts/bench_tables.py [--rows N]
"""

from __future__ import annotations

import argparse
import random
import time
import warnings
from collections.abc import Callable

import pyarrow as pa
from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NoOpNlpEngine

from pseudonymize.columns.profile import profile_table
from pseudonymize.columns.propose import propose
from pseudonymize.detect.registry import recognizers_for
from pseudonymize.plan import ColumnPlan, Plan, apply
from pseudonymize.transform.spec import Band, Drop, Keep, Mask, Region, Round, Tokenise, Transform, TruncateDate

PEER_ROWS = 50
"""Rows of the same table that the peer is given; it is slow."""
_SURNAMES, _GIVEN = (
    "김이박최정강조윤장임한오서신권",
    ("민수", "서연", "지훈", "하은", "도윤", "예진", "준호", "수빈", "현우", "지민"),
)
_CITIES = ("서울특별시 강남구", "부산광역시 해운대구", "경기도 수원시", "강원특별자치도 춘천시", "전라남도 여수시")
_TEXTS = (
    "도로가 파손되어 통행이 불편합니다",
    "소음이 심하여 잠을 잘 수 없습니다",
    "지원금 신청 절차를 알고 싶습니다",
)


class _Keys:
    """Fixed keys: speed does not depend on them."""

    def token_key(self, kind: str) -> tuple[bytes, int]:
        return kind.encode().ljust(32, b"k")[:32], 1

    def shift_key(self) -> bytes:
        return b"s" * 32

    def text_key(self) -> tuple[bytes, int]:
        return b"t" * 32, 1


def mixed_table(rows: int, seed: int = 1) -> pa.Table:
    """A table of 20 columns as agencies have them: identifiers, dates, amounts, codes, and one short text."""
    r = random.Random(seed)
    makers: dict[str, Callable[[int], str]] = {
        "접수번호": lambda i: f"2024-{i:08}",
        "성명": lambda _: r.choice(_SURNAMES) + r.choice(_GIVEN),
        "주민등록번호": lambda _: (
            f"{r.randrange(40, 99)}{r.randrange(1, 13):02}{r.randrange(1, 29):02}-{r.randrange(1, 3)}{r.randrange(10**6):06}"
        ),
        "생년월일": lambda _: f"{r.randrange(1940, 2005)}-{r.randrange(1, 13):02}-{r.randrange(1, 29):02}",
        "성별": lambda _: r.choice("남여"),
        "연락처": lambda _: f"010-{r.randrange(1000, 9999)}-{r.randrange(10**4):04}",
        "이메일": lambda _: f"u{r.randrange(10**6)}@korea.kr",
        "주소": lambda _: (
            f"{r.choice(_CITIES)} 중앙로 {r.randrange(1, 500)}, {r.randrange(101, 120)}동 {r.randrange(101, 1500)}호"
        ),
        "시군구": lambda _: r.choice(_CITIES),
        "접수일시": lambda _: (
            f"2024-{r.randrange(1, 13):02}-{r.randrange(1, 29):02} {r.randrange(24):02}:{r.randrange(60):02}"
        ),
        "처리일": lambda _: f"2024.{r.randrange(1, 13)}.{r.randrange(1, 29)}",
        "금액": lambda _: f"{r.randrange(1, 90_000) * 100:,}",
        "건수": lambda _: str(r.randrange(200)),
        "농도": lambda _: f"{r.uniform(0, 90):.2f}",
        "나이": lambda _: str(r.randrange(18, 95)),
        "상태": lambda _: r.choice(("접수", "처리중", "완료", "반려")),
        "등급": lambda _: r.choice("12345"),
        "동의여부": lambda _: r.choice("YN"),
        "차량번호": lambda _: f"{r.randrange(10, 999)}{r.choice('가나다라마바사')}{r.randrange(1000, 9999)}",
        "비고": lambda i: f"{r.choice(_TEXTS)} {i % 5000}",
    }
    return pa.table({name: pa.array([make(i) for i in range(rows)]) for name, make in makers.items()})


_TRANSFORMS: dict[str, Transform] = {
    "접수번호": Tokenise("record"), "성명": Drop(), "주민등록번호": Tokenise("person-rrn", "digits"), "생년월일": TruncateDate("year", 10),
    "연락처": Tokenise("phone", "digits"), "이메일": Drop(), "주소": Region("sigungu"), "시군구": Region("sido"), "접수일시": TruncateDate("year"),
    "처리일": TruncateDate("month"), "금액": Round(100_000), "농도": Round(1), "나이": Band(10, top=80), "차량번호": Tokenise("vehicle", "name"),
    "비고": Mask(),
}  # fmt: skip


def typed(table: pa.Table) -> pa.Table:
    """The table as the zone holds it after typing, so that its transforms fit."""
    import pyarrow.compute as pc

    changed = {
        "생년월일": pc.strptime(table["생년월일"], format="%Y-%m-%d", unit="s").cast(pa.date32()),
        "접수일시": pc.strptime(table["접수일시"], format="%Y-%m-%d %H:%M", unit="us"),
        "처리일": pc.strptime(table["처리일"], format="%Y.%m.%d", unit="s").cast(pa.date32()),
        "금액": pc.replace_substring(table["금액"], ",", "").cast(pa.int64()),
        "농도": table["농도"].cast(pa.float64()),
        "나이": table["나이"].cast(pa.int64()),
    }
    for name, column in changed.items():
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return table


def _best(work: Callable[[], object], times: int = 3) -> float:
    found = []
    for _ in range(times):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


def _peer(table: pa.Table) -> float:
    """Cells a second of Presidio's batch engine over columns, which is what presidio-structured does with a table."""
    patterns = [recognizer for recognizer in recognizers_for("ko") if getattr(recognizer, "patterns", None)]
    engine = AnalyzerEngine(
        registry=RecognizerRegistry(recognizers=patterns, supported_languages=["ko"]),
        nlp_engine=NoOpNlpEngine(models=[{"lang_code": "ko", "model_name": "none"}]),
        supported_languages=["ko"],
    )
    batch, some = BatchAnalyzerEngine(analyzer_engine=engine), table.slice(0, PEER_ROWS)
    columns = [some[name].to_pylist() for name in some.schema.names]
    return some.num_rows * some.num_columns / _best(lambda: [batch.analyze_iterator(c, "ko") for c in columns], 2)


def rows(number: int = 50_000) -> list[tuple[str, ...]]:
    """Rows for the table of peers: what, peer, ours, the peer's, ratio.

    Args:
        number: rows of the table, which has 20 columns.
    """
    warnings.filterwarnings("ignore", module="presidio_analyzer")
    threads = pa.cpu_count()
    pa.set_cpu_count(1)  # what is measured is processor time, on one core
    try:
        table = mixed_table(number)
        values, cells = typed(table), number * table.num_columns
        plan = Plan(tuple(ColumnPlan(name, _TRANSFORMS.get(name, Keep())) for name in values.schema.names))
        profiling = _best(lambda: propose(profile_table(table)))
        applying = _best(lambda: apply(plan, values, keys=_Keys()))
        peer = _peer(table)
    finally:
        pa.set_cpu_count(threads)
    measured = (
        ("table, profiled and proposed", profiling),
        ("table, plan applied", applying),
        ("table, profiled and applied", profiling + applying),
    )
    found = []
    for name, seconds in measured:
        rate = cells / seconds
        ratio = f"{rate / peer:,.0f} x"
        found.append((name, "Presidio's batch over columns", f"{rate:,.0f} cells/s", f"{peer:,.0f} cells/s", ratio))
    return found


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description="Prints how fast tables are profiled and de-identified.")
    parser.add_argument("--rows", type=int, default=50_000)
    for row in rows(parser.parse_args().rows):
        print(" · ".join(row))


if __name__ == "__main__":
    main()
