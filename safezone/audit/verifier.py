"""The offline verifier as one file, to be handed to an auditor together with a bundle."""

from __future__ import annotations

import tempfile
import zipapp
from importlib.resources import as_file, files
from pathlib import Path

from safezone.errors import BadInput

# `zipapp` can call a function by itself, but then loses what it returns: the exit code.
_MAIN = "import sys\n\nfrom safezone_verify.__main__ import main\n\nsys.exit(main())\n"


def write_verifier(path: Path) -> None:
    """Write `safezone_verify` as a file Python runs: it needs Python 3.11 and `cryptography`, nothing else.

    Raises:
        BadInput: the file cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory() as temporary, as_file(files("safezone_verify")) as package:
            (Path(temporary) / "__main__.py").write_text(_MAIN, "utf-8")
            target = Path(temporary) / "safezone_verify"
            target.mkdir()
            for module in sorted(package.glob("*.py")):
                (target / module.name).write_bytes(module.read_bytes())
            zipapp.create_archive(temporary, path, interpreter="/usr/bin/env python3", compressed=True)
    except OSError:
        raise BadInput(
            "audit.verifier",
            (f"The file {path} cannot be written.", f"{path} 파일을 쓸 수 없습니다."),
            ("Name a file in a folder you may write to.", "쓰기 가능한 폴더의 파일을 지정하세요."),
        ) from None
