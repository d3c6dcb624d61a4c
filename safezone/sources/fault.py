"""What can be wrong with a delivered file, as a code and a position: never a value, never a library's text."""

from __future__ import annotations

from collections.abc import Sequence

from safezone.errors import DeliveryError


class Fault(Exception):
    """A file cannot be read as its policy declares.

    Args:
        code: one of `SAYINGS`.
        position: byte or row at which it happened, when known.
        names: names of columns concerned (they come from the header or the policy, not from rows).
    """

    def __init__(self, code: str, position: int | None = None, names: Sequence[str] = ()) -> None:
        self.code, self.position, self.names = code, position, tuple(names)
        super().__init__(code)


_DECLARE = (
    "Compare the file with `source` in the dataset policy, and deliver again or correct the policy.",
    "파일을 데이터셋 정책의 `source`와 비교한 뒤, 다시 제출하거나 정책을 고치십시오.",
)
_AGAIN = (
    "Ask the agency for a new export of the file and deliver it again.",
    "기관에 파일을 다시 내보내 달라고 요청하여 다시 제출하십시오.",
)
_PLAIN = (
    "Deliver the file itself: unpacked, without a password or document protection.",
    "압축, 암호, 문서 보안(DRM)을 푼 파일 자체를 제출하십시오.",
)
_SMALLER = (
    "Split the file, or ask the zone's administrator about its limits.",
    "파일을 나누거나, 관리자에게 제한 값을 문의하십시오.",
)
_MANIFEST = (
    "Make the delivery again with `safezone deliver`, which writes delivery.json.",
    "delivery.json을 만들어 주는 `safezone deliver`로 다시 만드십시오.",
)

