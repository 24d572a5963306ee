"""`make check`: lint, form, types, import rules, templates, translations; then names what failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
BIN = Path(sys.prefix) / "bin"
CHECKS = {
    "lint": [BIN / "ruff", "check", "."],
    "form": [BIN / "ruff", "format", "--check", "."],
    "types": [BIN / "mypy"],
    "import rules": [BIN / "lint-imports"],
    "templates": [BIN / "djlint", "templates", "--lint", "--quiet"],
    "translations": [PYTHON, "tools/translations.py", "check"],
}


def main() -> int:
    os.chdir(ROOT)
    surroundings = os.environ | {"PYTHONPATH": str(ROOT)}
    failed = []
    for name, command in CHECKS.items():
        print(f"— {name}", flush=True)
        if subprocess.run(list(map(str, command)), env=surroundings, check=False).returncode:
            failed.append(name)
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
