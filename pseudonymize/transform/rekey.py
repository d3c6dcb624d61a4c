"""Re-keying text at release: a project's tokens and surrogates in place of the zone's tokens and markers."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pseudonymize.surrogates.markers import SHAPE, ProjectTexts


def project_texts(values: pa.Array, texts: ProjectTexts) -> pa.Array:
    """Rewrite a column of redacted text, each different text once; null stays null.

    Args:
        values: strings as `pseudonymize.transform.text.redact` wrote them, dictionary-encoded or not.
        texts: writes for one project; it remembers what it made, so one may serve all batches of a release.
    """
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    encoded = array.cast(pa.string()).dictionary_encode()
    unique = encoded.dictionary
    written = pc.match_substring_regex(unique, SHAPE)
    rewritten = [texts.rewrite(text) for text in unique.filter(written).to_pylist()]
    return pc.replace_with_mask(unique, written, pa.array(rewritten, pa.string())).take(encoded.indices)
