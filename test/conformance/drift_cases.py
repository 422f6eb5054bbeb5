"""What the real Evidently makes of our own drift cases: writes packages/ml/test/parity/drift.json.

Usage: drift_cases.py [OUT]. Needs evidently==0.7.21 pandas==2.3.3 scipy==1.17.1 numpy==2.4.6. Each sample is a recipe that any language
can follow, so that no values are copied: a linear congruential generator x <- (1664525 x + 1013904223) mod 2^32, u = x / 2^32.
With --check OUT is compared with what is made, and the last line is `N passed, N failed`.
"""

import json
import math
import sys
import warnings

import numpy
import pandas
import scipy
import scipy.stats

warnings.filterwarnings("ignore")

import evidently  # noqa: E402
from evidently.legacy.calculations.stattests import get_stattest  # noqa: E402
from evidently.legacy.core import ColumnType  # noqa: E402

TYPES = {"num": ColumnType.Numerical, "cat": ColumnType.Categorical, "text": ColumnType.Text}
NUMBERS = ["ks", "wasserstein", "psi", "jensenshannon", "kl_div", "hellinger", "ed", "t_test", "mannw", "anderson", "cramer_von_mises", "es"]
CATEGORIES = ["chisquare", "psi", "jensenshannon", "kl_div", "hellinger"]
TWO = ["z", *CATEGORIES, "fisher_exact"]


def uniform(seed):
    x = seed
    while True:
        x = (1664525 * x + 1013904223) % 2**32
        yield x / 2**32


def normal(n, seed, mu=0.0, sd=1.0):
    u = uniform(seed)
    out = []
    for _ in range(n):
        total = 0.0
        for _ in range(12):
            total += next(u)
        out.append(mu + sd * (total - 6))
    return out


def integers(n, seed, k):
    u = uniform(seed)
    return [math.floor(next(u) * k) for _ in range(n)]


def labels(n, seed, names, bounds):
    u = uniform(seed)
    out = []
    for _ in range(n):
        at = next(u)
        out.append(next((name for name, bound in zip(names, bounds) if bound > at), names[-1]))
    return out


