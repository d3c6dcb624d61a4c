"""Parts are checked before and while they are read."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO, cast

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safezone.errors import IntegrityFailure
from safezone.model import PartRef
from safezone.vault.opening import SealedPart, footer_digest, opened, whole
from safezone.vault.parts import aad, parquet_writer

KEY, CONTEXT = bytes(range(32)), aad("ds", "v-1", "part-00000")


def written(rows: int = 20_000) -> bytes:
    table = pa.table({"a": list(range(rows)), "b": [f"text {number * 7919 % 10_007}" for number in range(rows)]})
    sink = io.BytesIO()
    with parquet_writer(sink, table.schema, KEY, CONTEXT) as writer:
        writer.write_table(table)
    return sink.getvalue()


DATA = written()


def sealed(data: bytes, **changed: str) -> SealedPart:
    ref = PartRef(
        "part-00000",
        "lake/x",
        hashlib.sha256(data).hexdigest(),
        20_000,
        len(data),
        footer_digest(io.BytesIO(data), "x"),
    )
    return SealedPart(replace(ref, **changed), KEY, CONTEXT)


def blob(data: bytes) -> Callable[[str], BinaryIO]:
    return lambda _uri: cast(BinaryIO, io.BytesIO(data))


def flipped(place: int) -> bytes:
    return DATA[:place] + bytes([DATA[place] ^ 1]) + DATA[place + 1 :]


def test_what_was_written_is_read() -> None:
    with opened([sealed(DATA), sealed(DATA)], blob(DATA)) as data:
        assert data.count_rows() == 40_000
    with opened([], blob(DATA)) as data:
        assert data.count_rows() == 0


@pytest.mark.parametrize("place", [0, 3, -1, -4, -5, -8, -9, -200])
def test_a_changed_footer_is_refused_before_anything_is_parsed(place: int) -> None:
    with (
        pytest.raises(IntegrityFailure, match="lake/x"),
        opened([sealed(DATA)], blob(flipped(place % len(DATA)))),
    ):
        pytest.fail("the block must not begin")


def test_a_change_in_a_column_nobody_reads_changes_nothing_that_is_read_and_is_found_by_looking_at_the_whole() -> (
    None
):
    changed = blob(flipped(40))  # in column a
    with opened([sealed(DATA)], changed) as data, opened([sealed(DATA)], blob(DATA)) as right:
        assert data.to_table(columns=["b"]) == right.to_table(columns=["b"])
    with pytest.raises(IntegrityFailure, match="lake/x"):
        whole(sealed(DATA).ref, changed)


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_no_changed_byte_ever_gives_another_row(place: int, mask: int) -> None:
    changed = DATA[:place] + bytes([DATA[place] ^ mask]) + DATA[place + 1 :]
    try:
        with opened([sealed(DATA)], blob(changed)) as data:
            table = data.to_table()
    except IntegrityFailure:
        return
    with opened([sealed(DATA)], blob(DATA)) as right:
        assert table == right.to_table()


def test_the_readers_own_error_is_not_what_a_person_sees() -> None:
    with pytest.raises(IntegrityFailure, match="lake/x"), opened([sealed(DATA)], blob(flipped(40))) as data:
        data.to_table(columns=["a"])


def test_an_error_of_the_block_goes_on_when_the_part_is_whole() -> None:
    with pytest.raises(LookupError), opened([sealed(DATA)], blob(DATA)):
        raise LookupError


def test_a_part_of_before_footers_were_recorded_is_checked_whole_first() -> None:
    with opened([sealed(DATA, footer="")], blob(DATA)) as data:
        assert data.count_rows() == 20_000
    with pytest.raises(IntegrityFailure), opened([sealed(DATA, footer="")], blob(flipped(40))):
        pytest.fail("the block must not begin")


@pytest.mark.parametrize(
    "data",
    [b"", b"PARE", b"PARE" * 3, b"PAR1" + DATA[4:], DATA[:-4] + b"PAR1", b"PARE" + b"\xff\xff\xff\xff" + b"PARE"],
)
def test_what_is_no_encrypted_parquet_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityFailure, match="lake/y"):
        footer_digest(io.BytesIO(data), "lake/y")


def test_an_old_manifest_keeps_its_digest() -> None:
    ref = PartRef("part-00000", "lake/x", "00", 1, 2)
    assert "footer" not in ref.to_json()
    assert replace(ref, footer="ab").to_json()["footer"] == "ab"
