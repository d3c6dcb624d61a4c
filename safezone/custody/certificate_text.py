"""A destruction certificate for people to read: Markdown, in Korean and in English, made from the signed statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

_KINDS = {
    "two-people": ("Two people of the zone agreed.", "담당자 두 명의 합의에 따른 파기"),
    "retention": (
        "The retention period of the dataset policy is over.",
        "데이터셋 정책의 보유 기간 만료에 따른 파기",
    ),
    "project-end": ("The project has ended.", "과제 종료에 따른 파기"),
    "replay": ("Destroyed again after a restore.", "복원 후 다시 파기"),
}
_PARTS = {"asked": ("Asked", "요청"), "agreed": ("Agreed", "동의")}


def readable(statement: dict[str, Any]) -> str:
    """The certificate as Markdown: first Korean, then English; the signed file beside it is what counts.

    Args:
        statement: what `safezone.custody.certificate` signed.
    """
    return _in(statement, 1) + "\n\n---\n\n" + _in(statement, 0) + "\n"


def _in(statement: dict[str, Any], ko: int) -> str:
    def t(en: str, korean: str) -> str:
        return korean if ko else en

    authority, gone, copies = statement["authority"], statement["unreadable"], statement["copies"]
    language = "ko" if ko else "en"
    lines = [
        t("# Certificate of destruction", "# 파기 확인서"),
        "",
        *_bullets(
            [
                (t("Certificate", "확인서 번호"), statement["id"]),
                (t("Zone", "안심구역"), statement["zone"]),
                (t("Issued", "발급"), statement["issued"]),
                (t("Grounds", "파기 근거"), _KINDS[authority["kind"]][ko]),
                (t("Reference", "관련 번호"), authority["reference"]),
                (t("Reason", "사유"), authority["reason"]),
                (t("Scope", "범위"), authority["scope"]),
                *((t("Legal basis", "법적 근거"), basis[language]) for basis in authority["basis"]),
                *((_PARTS[one["part"]][ko], _person(one, ko)) for one in authority["people"]),
                (t("Carried out by", "실행"), statement["carried_out_by"]),
            ]
        ),
        "",
        t("## Keys destroyed, with all their versions", "## 파기한 키(모든 판 포함)"),
        "",
        *_table(
            [t("Key", "키"), t("Versions", "판"), t("Time", "시각"), t("Place in the log", "로그 위치")],
            [
                (key["name"], ", ".join(map(str, key["versions"])) or "?", key["destroyed"], _place(key))
                for key in statement["keys"]
            ],
        ),
        "",
        t("## What can be read no more", "## 읽을 수 없게 된 내용"),
        "",
        t(
            f"{gone['parts']:,} parts and objects' contents, {gone['bytes']:,} bytes in all.",
            f"파트 {gone['parts']:,}개와 객체를 합하여 {gone['bytes']:,}바이트.",
        ),
        "",
        *_table(
            [
                t("Dataset", "데이터셋"),
                t("Stage", "단계"),
                t("Delivery", "수령"),
                t("Version", "버전"),
                t("Rows", "행"),
                t("Parts", "파트"),
                t("Bytes", "바이트"),
                t("Manifest", "매니페스트 해시"),
            ],
            [
                tuple(
                    version[name]
                    for name in ("dataset", "stage", "delivery", "version", "rows", "parts", "bytes", "manifest")
                )
                for version in gone["versions"]
            ]
            + [
                (each["dataset"], each["stage"], each["delivery"], "", "", each["objects"], each["bytes"], "")
                for each in gone["objects"]
            ],
        ),
        "",
        t("## Copies that may exist elsewhere", "## 다른 곳에 있을 수 있는 사본"),
        "",
        *_copies(copies, ko),
        "",
        t("## What cannot be proven", "## 증명할 수 없는 것"),
        "",
        *(f"- {caveat[language]}" for caveat in statement["caveats"]),
        "",
        t(
            f"The ledger of destroyed keys had {statement['ledger']['lines']} lines; the last has the digest "
            f"`{statement['ledger']['head']}`.",
            f"파기 원장은 {statement['ledger']['lines']}줄이며 마지막 줄의 해시는 "
            f"`{statement['ledger']['head']}`입니다.",
        ),
        t(
            "This text is for reading. Verify the signed file: `safezone keys certificate --verify FILE`.",
            "이 글은 읽기용입니다. 서명된 파일로 확인하십시오: `safezone keys certificate --verify 파일`.",
        ),
    ]
    return "\n".join(lines)


def _copies(copies: dict[str, Any], ko: int) -> list[str]:
    def t(en: str, korean: str) -> str:
        return korean if ko else en

    found = [
        t(
            f"- Recovery copy of the keystore `{copy['id']}` of {copy['made']}: it holds the keys until it is renewed.",
            f"- 키 저장소 복구 사본 `{copy['id']}`({copy['made']}): 갱신하기 전까지 키를 담고 있습니다.",
        )
        for copy in copies["recovery"]
    ]
    found += [
        t(
            f"- Backup `{copy['id']}` of {copy['made']}: encrypted parts without keys; nothing in it opens.",
            f"- 백업 `{copy['id']}`({copy['made']}): 키 없는 암호화 파트이며 열리지 않습니다.",
        )
        for copy in copies["backups"]
    ]
    found += [
        t(
            f"- Release `{copy['id']}` of request `{copy['request']}`: under the recipient's own key"
            f"{', pulled' if copy['pulled'] else ''}{', ended' if copy['ended'] else ''}.",
            f"- 신청 `{copy['request']}`의 반출물 `{copy['id']}`: 수령자의 키로 암호화됨"
            f"{', 수령함' if copy['pulled'] else ''}{', 종료됨' if copy['ended'] else ''}.",
        )
        for copy in copies["releases"]
    ]
    return found or [t("- None that the zone knows of.", "- 안심구역이 아는 사본은 없습니다.")]


def _person(one: dict[str, str], ko: int) -> str:
    by = one.get("enrolled_by", "")
    enrolled = (f", enrolled by {by}", f", 계정 등록: {by}")[ko] if by else ""
    return f"{one['name']} ({one['account']}), {one['time']}{enrolled}"


def _place(key: dict[str, Any]) -> str:
    return str(key["seq"]) if key["seq"] is not None else str(key["event"])


def _bullets(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [f"- {name}: {_plain(value)}" for name, value in pairs if value]


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return lines + [f"| {' | '.join(_plain(f'{cell}') for cell in row)} |" for row in rows]


def _plain(text: str) -> str:
    """Words that people typed stay words: no Markdown, no HTML, no new line."""
    return " ".join(text.split()).translate({ord(each): f"\\{each}" for each in "\\|`*_<>[]#"})
