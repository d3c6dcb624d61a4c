"""Korean surnames, compiled by hand: the common ones and those rare ones that seldom begin an ordinary word."""

SINGLE = frozenset(
    "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구민류나진지엄채원천방공현함변염여추도소석선설마길연위표명기반"
    "라왕금옥육인맹제모탁국어은편용예봉경사부가복태목형피두감음빈동온시호범좌팽승간상갈단견당화창빙궉"
)
COMPOUND = ("남궁", "황보", "제갈", "사공", "선우", "서문", "독고", "동방", "망절", "어금", "장곡", "강전", "무본")


def starts_with_surname(word: str) -> bool:
    """Whether ``word`` begins like a Korean full name."""
    return word[:1] in SINGLE or word[:2] in COMPOUND
