"""What this package says, in English and Korean, and its one exception."""

from __future__ import annotations

from typing import NamedTuple

_OPENSSL = "openssl ts -verify -data SIZE.txt -in SIZE.tsr -CAfile ROOTS.pem"
# fmt: off
_SAID = {
    "vkey": ("That is not a public key of a log or witness. Keys look like name+01234567+base64.",
             "로그나 증인의 공개키 형식이 아닙니다. 키는 이름+01234567+base64 형식입니다."),
    "note": ("A checkpoint of the log is malformed or its signature does not verify.",
             "감사 로그 체크포인트의 형식이 잘못되었거나 서명이 검증되지 않습니다."),
    "bundle": ("{} is missing, unreadable, or neither a proof nor part of a bundle.",
               "{}이(가) 없거나 읽을 수 없거나, 증명도 감사 묶음의 파일도 아닙니다."),
    "usage": ("--key takes keys of logs (a proof needs one), --witness those of witnesses, --checkpoint a file with one.",
              "--key에는 로그의 키(증명에는 필수), --witness에는 증인의 키, --checkpoint에는 체크포인트 파일을 지정하십시오."),
    "in": ("Entry {} is in the log.", "{}번 항목은 로그에 있습니다."),
    "not in": ("Entry {} is NOT in that log.", "{}번 항목은 그 로그에 없습니다."),
    "summary": ("  Log: {0.origin}\n  Entries: {0.size:,}, signed {0.proven:,}, witnessed {0.witnessed:,}, details deleted {0.details_deleted:,}\n",
                "  로그: {0.origin}\n  항목: {0.size:,}, 로그 서명 {0.proven:,}, 증인 확인 {0.witnessed:,}, 상세 내용 삭제 {0.details_deleted:,}\n"),
    "clean": ("WHOLE: nothing contradicts itself.", "온전함: 모순이 없습니다."),
    "whole": ("Whole: {0.size} entries, {0.proven} signed, {0.witnessed} witnessed; the last {1} are unproven.",
              "온전함: 전체 {0.size}건, 서명 {0.proven}건, 증인 확인 {0.witnessed}건. 마지막 {1}건은 아직 증명되지 않았습니다."),
    "tampered": ("TAMPERED: {0.count} problem(s), first at {1.en}", "변조됨: 문제 {0.count}건, 최초 위치 {1.ko}"),
    "problem": ("{0}: {1.en}{2}", "{0}: {1.ko}{2}"),
    "stretch": ("something in this stretch was changed or removed", "이 구간 어딘가가 변경되거나 삭제됨"),
    "more": ("  - and {:,} more", "  - 그 밖에 {:,}건"),
    "not proven": ("\nNot proven:", "\n증명하지 못한 것:"),
    "unnamed": ("The log's keys were taken from the bundle itself: who made it is not proven. Give --key.",
                "로그의 공개키를 묶음에서 가져왔으므로 누가 만들었는지는 증명되지 않았습니다. --key를 지정하십시오."),
    "unwitnessed": ("No witness vouches for any entry: who holds the log's key could write another history. Give --witness or --checkpoint.",
                    "증인이 확인한 항목이 없습니다. 로그의 키를 가진 자는 다른 이력을 만들 수 있습니다. --witness나 --checkpoint를 지정하십시오."),
    "in the way": ("What is said above stands in the way: nothing beyond the entries counted as signed or witnessed is proven.",
                   "위 문제 때문에, 로그 서명과 증인 확인으로 집계된 항목 밖은 아무것도 증명되지 않았습니다."),
    "tail": ("The last {0:,} entries are not witnessed, the last {1:,} not even signed: they agree with themselves, no more.",
             "마지막 {0:,}건은 증인이 확인하지 않았고, 마지막 {1:,}건은 서명도 없습니다. 스스로 모순되지 않을 뿐입니다."),
    "excerpt": ("An excerpt proves the entries it holds, not that none about the same thing was left out.",
                "발췌본은 담긴 항목만 증명하며, 같은 대상의 항목이 빠지지 않았음은 증명하지 않습니다."),
    "stamps": ("{} time stamp(s) were not checked. For each, in the folder times: " + _OPENSSL,
               "타임스탬프 {}건은 확인하지 않았습니다. times 폴더에서 각각 다음을 실행하십시오: " + _OPENSSL),
}
# fmt: on


class Text(NamedTuple):
    """A sentence in both languages."""

    en: str
    ko: str

    def say(self, language: str = "ko") -> str:
        """Return the sentence in `language` ("ko" or "en")."""
        return self.ko if language == "ko" else self.en


def said(name: str, *values: object) -> Text:
    """A sentence of the table, with what it speaks of put in."""
    en, ko = _SAID[name]
    return Text(en.format(*values), ko.format(*values))


class Malformed(Exception):
    """What was handed in is not what it should be.

    Args:
        code: a stable name of what is wrong: ``vkey``, ``note``, ``bundle`` or ``usage``.
        name: the file it is about, for a ``bundle``.
    """

    def __init__(self, code: str, name: str = "") -> None:
        self.code, self.what = code, said(code, name)
        super().__init__(f"[{code}] {self.what.en}")