def sample(recipe):
    """The values of a recipe: parts one after the other."""
    out = []
    for part in recipe:
        kind, *args = part
        if kind == "normal":
            out += normal(*args)
        elif kind == "integers":
            out += integers(*args)
        elif kind == "skewed":
            out += [math.exp(value) for value in normal(*args)]
        elif kind == "rounded":
            out += [math.floor(value * 4) / 4 for value in normal(*args)]
        elif kind == "labels":
            out += labels(*args)
        elif kind == "repeat":
            out += [args[0]] * args[1]
        elif kind == "values":
            out += [math.nan if value is None else value for value in args]
        elif kind == "special":
            out += [{"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[name] for name in args]
        elif kind == "words":
            n, seed, length, words = args
            u = uniform(seed)
            out += [" ".join(words[math.floor(next(u) * len(words))] for _ in range(length)) for _ in range(n)]
    return out


def N(n, seed, mu=0.0, sd=1.0):
    return [["normal", n, seed, mu, sd]]


def I(n, seed, k):
    return [["integers", n, seed, k]]


def C(n, seed, names, *bounds):
    return [["labels", n, seed, list(names), list(bounds)]]


def case(name, kind, reference, current, methods):
    return {"name": name, "type": kind, "reference": reference, "current": current, "methods": methods}


FRUIT = "apple pear plum cherry grape lemon melon peach quince".split()
TOOLS = "hammer nail screw pliers wrench drill saw chisel file".split()
FIVE = ["ks", "wasserstein", "psi", "jensenshannon", "kl_div"]

CASES = [
    case("500 normal, nothing moved", "num", N(500, 1), N(500, 2), NUMBERS),
    case("500 normal, a quarter of a deviation", "num", N(500, 1), N(500, 2, 0.25, 1), NUMBERS),
    case("1000 and 800, small shift", "num", N(1000, 3), N(800, 4, 0.1, 1.1), NUMBERS),
    case("1001 and 800, beyond the small branch", "num", N(1001, 3), N(800, 4, 0.1, 1.1), NUMBERS),
    case("5000 and 3000, other mean and width", "num", N(5000, 5, 10, 2), N(3000, 6, 10.5, 2.5), NUMBERS),
    case("12000 and 9000, above exact", "num", N(12000, 21), N(9000, 22, 0.02, 1), NUMBERS),
    case("12000 and 30, few rows now", "num", N(12000, 23), N(30, 24, 0.3, 1), NUMBERS),
    case("40 and 60", "num", N(40, 25), N(60, 26, 0.4, 1), NUMBERS),
    case("7 and 9", "num", N(7, 27), N(9, 28, 1, 1), NUMBERS),
    case("15 and 12, exact ranks", "num", N(15, 29), N(12, 30, 0.5, 1), NUMBERS),
    case("one thousand against thirty", "num", N(1000, 31), N(30, 32), NUMBERS),
    case("skewed", "num", [["skewed", 900, 33, 0, 1]], [["skewed", 700, 34, 0.2, 1]], NUMBERS),
    case("skewed, many rows", "num", [["skewed", 3000, 35, 0, 1]], [["skewed", 3000, 36, 0.1, 1.2]], NUMBERS),
    case("ties of rounded values", "num", [["rounded", 600, 37, 0, 2]], [["rounded", 500, 38, 0.3, 2]], NUMBERS),
    case("ten values with ties", "num", [["values", 1, 2, 2, 3, 5, 8, 8, 8, 9, 10]], [["values", 1, 1, 2, 4, 4, 6, 7, 9, 12, 15]], NUMBERS),
    case("missing and infinite are left out", "num", [*N(300, 39), ["special", "nan", "inf", "-inf"]], [*N(200, 40, 0.2, 1), ["special", "nan"]], NUMBERS),
    case("1000 and 50 missing, still the small branch", "num", [*N(1000, 41), ["special", *["nan"] * 50]], N(500, 42), FIVE),
    case("a constant reference", "num", [["repeat", 3.0, 50]], [["repeat", 3.0, 40], ["repeat", 4.0, 10]], FIVE),
    case("a constant reference of many rows", "num", [["repeat", 3.0, 1500]], [["repeat", 3.0, 1400], ["repeat", 3.5, 100]], FIVE),
    case("constant on both sides", "num", [["repeat", 3.0, 50]], [["repeat", 3.0, 60]], ["ks", "wasserstein"]),
    case("wholly apart", "num", N(300, 43), N(300, 44, 100, 1), NUMBERS),
    case("zero or a number", "num", [["repeat", 0.0, 400], *N(300, 45, 5, 1)], [["repeat", 0.0, 300], *N(300, 46, 5, 1)], NUMBERS),
    case("five whole numbers", "num", I(1000, 7, 5), I(1000, 8, 5), FIVE),
    case("six whole numbers", "num", I(1000, 7, 6), I(1000, 8, 6), FIVE),
    case("two whole numbers", "num", I(1000, 7, 2), I(900, 8, 2), FIVE),
    case("five whole numbers, many rows", "num", I(2000, 7, 5), I(1500, 8, 5), FIVE),
    case("twenty whole numbers, by value", "num", I(2000, 7, 20), I(1500, 8, 20), [*FIVE, "hellinger"]),
    case("twenty-one whole numbers, by bins", "num", I(2000, 7, 21), I(1500, 8, 21), [*FIVE, "hellinger"]),
    case("a thousand whole numbers", "num", I(3000, 9, 1000), I(2500, 10, 1100), NUMBERS),
    case("four labels", "cat", C(300, 11, "abcd", 0.4, 0.7, 0.9, 1), C(200, 12, "abcd", 0.3, 0.6, 0.9, 1), CATEGORIES),
    case("two labels", "cat", C(300, 11, ["no", "yes"], 0.8, 1), C(300, 12, ["no", "yes"], 0.7, 1), [*TWO, "g_test"]),
    case("four labels, many rows", "cat", C(3000, 11, "abcd", 0.4, 0.7, 0.9, 1), C(2000, 12, "abcd", 0.3, 0.6, 0.9, 1), CATEGORIES),
    case("a new label", "cat", C(1500, 11, "abc", 0.5, 0.8, 1), C(1500, 12, "abcz", 0.45, 0.75, 0.97, 1), [*CATEGORIES, "g_test"]),
    case("a label that is gone", "cat", C(900, 13, "abcd", 0.5, 0.8, 0.97, 1), C(900, 14, "abc", 0.5, 0.8, 1), CATEGORIES),
    case("only new labels", "cat", C(400, 15, "ab", 0.5, 1), C(400, 16, "yz", 0.5, 1), CATEGORIES),
    case("thirty labels", "cat", [["integers", 800, 17, 30]], [["integers", 700, 18, 30]], CATEGORIES),
    case("rare labels in many rows", "cat", C(20000, 19, "abc", 0.9, 0.99995, 1), C(15000, 20, "abc", 0.9, 1, 1), CATEGORIES),
    case("two labels of equal counts", "cat", C(60, 47, ["x", "y"], 0.5, 1), C(60, 48, ["x", "y"], 0.6, 1), [*TWO, "g_test"]),
    case("one label on both sides", "cat", [["repeat", "a", 40]], [["repeat", "a", 50]], ["z"]),
    case("texts of the same words", "text", [["words", 300, 149, 8, FRUIT + TOOLS]], [["words", 300, 250, 8, FRUIT + TOOLS]], []),
    case("texts of other words", "text", [["words", 300, 51, 8, FRUIT]], [["words", 300, 52, 8, TOOLS]], ["abs_text_content_drift"]),
    case("many texts of the same words", "text", [["words", 1500, 53, 8, FRUIT + TOOLS]], [["words", 1500, 54, 8, FRUIT + TOOLS]], []),
    case("many texts, half of other words", "text", [["words", 1500, 55, 8, FRUIT]], [["words", 700, 56, 8, FRUIT], ["words", 700, 57, 8, TOOLS]], []),
]


def clean(values):
    """As get_one_column_drift cleans a column."""
    return pandas.Series(values).replace([-numpy.inf, numpy.inf], numpy.nan).dropna()


def score(name, kind, reference, current):
    test = get_stattest(clean(reference), clean(current), TYPES[kind], name)
    result = test(clean(reference), clean(current), TYPES[kind], None)
    return {
        "method": test.name,
        "score": float(result.drift_score),
        "threshold": float(result.actual_threshold),
        "drift": bool(result.drifted),
    }


def make():
    made = []
    for spec in CASES:
        reference, current = sample(spec["reference"]), sample(spec["current"])
        scores = []
        for method in spec["methods"]:
            # Allowed by the choice of Evidently, refused by name.
            try:
                scores.append(score(method, spec["type"], reference, current))
            except TypeError:
                # Its exact branch fails with this numpy; it is a copy of that of scipy.
                value = float(scipy.stats.cramervonmises_2samp(clean(reference), clean(current), method="exact").pvalue)
                scores.append({"method": method, "score": value, "threshold": 0.1, "drift": value <= 0.1, "source": "scipy"})
            except (ValueError, ZeroDivisionError) as error:
                scores.append({"method": method, "error": str(error).split("\n")[0][:80]})
        made.append({**{k: v for k, v in spec.items() if k != "methods"}, "default": score(None, spec["type"], reference, current), "scores": scores})
    versions = {m.__name__: m.__version__ for m in (evidently, scipy, numpy, pandas)}
    return {"versions": versions, "cases": made}


def alike(one, other):
    """Whether both are the same; numbers to 12 digits, since Evidently adds up shares of labels in the order of a set."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-15) or one != one and other != other
    return one == other


def main():
    args = [arg for arg in sys.argv[1:] if arg != "--check"]
    out = args[0] if args else "packages/ml/test/parity/drift.json"
    made = json.loads(json.dumps(make()))
    if "--check" in sys.argv:
        with open(out, encoding="utf-8") as file:
            kept = json.load(file)
        wrong = [own["name"] for own, other in zip(made["cases"], kept["cases"]) if not alike(own, other)]
        for name in wrong:
            print(f"FAIL {name}")
        print(f"{len(made['cases']) - len(wrong)} passed, {len(wrong)} failed")
        sys.exit(1 if wrong else 0)
    with open(out, "w", encoding="utf-8") as file:
        lines = ",\n".join(f"    {json.dumps(one)}" for one in made["cases"])
        file.write(f'{{\n  "versions": {json.dumps(made["versions"])},\n  "cases": [\n{lines}\n  ]\n}}\n')
    print(f"{len(made['cases'])} cases, {sum(1 + len(one['scores']) for one in made['cases'])} scores")


main()
