"""What a peer says, printed as JSON; or, with --check FILE, compared with what is kept: the last line is then `N passed, N failed`."""

import json
import math
import sys

versions_of = {"nannyml", "evidently", "pandas", "numpy", "scipy", "scikit_learn", "lightgbm"}


def alike(one, other):
    """Numbers to nine digits: sums of another machine may be added in another order."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None or isinstance(one, str):
        return one == other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def parts_of(made):
    """Each case by its place and name, and whatever else stands beside the versions."""
    for key, part in made.items():
        if key in versions_of:
            continue
        if not isinstance(part, list):
            yield key, part
            continue
        for place, case in enumerate(part):
            name = case.get("name", "") if isinstance(case, dict) else ""
            yield f"{key} {place} {name}".strip(), case


def tell(made):
    if "--check" not in sys.argv:
        print(json.dumps(made, ensure_ascii=False))
        return
    with open(sys.argv[sys.argv.index("--check") + 1], encoding="utf-8") as file:
        kept = dict(parts_of(json.load(file)))
    own = dict(parts_of(json.loads(json.dumps(made))))
    names = [*own, *(name for name in kept if name not in own)]
    wrong = [name for name in names if name not in own or name not in kept or not alike(own[name], kept[name])]
    for name in wrong:
        print(f"FAIL {name}")
    print(f"{len(names) - len(wrong)} passed, {len(wrong)} failed")
    sys.exit(1 if wrong else 0)
