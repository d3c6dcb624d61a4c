"""All templates, divided into a part that trains and a part that judges."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from pseudonymize.names.training.splits import Split, part
from pseudonymize.names.training.templates_documents import DOCUMENTS
from pseudonymize.names.training.templates_documents_more import DOCUMENTS_MORE
from pseudonymize.names.training.templates_forms import FORMS
from pseudonymize.names.training.templates_hard import HARD
from pseudonymize.names.training.templates_nobody import NOBODY
from pseudonymize.names.training.templates_nobody_citizens import NOBODY_CITIZENS
from pseudonymize.names.training.templates_nobody_offices import NOBODY_OFFICES
from pseudonymize.names.training.templates_official import OFFICIAL
from pseudonymize.names.training.templates_people import CHAT, COMPLAINTS, NEWS, ROWS
from pseudonymize.names.training.templates_running import RUNNING


class Templates(NamedTuple):
    """The templates of one part.

    Attributes:
        people: Groups of sentences with people, one group a register; the first two also fill documents.
        nobody: Sentences without people.
        documents: Documents.
    """

    people: tuple[tuple[str, ...], ...]
    nobody: tuple[str, ...]
    documents: tuple[str, ...]


@lru_cache(maxsize=2)
def templates(split: Split) -> Templates:
    """The templates of ``split``; none is in both."""
    groups = (OFFICIAL, COMPLAINTS, CHAT, NEWS, ROWS, FORMS, HARD, RUNNING)
    nobody = (*NOBODY, *NOBODY_CITIZENS, *NOBODY_OFFICES)
    return Templates(
        tuple(part(group, split) for group in groups),
        part(nobody, split),
        part((*DOCUMENTS, *DOCUMENTS_MORE), split),
    )
