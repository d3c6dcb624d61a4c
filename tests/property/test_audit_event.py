"""Details of events are written in the one canonical form, however they are encoded."""

from hypothesis import given
from hypothesis import strategies as st

from safezone.audit.event import AuditEvent, EventType, details_json
from safezone.errors import UsageError
from safezone.model import canonical


@given(st.dictionaries(st.text(min_size=1), st.text() | st.integers(-(2**60), 2**60) | st.booleans(), min_size=1))
def test_details_are_rfc_8785_or_refused(details: dict[str, str | int]) -> None:
    expected: str | None
    try:
        expected = canonical(details).decode()
    except ValueError:
        expected = None
    if any("\x00" in f"{name}{value}" for name, value in details.items()):
        expected = None
    written: str | None
    try:
        written = details_json(AuditEvent(EventType.VAULT_READ, "acc-1", "version/v-1", details=details))
    except UsageError:
        written = None
    assert written == expected