SAYINGS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "file.empty": (("The file holds no data.", "파일에 데이터가 없습니다."), _AGAIN),
    "file.encoding": (
        ("The text is not in the declared encoding.", "텍스트가 선언된 문자 인코딩이 아닙니다."),
        _DECLARE,
    ),
    "file.nul": (("The text holds NUL characters.", "텍스트에 NUL 문자가 있습니다."), _DECLARE),
    "file.compressed": (("The file is compressed.", "압축된 파일입니다."), _PLAIN),
    "file.protected": (
        ("The file is protected by a password or DRM.", "암호나 DRM으로 보호된 파일입니다."),
        _PLAIN,
    ),
    "file.kind": (
        ("The file is of another kind than the policy declares.", "파일의 종류가 정책의 선언과 다릅니다."),
        _DECLARE,
    ),
    "file.malformed": (("The file is damaged or malformed.", "파일이 손상되었거나 형식에 맞지 않습니다."), _AGAIN),
    "file.archive": (
        ("The workbook unpacks to far more than is allowed.", "통합 문서를 풀면 허용된 크기를 넘습니다."),
        _SMALLER,
    ),
    "file.too_large": (("The file is larger than allowed.", "파일이 허용된 크기보다 큽니다."), _SMALLER),
    "file.line_too_long": (("A row is longer than allowed.", "한 행이 허용된 길이를 넘습니다."), _DECLARE),
    "file.sheet": (("The declared worksheet is not in the workbook.", "선언된 시트가 없습니다."), _DECLARE),
    "file.records": (("There is no list at the declared path.", "선언된 경로에 목록이 없습니다."), _DECLARE),
    "file.memory": (
        ("Reading the file took more memory than allowed.", "파일을 읽는 데 허용된 메모리를 넘었습니다."),
        _SMALLER,
    ),
    "file.time": (("Reading the file took too long.", "파일을 읽는 시간이 제한을 넘었습니다."), _SMALLER),
    "file.reader_died": (
        ("The isolated reader ended without an answer.", "격리된 읽기 프로세스가 응답 없이 끝났습니다."),
        _AGAIN,
    ),
    "file.reader_answer": (
        ("The isolated reader gave a malformed answer.", "격리된 읽기 프로세스의 응답이 올바르지 않습니다."),
        _AGAIN,
    ),
    "header.missing": (("The header could not be found.", "머리글 행을 찾을 수 없습니다."), _DECLARE),
    "header.width": (
        ("The number of columns differs from the declared names.", "열의 수가 선언된 이름의 수와 다릅니다."),
        _DECLARE,
    ),
    "header.duplicate": (("Two columns have the same name.", "이름이 같은 열이 있습니다."), _DECLARE),
    "header.reserved": (("A column has a reserved name.", "예약된 이름의 열이 있습니다."), _DECLARE),
    "columns.missing": (("Declared columns are missing.", "선언된 열이 없습니다."), _DECLARE),
    "columns.unknown": (("There are columns the policy does not name.", "정책에 없는 열이 있습니다."), _DECLARE),
    "columns.nested": (("A column holds nested values.", "중첩된 값을 가진 열이 있습니다."), _DECLARE),
    "source.column": (
        ("`source` names a column the file does not have.", "`source`에 적힌 열이 파일에 없습니다."),
        _DECLARE,
    ),
    "delivery.manifest_missing": (("delivery.json is missing.", "delivery.json이 없습니다."), _MANIFEST),
    "delivery.manifest_invalid": (("delivery.json is not valid.", "delivery.json이 올바르지 않습니다."), _MANIFEST),
    "delivery.manifest_too_large": (("delivery.json is too large.", "delivery.json이 너무 큽니다."), _MANIFEST),
    "delivery.unlisted_file": (
        ("The folder holds files delivery.json does not list.", "delivery.json에 없는 파일이 폴더에 있습니다."),
        _MANIFEST,
    ),
    "delivery.file_missing": (("A listed file is missing.", "목록에 있는 파일이 없습니다."), _MANIFEST),
    "delivery.not_a_file": (
        ("A listed name is not a regular file (a link or a folder).", "일반 파일이 아닙니다(링크 또는 폴더)."),
        _MANIFEST,
    ),
    "delivery.size_mismatch": (
        ("A file's size is not what delivery.json says.", "파일 크기가 delivery.json과 다릅니다."),
        _AGAIN,
    ),
    "delivery.digest_mismatch": (
        ("A file's SHA-256 is not what delivery.json says.", "파일의 SHA-256이 delivery.json과 다릅니다."),
        _AGAIN,
    ),
    "delivery.rows_mismatch": (
        ("A file's row count is not what delivery.json says.", "파일의 행 수가 delivery.json과 다릅니다."),
        _AGAIN,
    ),
    "delivery.wrong_dataset": (
        ("The delivery is for another dataset or controller.", "다른 데이터셋 또는 기관의 제출물입니다."),
        _MANIFEST,
    ),
    "delivery.signature": (
        ("The delivery is not signed with the agency's key.", "제공기관의 키로 서명되지 않은 제출물입니다."),
        _MANIFEST,
    ),
    "delivery.supersedes": (
        (
            "The delivery it says it corrects is not one of this dataset.",
            "정정 대상이라고 적힌 제출물이 이 데이터셋에 없습니다.",
        ),
        _MANIFEST,
    ),
    "delivery.too_many_files": (("The delivery has too many files.", "파일 수가 제한을 넘습니다."), _MANIFEST),
    "delivery.bad_rows": (
        ("Too many rows cannot be read as the policy declares.", "정책대로 읽을 수 없는 행이 너무 많습니다."),
        _DECLARE,
    ),
    "delivery.recipient": (
        ("The age recipient is not a valid public key.", "age 공개키가 올바르지 않습니다."),
        _MANIFEST,
    ),
    "delivery.exists": (
        ("A delivery of that name is already there.", "같은 이름의 제출물이 이미 있습니다."),
        ("Choose another output folder.", "다른 출력 폴더를 고르십시오."),
    ),
}
"""What each code means and what can be done; every code of this package is here."""


def delivery_error(
    code: str, *, file: str | None = None, position: int | None = None, names: Sequence[str] = ()
) -> DeliveryError:
    """The error a person sees for `code`.

    Args:
        code: a key of `SAYINGS` (a code from a reader that is not one counts as a malformed answer).
        file: name of the file as delivery.json gives it.
        position: byte or row at which it happened.
        names: columns concerned.
    """
    if code not in SAYINGS:
        code = "file.reader_answer"
    (en, ko), next_step = SAYINGS[code]
    where_en, where_ko = [], []
    if file is not None:
        where_en.append(f"file {file}")
        where_ko.append(f"파일 {file}")
    if position is not None:
        where_en.append(f"at {position}")
        where_ko.append(f"위치 {position}")
    if names:
        listed = ", ".join(name[:80] for name in names[:20])
        where_en.append(f"columns: {listed}")
        where_ko.append(f"열: {listed}")
    if where_en:
        en, ko = f"{en[:-1]} ({'; '.join(where_en)}).", f"{ko[:-1]} ({'; '.join(where_ko)})."
    return DeliveryError(code, (en, ko), next_step)
