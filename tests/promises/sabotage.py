"""Break each promise in a copy of the checkout, and see that its test turns red.

    uv run python tests/promises/sabotage.py [ID...]

The test must pass in the untouched copy first: a test that is red anyway shows nothing. Ends with
1 if any promise could be broken unnoticed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
COPIED = ("src", "tests", "docs", "verify", ".ci", "pyproject.toml", "promises.toml", "README.md")
MOST_SECONDS = 900


def run(checkout: Path, test: str) -> int:
    """Run one test with the copy's sources; return pytest's exit code."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
    environment = {**os.environ, "PYTHONPATH": str(checkout / "src")}
    done = subprocess.run(
        command,
        cwd=checkout,
        env=environment,
        capture_output=True,
        check=False,
        timeout=MOST_SECONDS,
    )
    return done.returncode


def verdict(checkout: Path, promise: dict[str, Any]) -> str:
    """Return "red" where the sabotage was noticed, else what happened instead."""
    change = promise["sabotage"]
    if not promise["test"] or not change["file"]:
        return "has no test yet"
    if run(checkout, promise["test"]) != 0:
        return "is red without sabotage"
    path = checkout / change["file"]
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(change["from"], change["to"]), encoding="utf-8")
    code = run(checkout, promise["test"])
    path.write_text(whole, encoding="utf-8")
    noticed = code == 1 or code < 0  # a failed test, or a crash in it
    return "red" if noticed else f"GREEN in spite of it (pytest ended with {code})"


def main(wanted: list[str]) -> int:
    """Try the promises that are wanted, or all; return the exit code."""
    promises = tomllib.loads((ROOT / "promises.toml").read_text(encoding="utf-8"))["promise"]
    unnoticed = 0
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "checkout"
        checkout.mkdir()
        for name in COPIED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, checkout / name)
        for promise in promises:
            if not wanted or promise["id"] in wanted:
                found = verdict(checkout, promise)
                unnoticed += found != "red"
                sys.stdout.write(f"{promise['id']}: {found}\n")
                sys.stdout.flush()
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
