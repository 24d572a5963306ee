"""`make lock`: pin every package with its hashes, for every platform, from requirements/*.in.

The development lock is bound to the runtime lock, so that the tests run on the very versions that are served.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sys.prefix) / "bin" / "uv"
COMPILE = [UV, "pip", "compile", "--python-version", "3.11", "--universal", "--generate-hashes"]
PLAIN = ["--no-emit-index-url", "--no-header", "--quiet"]


def main(arguments: list[str]) -> int:
    os.chdir(ROOT)
    for wanted, lock, bounds in (
        ("requirements/runtime.in", "requirements.txt", []),
        ("requirements/development.in", "requirements/development.txt", ["--constraint", "requirements.txt"]),
    ):
        command = [*COMPILE, *PLAIN, *arguments, *bounds, "--output-file", lock, wanted]
        if code := subprocess.run(list(map(str, command)), check=False).returncode:
            return code
        print(f"Locked {lock}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
