"""The gate on coverage: at least 80% of every node kind's lines and 90% of the rest, taken together."""

import json
import sys
from pathlib import Path

NODE_KIND, REST = 80.0, 90.0


def main(report):
    """Print what is below its limit and return the number of such places."""
    files = json.loads(Path(report).read_text())["files"]
    kinds = {name: found for name, found in files.items() if "nodes/builtin/" in name}
    low = [
        f"{name}: {found['summary']['percent_covered']:.1f}%, at least {NODE_KIND}% wanted"
        for name, found in kinds.items()
        if found["summary"]["num_statements"] and found["summary"]["percent_covered"] < NODE_KIND
    ]
    rest = [found["summary"] for name, found in files.items() if name not in kinds]
    covered = sum(one["covered_lines"] for one in rest)
    percent = 100 * covered / max(sum(one["num_statements"] for one in rest), 1)
    if percent < REST:
        low.append(f"everything but node kinds: {percent:.1f}%, at least {REST}% wanted")
    print("\n".join(low) or f"coverage: {len(kinds)} node files fine, the rest {percent:.1f}%")
    return len(low)


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1]) else 0)
