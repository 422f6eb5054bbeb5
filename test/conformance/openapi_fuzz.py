"""Runs schemathesis against the server's own OpenAPI document: no generated request may be answered with a 5xx.

Prints the report and, as the last line, `N passed, N failed`, where each failed operation counts.
"""

import argparse
import re
import subprocess
import sys
import tempfile


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--examples", type=int, default=20, help="requests generated for each operation and phase")
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    options = parser.parse_args()
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{options.url}/openapi.json", "--checks", "not_a_server_error",
        "--max-examples", str(options.examples), "--phases", options.phases, "--seed", "1", "--request-timeout", "60", "--exclude-path", "/api/v1/events",
        # A stream as well: it has no end to wait for.
        "--exclude-path", "/api/v1/runs/live",
        # The first user would end what this may do, and what other checks of the same server may.
        "--exclude-path", "/api/v1/users",
        # They train, and wait for it.
        "--exclude-path", "/generate", "--exclude-path", "/retrain", "--exclude-path", "/retrain-debug",
    ]  # fmt: skip
    # It keeps a cache in its working folder.
    with tempfile.TemporaryDirectory() as folder:
        report = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=800, check=False)
    tested = re.search(r"Tested: (\d+)", report.stdout)
    failures = re.search(r"Server error: (\d+)", report.stdout)
    if tested is None or (report.returncode != 0 and failures is None):
        print(report.stdout[-4000:], report.stderr[-2000:])
        print("0 passed, 1 failed")
        raise SystemExit(1)
    failed = int(failures.group(1)) if failures else 0
    if failed:
        print(report.stdout[-6000:])
    print(f"{max(int(tested.group(1)) - failed, 0)} passed, {failed} failed")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
