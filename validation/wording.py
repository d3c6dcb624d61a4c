"""The words of the Data Docs, in Korean and English."""

from __future__ import annotations

from typing import Literal

Language = Literal["ko", "en"]

KINDS: dict[str, tuple[str, str]] = {
    "not_null": ("값이 비어 있지 않음", "Value is present"),
    "unique": ("값이 겹치지 않음", "Key is unique"),
    "in_set": ("허용된 값만 있음", "Value is in the allowed set"),
    "not_in_set": ("금지된 값이 없음", "Value is not in the forbidden set"),
    "between": ("값이 정해진 범위 안에 있음", "Value lies within its bounds"),
    "matches": ("값이 정해진 형식과 일치함", "Value matches its pattern"),
    "not_matches": ("값에 금지된 형식이 없음", "Value holds no forbidden pattern"),
    "length_between": ("글자 수가 정해진 범위 안에 있음", "Length lies within its bounds"),
    "column_pair_ordered": ("두 컬럼의 순서가 맞음", "The two columns are in order"),
    "row_count_between": ("행 수가 정해진 범위 안에 있음", "Number of rows lies within its bounds"),
    "sum_between": ("합계가 정해진 범위 안에 있음", "Total lies within its bounds"),
    "distinct_between": (
        "서로 다른 값의 수가 정해진 범위 안에 있음",
        "Number of distinct values lies within its bounds",
    ),
    "columns_in_order": ("약속한 컬럼이 순서대로 있음", "The agreed columns are there, in order"),
    "type_is": ("약속한 자료형임", "Column has the agreed type"),
    "column_absent": ("직접식별자 컬럼이 남아 있지 않음", "Direct identifier is gone"),
    "tokens": ("모든 값이 토큰임", "Every value is a token"),
    "no_personal_data": ("글에서 개인정보가 발견되지 않음", "No personal data found in text"),
    "k_anonymity": ("k-익명성을 만족함", "k-anonymity is reached"),
    "l_diversity": ("l-다양성을 만족함", "l-diversity is reached"),
    "rows_add_up": ("들어온 행과 나간 행의 수가 맞음", "Every row is accounted for"),
}

CODES: dict[str, tuple[str, str]] = {
    "column_missing": ("컬럼이 없어 확인하지 못함", "Could not be judged: the column is missing"),
    "wrong_type": ("자료형이 달라 확인하지 못함", "Could not be judged: the column has another type"),
    "detector_failed": ("탐지기가 실패하여 확인하지 못함", "Could not be judged: the detector failed"),
    "evaluation_failed": ("검사가 실패하여 확인하지 못함", "Could not be judged: the check failed"),
    "not_evaluated": ("검사하지 않음", "Was not judged"),
    "rows_not_covered": ("검사한 행 수가 전체와 다름", "The rows judged are not all the rows"),
    "out_of_memory": ("메모리 한도를 넘어 확인하지 못함", "Could not be judged within the memory limit"),
}

OBSERVED: dict[str, tuple[str, str]] = {
    "classes": ("동질집합", "classes"),
    "smallest": ("가장 작은 집합", "smallest class"),
    "fewest": ("가장 적은 값의 수", "fewest distinct values"),
    "rows_in": ("들어온 행", "rows in"),
    "rows_out": ("나간 행", "rows out"),
    "suppressed": ("제거한 행", "suppressed"),
    "dropped": ("제외한 행", "dropped"),
}

PAGE: dict[str, tuple[str, str]] = {
    "lead": ("데이터 품질·개인정보 검사 결과", "Data quality and privacy checks"),
    "note": (
        "이 문서에는 개수만 있고 데이터의 값은 없습니다.",
        "This document holds counts only, and no value from the data.",
    ),
    "ok": ("필수 기준을 모두 만족합니다", "Every critical expectation holds"),
    "bad": ("만족하지 못한 필수 기준이 있습니다", "Critical expectations do not hold"),
    "none": ("검사 결과가 없습니다", "There are no results"),
    "expectations": ("기준", "Expectations"),
    "passed": ("만족", "Held"),
    "critical": ("필수", "critical"),
    "warning": ("주의", "warning"),
    "failed_critical": ("필수 미달", "Critical failures"),
    "failed_warning": ("주의 미달", "Warnings"),
    "rows": ("행", "rows"),
    "suite": ("기준 모음", "Suite"),
    "status": ("결과", "Result"),
    "expectation": ("기준", "Expectation"),
    "severity": ("중요도", "Severity"),
    "judged": ("확인", "Judged"),
    "unmet": ("미달", "Not met"),
    "share": ("만족 비율", "Share met"),
    "wanted": ("필요", "needs"),
    "pass": ("만족", "Held"),
    "fail": ("미달", "Failed"),
    "digest": ("기준 요약값", "Suite digest"),
    "engine": ("검사 도구", "Judged by"),
    "other": ("English", "한국어"),
    "table": ("전체", "whole table"),
}


def words(texts: dict[str, tuple[str, str]], language: Language) -> dict[str, str]:
    """The texts in one language."""
    return {key: pair[0 if language == "ko" else 1] for key, pair in texts.items()}
