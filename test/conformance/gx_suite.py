"""Compares `fabrique data validate` with the real Great Expectations on pandas.

Cases are made from a table of expectations, of arguments and of data, with a fixed seed. Success and every member of the result are
compared. A difference on purpose has a note, which docs/expectations.md explains; a difference without one fails, and so does a note
that nothing differs for any more. What Great Expectations lost is compared with the formulas it had, on scipy. The last line is
`N passed, N failed`.
"""

import argparse
import json
import logging
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import warnings
from datetime import date, datetime, timedelta

os.environ["GX_ANALYTICS_ENABLED"] = "false"
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import great_expectations as gx  # noqa: E402
import great_expectations.expectations as gxe  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from scipy import stats  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
FORMATS = ["BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE"]

# ---------------------------------------------------------------------------------------------------------------- data


def main_table(rng):
    """Sixty rows with everything that goes wrong: missing values, duplicates, texts of many kinds."""
    rows = 60
    maybe = lambda value, share=0.15: None if rng.random() < share else value  # noqa: E731
    start = datetime(2024, 1, 1)
    whens = ["2024-01-05", "5 Jan 2024", "not a date", "2024-13-45", "01/02/2024 10:30", "12.5.2024", "Monday", "10h30", "2024-02-30", ""]
    jsons = ['{"a": 1}', "[1, 2]", "nope", '"x"', "{bad}", "3.5", "null", '{"a": "x"}', "[1,]", "NaN"]
    objects = ['{"a": 1}', '{"a": -1}', '{"b": 2}', '{"a": "x"}', '{"a": 1, "c": [1, 2]}', "[]", "3"]
    codes = ["AB12", "ab12", "A1", "élan", "x_y", "a\nb", "AB-9", "", "100%", "été 2024", "AA", "tEST"]
    a = [rng.randrange(0, 6) for _ in range(rows)]
    frame = {
        "id": list(range(rows)),
        "i": [rng.randrange(-5, 20) for _ in range(rows)],
        "x": [maybe(round(rng.gauss(10, 3), 3)) for _ in range(rows)],
        "y": [maybe(round(rng.gauss(10, 3), 1), 0.1) for _ in range(rows)],
        "tied": [maybe(rng.choice(["red", "blue", "green"]), 0.2) for _ in range(rows)],
        "code": [maybe(rng.choice(codes)) for _ in range(rows)],
        "flag": [rng.random() < 0.5 for _ in range(rows)],
        "ts": [start + timedelta(days=rng.randrange(0, 30), hours=rng.randrange(0, 24)) for _ in range(rows)],
        "day": [date(2024, 1, 1) + timedelta(days=rng.randrange(0, 30)) for _ in range(rows)],
        "when": [maybe(rng.choice(whens)) for _ in range(rows)],
        "json": [maybe(rng.choice(jsons)) for _ in range(rows)],
        "object": [maybe(rng.choice(objects)) for _ in range(rows)],
        "up": sorted(rng.randrange(0, 50) for _ in range(rows)),
        "a": a,
        "b": [value if rng.random() < 0.7 else rng.randrange(0, 6) for value in a],
        "c": [maybe(float(rng.randrange(0, 4)), 0.3) for _ in range(rows)],
        "e": [maybe(float(rng.randrange(0, 4)), 0.3) for _ in range(rows)],
        "t1": [maybe(rng.choice(["p", "q"]), 0.3) for _ in range(rows)],
        "t2": [maybe(rng.choice(["p", "q"]), 0.3) for _ in range(rows)],
        "odd name": [rng.randrange(0, 3) for _ in range(rows)],
    }
    return typed(frame)


def typed(frame):
    table = pd.DataFrame(frame)
    for name in ["x", "y", "c", "e"]:
        table[name] = table[name].astype("float64")
    for name in ["tied", "code", "when", "json", "object", "t1", "t2"]:
        table[name] = table[name].astype("str")
    table["ts"] = table["ts"].astype("datetime64[us]")
    return table


def all_missing(table):
    table = table.head(5).copy()
    for name in ["x", "y", "c", "e", "tied", "code", "when", "json", "object", "t1", "t2", "ts"]:
        table[name] = pd.Series([None] * 5, dtype=table[name].dtype)
    return table


def make_tables():
    rng = random.Random(20261121)
    main = main_table(rng)
    edge = typed({**{name: list(main[name].iloc[:10]) for name in main.columns}})
    # Ten values of which exactly one, two or three break what is expected, for `mostly` at its edge.
    edge["i"] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 99]
    edge["tied"] = pd.Series(["red"] * 7 + ["blue"] * 3).astype("str")
    edge["x"] = [1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, None, None, None]
    edge["up"] = [1, 2, 2, 3, 4, 5, 6, 7, 8, 7]
    return {
        "main": main,
        "second": main_table(rng),
        "edge": edge,
        "empty": main.head(0),
        "missing": all_missing(main),
        "one": main.head(1),
    }


# --------------------------------------------------------------------------------------------------------------- cases

PANDAS = {"condition_parser": "pandas"}
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 0}}, "required": ["a"]}
BINS = {"bins": [0, 5, 10, 15, 20], "weights": [0.1, 0.4, 0.4, 0.1]}


def expectations():
    """(type, arguments, tables or None for all). Several for each type."""
    list_ = []

    def add(type_, *kwargs, tables=None):
        list_.extend((type_, one, tables) for one in kwargs)

    col = lambda name, **rest: {"column": name, **rest}  # noqa: E731
    add("expect_column_to_exist", col("id"), col("nope"), col("i", column_index=1), col("i", column_index=2), col("id", column_index=99))
    add("expect_table_column_count_to_equal", {"value": 20}, {"value": 3})
    add("expect_table_column_count_to_be_between", {"min_value": 1, "max_value": 20}, {"min_value": 21}, {"max_value": 5}, {}, {"min_value": 20})
    add("expect_table_row_count_to_equal", {"value": 60}, {"value": 0}, {"value": 10}, {"value": 7}, {"value": 5, "row_condition": "i > 3", **PANDAS})
    add("expect_table_row_count_to_be_between", {"min_value": 1}, {"max_value": 60}, {"min_value": 0, "max_value": 0}, {"min_value": 60, "strict_min": True}, {})
    add("expect_table_columns_to_match_ordered_list", {"column_list": ["id", "i"]}, {"column_list": list(TABLES["main"].columns)}, {"column_list": ["i", "id"] + list(TABLES["main"].columns)[2:]})
    add("expect_table_columns_to_match_set", {"column_set": ["id"], "exact_match": False}, {"column_set": ["id"]}, {"column_set": list(TABLES["main"].columns)[::-1]}, {"column_set": ["id", "nope"], "exact_match": False})
    for name in ["x", "tied", "id", "ts"]:
        add("expect_column_values_to_not_be_null", col(name), col(name, mostly=0.5), col(name, mostly=0.9))
        add("expect_column_values_to_be_null", col(name), col(name, mostly=0.1))
    add("expect_column_values_to_not_be_null", col("x", mostly=0.7), col("x", mostly=0.71), col("x", row_condition="i > 5", **PANDAS), tables=["edge", "main"])
    for name in ["id", "i", "x", "tied", "ts", "code", "day", "flag"]:
        add("expect_column_values_to_be_unique", col(name), col(name, mostly=0.3))
    add("expect_column_values_to_be_unique", col("x", mostly=0.7), col("x", mostly=5 / 7), col("x", mostly=0.72), tables=["edge"])
    for set_ in (["red", "blue"], ["red", "blue", "green"], [], ["red", 3, None]):
        add("expect_column_values_to_be_in_set", col("tied", value_set=set_), col("tied", value_set=set_, mostly=0.6))
        add("expect_column_values_to_not_be_in_set", col("tied", value_set=set_), col("tied", value_set=set_, mostly=0.6))
    add("expect_column_values_to_be_in_set", col("tied", value_set=["red"], mostly=0.7), col("tied", value_set=["red"], mostly=0.71), tables=["edge"])
    add("expect_column_values_to_be_in_set", col("i", value_set=[1, 2, 3.0, 19]), col("i", value_set=["1", "2"]), col("flag", value_set=[True]), col("x", value_set=[1, 2]), col("i", value_set=list(range(-5, 20))))
    add("expect_column_values_to_not_be_in_set", col("i", value_set=[1, 2]), col("ts", value_set=["2024-01-03T00:00:00"]), col("flag", value_set=[False]))
    for name in ["i", "x"]:
        add("expect_column_values_to_be_between", col(name, min_value=0, max_value=10), col(name, min_value=0), col(name, max_value=12, mostly=0.8), col(name, min_value=3, max_value=9, strict_min=True, strict_max=True), col(name, min_value=9, max_value=1), col(name), col(name, min_value=-100, max_value=100), col(name, max_value="a"))
    add("expect_column_values_to_be_between", col("i", min_value=1, max_value=9, mostly=0.9), col("i", min_value=1, max_value=9, mostly=0.91), col("x", min_value=1, max_value=6, strict_min=True, mostly=5 / 7), tables=["edge"])
    add("expect_column_values_to_be_between", col("ts", min_value="2024-01-05", max_value="2024-01-20"), col("ts", min_value="2024-01-05T10:00:00", strict_min=True), col("tied", min_value="blue", max_value="green"), col("tied", min_value="c"), col("code", max_value="b"), col("x", min_value=5, row_condition="i > 5 and tied == 'red'", **PANDAS))
    for kind in ["int", "int64", "float64", "str", "datetime64", "bool", "int32", "nonsense"]:
        for name in ["id", "x", "tied", "ts", "flag"]:
            add("expect_column_values_to_be_of_type", col(name, type_=kind), tables=["main", "empty"])
    for name in ["id", "x", "tied", "ts", "flag"]:
        add("expect_column_values_to_be_in_type_list", col(name, type_list=["int64", "float64"]), col(name, type_list=["str", "bool"]), tables=["main", "empty"])
        add("expect_column_type_to_be", col(name, type_="int64"), col(name, type_="str"), col(name, type_="float64"), col(name, type_="bool"), tables=["main", "empty"])
    for name in ["tied", "code", "i", "flag"]:
        add("expect_column_value_lengths_to_be_between", col(name, min_value=2, max_value=4), col(name, min_value=3), col(name, max_value=4, mostly=0.7), col(name, min_value=1, max_value=4, strict_min=True, strict_max=True), col(name))
        add("expect_column_value_lengths_to_equal", col(name, value=4), col(name, value=3, mostly=0.2), col(name, value=2))
    regexes = [r"^[A-Z]{2}\d+$", r"\w+", r"^\w+$", r"(?i)^t", r"a.b", r"(?s)a.b", r"^(?!A)", r"(.)\1", r"\bé", r"\d{2,}$", r"[^a-z]", r"^$", r"b$", r"(?m)^b", r"\s", r"x_y|AA", r"[\w-]+\d", r"é{1,2}t", "(", r"^.{2,4}$", r"(?P<first>[A-Z])\d", r"\S+$", r"%"]
    for regex in regexes:
        add("expect_column_values_to_match_regex", col("code", regex=regex), tables=["main", "second", "missing"])
        add("expect_column_values_to_not_match_regex", col("code", regex=regex, mostly=0.6), tables=["main", "empty"])
    add("expect_column_values_to_match_regex", col("i", regex=r"^\d$"), col("x", regex=r"\.\d{3}$"), col("flag", regex="True"), col("code"))
    for list_of in ([r"^A", r"^e"], [r"\d", r"[A-Z]"], [r"(?<=A)B", "x"]):
        add("expect_column_values_to_match_regex_list", col("code", regex_list=list_of), col("code", regex_list=list_of, match_on="all", mostly=0.2))
        add("expect_column_values_to_not_match_regex_list", col("code", regex_list=list_of), col("code", regex_list=list_of, mostly=0.4))
    for form in ["%Y-%m-%d", "%d %b %Y", "%m/%d/%Y %H:%M", "%A", "%d.%m.%Y", "%Hh%M"]:
        add("expect_column_values_to_match_strftime_format", col("when", strftime_format=form), col("when", strftime_format=form, mostly=0.1))
    add("expect_column_values_to_match_strftime_format", col("i", strftime_format="%Y"))
    add("expect_column_values_to_be_dateutil_parseable", col("when"), col("when", mostly=0.5), col("i"), col("tied"), col("when", row_condition="i > 8", **PANDAS))
    add("expect_column_values_to_be_json_parseable", col("json"), col("json", mostly=0.4), col("object"), col("tied"), col("i"))
    add("expect_column_values_to_match_json_schema", col("object", json_schema=SCHEMA), col("object", json_schema=SCHEMA, mostly=0.2), col("object", json_schema={"type": "object"}), col("json", json_schema=SCHEMA), col("object", json_schema={"anyOf": [{"type": "array"}, {"required": ["c"]}]}))
    for name in ["up", "id", "i", "x", "ts"]:
        for type_ in ["expect_column_values_to_be_increasing", "expect_column_values_to_be_decreasing"]:
            add(type_, col(name), col(name, strictly=True), col(name, mostly=0.5))
    add("expect_column_values_to_be_increasing", col("up", mostly=0.9), col("up", mostly=0.91), col("tied"), tables=["edge"])
    for name in ["x", "i"]:
        add("expect_column_value_z_scores_to_be_less_than", col(name, threshold=1, double_sided=True), col(name, threshold=1.5, double_sided=False), col(name, threshold=3, double_sided=True, mostly=0.9), col(name, threshold=-1, double_sided=False))
        add("expect_column_values_to_not_be_outliers", col(name), col(name, method="std", multiplier=1), col(name, multiplier=0.5, mostly=0.7), col(name, method="std", multiplier=0))
    add("expect_column_value_z_scores_to_be_less_than", col("tied", threshold=1, double_sided=True))
    for what, low, high in [("min", -10, 5), ("max", 5, 25), ("mean", 5, 11), ("median", 5, 11), ("sum", 0, 700), ("stdev", 0.5, 5)]:
        type_ = f"expect_column_{what}_to_be_between"
        for name in ["i", "x"]:
            add(type_, col(name, min_value=low, max_value=high), col(name, min_value=low), col(name, max_value=low), col(name, min_value=low, strict_min=True, row_condition="id > 10", **PANDAS), col(name))
    add("expect_column_min_to_be_between", col("i", min_value=1, max_value=1), col("i", min_value=1, strict_min=True), col("ts", min_value="2024-01-01", max_value="2024-01-03"), col("tied", min_value="a", max_value="c"), tables=["edge", "main", "missing"])
    add("expect_column_max_to_be_between", col("i", max_value=99, strict_max=True), col("ts", min_value="2024-02-01"), col("ts"), tables=["edge", "main", "empty"])
    for name in ["i", "tied", "x"]:
        add("expect_column_unique_value_count_to_be_between", col(name, min_value=3, max_value=3), col(name, min_value=1), col(name, max_value=2, strict_max=True), col(name))
        add("expect_column_proportion_of_unique_values_to_be_between", col(name, min_value=0.1, max_value=0.5), col(name, max_value=0.9), col(name, min_value=1), col(name, min_value=0))
        add("expect_column_proportion_of_non_null_values_to_be_between", col(name, min_value=0.5), col(name, min_value=0.9, max_value=1), col(name, min_value=1), col(name, max_value=0.7, strict_max=True))
    for how in [False, "linear", "lower", "higher", "midpoint", "nearest"]:
        ranges = {"quantiles": [0, 0.05, 0.25, 0.5, 0.75, 1], "value_ranges": [[None, None], [-5, 8], [0, 9], [5, 12], [5, None], [None, 20]]}
        add("expect_column_quantile_values_to_be_between", col("x", quantile_ranges=ranges, allow_relative_error=how), col("i", quantile_ranges=ranges, allow_relative_error=how))
    add("expect_column_quantile_values_to_be_between", col("i", quantile_ranges={"quantiles": [0.5], "value_ranges": [[5.9997, 6]]}), col("i", quantile_ranges={"quantiles": [0.5], "value_ranges": [[5.0, 5.9996]]}), tables=["edge"])
    for set_ in (["red"], ["red", "blue", "green"], ["purple"]):
        add("expect_column_most_common_value_to_be_in_set", col("tied", value_set=set_), col("tied", value_set=set_, ties_okay=True))
    add("expect_column_most_common_value_to_be_in_set", col("a", value_set=[0, 1, 2]), col("id", value_set=[1]), col("id", value_set=[1], ties_okay=True), tables=["edge", "one", "main"])
    for set_ in (["red", "blue"], ["red", "blue", "green"], ["red", "blue", "green", "pink"], []):
        for type_ in ["be_in_set", "contain_set", "equal_set"]:
            add(f"expect_column_distinct_values_to_{type_}", col("tied", value_set=set_))
    for type_ in ["be_in_set", "contain_set", "equal_set"]:
        add(f"expect_column_distinct_values_to_{type_}", col("a", value_set=[0, 1, 2]), col("a", value_set=[0, 1, 2, 3, 4, 5]), col("id", value_set=[1]), col("a", value_set=[0, 1], row_condition="a < 2", **PANDAS))
    add("expect_column_kl_divergence_to_be_less_than", col("tied", partition_object={"values": ["red", "blue", "green"], "weights": [0.4, 0.3, 0.3]}, threshold=0.1), col("tied", partition_object={"values": ["red", "blue"], "weights": [0.5, 0.5]}, threshold=0.5, tail_weight_holdout=0.2), col("tied", partition_object={"values": ["red", "blue"], "weights": [0.5, 0.5]}, threshold=0.5), col("tied", partition_object={"values": ["red", "pink"], "weights": [0.5, 0.6]}, threshold=0.5), tables=["main", "second", "edge"])
    add("expect_column_kl_divergence_to_be_less_than", col("x", partition_object=BINS, threshold=0.2), col("x", partition_object=BINS, threshold=0.2, tail_weight_holdout=0.1), col("x", partition_object={**BINS, "weights": [0.1, 0.4, 0.5, 0.0]}, threshold=0.9, internal_weight_holdout=0.1, tail_weight_holdout=0.05), col("x", partition_object={"bins": [5, 10, 15], "weights": [0.4, 0.4], "tail_weights": [0.1, 0.1]}, threshold=0.3), col("x", partition_object={"bins": [5, 10], "weights": [1.0]}, threshold=0.3), tables=["main", "second"])
    for rule in ["both_values_are_missing", "either_value_is_missing", "neither"]:
        pair = lambda a, b, **rest: {"column_A": a, "column_B": b, "ignore_row_if": rule, **rest}  # noqa: E731
        for a, b in [("a", "b"), ("c", "e"), ("t1", "t2")]:
            add("expect_column_pair_values_to_be_equal", pair(a, b), pair(a, b, mostly=0.5))
        for a, b in [("a", "b"), ("c", "e"), ("x", "y")]:
            add("expect_column_pair_values_a_to_be_greater_than_b", pair(a, b), pair(a, b, or_equal=True, mostly=0.7))
        add("expect_column_pair_values_to_be_in_set", pair("t1", "t2", value_pairs_set=[["p", "q"], ["q", "q"]]), pair("t1", "t2", value_pairs_set=[["p", "p"], [None, "q"], [None, None]], mostly=0.3), pair("a", "b", value_pairs_set=[[n, n] for n in range(6)]))
    for rule in ["all_values_are_missing", "any_value_is_missing", "never"]:
        many = lambda *names, **rest: {"column_list": list(names), "ignore_row_if": rule, **rest}  # noqa: E731
        add("expect_compound_columns_to_be_unique", many("c", "e"), many("a", "b", "c"), many("id", "a"), many("t1", "t2", mostly=0.1))
        add("expect_select_column_values_to_be_unique_within_record", many("a", "b"), many("c", "e"), many("t1", "t2", mostly=0.5), many("c", "e", "y"))
        add("expect_multicolumn_sum_to_equal", many("a", "b", sum_total=4), many("c", "e", sum_total=3, mostly=0.1), many("c", "e", "y", sum_total=10.5))
        add("expect_multicolumn_values_to_be_equal", many("a", "b"), many("c", "e"), many("t1", "t2", mostly=0.3))
    conditions = ["i > 5", "tied == 'red' and i <= 10", "tied != 'red'", "x > 8 or y < 9", "not (x > 8)", "`odd name` in [1, 2]", "tied not in ['red']", "x.isnull()", "~(i > 3) & (a == b)", "0 < i < 9", "ts > '2024-01-10'", "flag == True", "a + b > 5", "tied.notnull() and i % 2 == 0"]
    for condition in conditions:
        add("expect_column_values_to_not_be_null", col("y", row_condition=condition, **PANDAS), tables=["main", "second", "empty"])
        add("expect_column_max_to_be_between", col("i", max_value=10, row_condition=condition, **PANDAS), tables=["main", "second"])
    add("expect_column_values_to_be_in_set", col("a", value_set=[0, 1], row_condition={"type": "and", "conditions": [{"type": "comparison", "column": {"name": "i"}, "operator": ">", "parameter": 3}, {"type": "nullity", "column": {"name": "tied"}, "is_null": False}]}), col("a", value_set=[0, 1], row_condition={"type": "comparison", "column": {"name": "tied"}, "operator": "IN", "parameter": ["red", "blue"]}), tables=["main", "second"])
    return list_


# ------------------------------------------------------------------------------------------------------ known differences


def note_of(type_, kwargs, table, peer, ours):
    """The note (of docs/expectations.md) under which a difference is on purpose; None where there is none."""
    for note, applies in NOTES.items():
        if applies(type_, kwargs, table, peer, ours):
            return note
    return None


def only(names):
    """True where nothing but these members differ."""
    return lambda peer, ours: {what for what, _, _ in differences(peer, ours)} <= set(names)


def has_none(value):
    if isinstance(value, list):
        return any(map(has_none, value))
    if isinstance(value, dict):
        return any(map(has_none, value.values()))
    return value is None


def dates_only(kwargs):
    return any(isinstance(kwargs.get(name), str) and len(kwargs[name]) == 10 for name in ["min_value", "max_value"])


def text_bounds(kwargs):
    return any(isinstance(kwargs.get(name), str) and not kwargs[name][:1].isdigit() for name in ["min_value", "max_value"])


MAP_COUNTS = ["partial_unexpected_counts"]
NOTES = {
    "missing-values-alike": lambda t, k, table, peer, ours: "result" in peer and only(MAP_COUNTS)(peer, ours) and has_none(ours["result"].get("partial_unexpected_list")),
    "day-as-bound": lambda t, k, table, peer, ours: t.endswith("_to_be_between") and dates_only(k) and peer.get("raised", True),
    "text-as-bound": lambda t, k, table, peer, ours: t in ("expect_column_values_to_be_between", "expect_column_min_to_be_between", "expect_column_max_to_be_between") and text_bounds(k) and "refused" in peer,
    "unknown-type-name": lambda t, k, table, peer, ours: k.get("type_") == "nonsense" and ours["raised"] and not peer["success"],
    "unreadable-regex": lambda t, k, table, peer, ours: k.get("regex") == "(" and ours["raised"] and not peer.get("raised"),
    "no-moment-at-all": lambda t, k, table, peer, ours: k == {"column": "ts"} and t == "expect_column_max_to_be_between" and ours["result"].get("observed_value") is None,
    "empty-set": lambda t, k, table, peer, ours: k.get("value_set") == [] and "refused" in peer,
    "text-in-type-list": lambda t, k, table, peer, ours: t == "expect_column_values_to_be_in_type_list" and "str" in k["type_list"] and k["column"] == "tied",
}

# ---------------------------------------------------------------------------------------------------------- both sides


def camel(type_):
    if type_ == "unexpected_rows_expectation":
        return gxe.UnexpectedRowsExpectation
    plain = type_.replace("_", "")
    return next(getattr(gxe.core, name) for name in dir(gxe.core) if name.lower() == plain)


def plain(value):
    """A value as JSON has it: what numpy and pandas return, and tuples, and moments."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return None if math.isnan(value) else float(value)
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value


def run_peer(frame, cases, result_format):
    """Results of Great Expectations by the number of the case."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("data").add_dataframe_asset("table")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    results = {}
    for number, (type_, kwargs) in cases:
        try:
            expectation = camel(type_)(**kwargs)
        except Exception as error:  # the arguments are refused
            results[number] = {"refused": str(error)[:200]}
            continue
        try:
            found = batch.validate(expectation, result_format=result_format)
        except Exception as error:  # some raise before they are caught
            results[number] = {"success": False, "raised": True, "message": str(error)[:200], "result": {}}
            continue
        raised = found.exception_info
        if "raised_exception" not in raised:
            raised = next(iter(raised.values()), {"raised_exception": False})
        results[number] = {
            "success": bool(found.success),
            "raised": bool(raised.get("raised_exception")),
            "message": str(raised.get("exception_message"))[:200],
            "result": plain(found.result),
        }
    return results


def run_ours(program, folder, name, cases, result_format):
    suite = folder / "suite.json"
    items = [{"type": type_, "kwargs": kwargs, "meta": {"number": number}} for number, (type_, kwargs) in cases]
    suite.write_text(json.dumps({"name": "suite", "expectations": items}))
    command = [*program, "data", "validate", str(folder / f"{name}.parquet"), "--suite", str(suite), "--result-format", result_format, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"exit status {done.returncode}: {done.stderr[:500]}")
    try:
        document = json.loads(done.stdout)
    except ValueError as error:
        raise RuntimeError(f"no JSON: {done.stderr[:1000]}") from error
    assert document["success"] == (done.returncode == 0), "the exit status says something else than the result"
    counts = document["statistics"]
    assert counts["evaluated_expectations"] == len(cases), counts
    return {
        item["expectation_config"]["meta"]["number"]: {
            "success": item["success"],
            "raised": item["exception_info"]["raised_exception"],
            "message": item["exception_info"]["exception_message"],
            "result": item["result"],
        }
        for item in document["results"]
    }


LEFT_OUT = {"unexpected_index_query", "unexpected_list_is_cut"}
ANY_ORDER = {"partial_missing_list", "partial_unexpected_counts", "observed_value"}


def alike(left, right, key=None):
    if isinstance(left, dict) and isinstance(right, dict):
        names = (set(left) | set(right)) - LEFT_OUT
        return all(alike(left.get(name, "absent"), right.get(name, "absent"), name) for name in names)
    if isinstance(left, list) and isinstance(right, list):
        if key in ANY_ORDER and len(left) == len(right) and not all(map(alike, left, right)):
            left, right = sorted(left, key=json.dumps), sorted(right, key=json.dumps)
        return len(left) == len(right) and all(map(alike, left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left == right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(left, str) and isinstance(right, str) and left != right:
        return moment(left) is not None and moment(left) == moment(right)
    return left == right


def moment(text):
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def differences(peer, ours):
    if "refused" in peer:
        return [] if ours["raised"] or not ours["success"] else [("refused", peer["refused"], ours)]
    found = []
    if peer["raised"] != ours["raised"]:
        found.append(("raised", peer["message"] if peer["raised"] else False, ours["message"] if ours["raised"] else False))
    if peer["success"] != ours["success"]:
        found.append(("success", peer["success"], ours["success"]))
    if not peer["raised"] and not ours["raised"] and not alike(peer["result"], ours["result"]):
        names = (set(peer["result"]) | set(ours["result"])) - LEFT_OUT
        for name in sorted(names):
            a, b = peer["result"].get(name, "absent"), ours["result"].get(name, "absent")
            if not alike(a, b, name):
                found.append((name, a, b))
    return found


# ------------------------------------------------------------------------------------------------------------- program

TABLES = make_tables()
DIFFERENCES = json.loads((pathlib.Path(__file__).parent / "gx_differences.json").read_text(encoding="utf-8"))


def check_lost(program):
    """What Great Expectations lost, by the formulas that it had, on scipy."""
    table = TABLES["main"]
    x, tied = table["x"].dropna(), table["tied"].dropna()
    weights = {"red": 0.4, "blue": 0.4, "green": 0.2}
    counts = tied.value_counts()
    chi = stats.chisquare([counts[name] for name in weights], [share * len(tied) for share in weights.values()])[1]
    cross = pd.crosstab(table["tied"], table["t1"])
    phi = math.sqrt(stats.chi2_contingency(cross)[0] / len(table) / (min(cross.shape) - 1))
    two = pd.crosstab(table["t1"], table["t2"])
    phi2 = math.sqrt(stats.chi2_contingency(two)[0] / len(table) / (min(two.shape) - 1))
    ks = "expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than"
    cases = [
        ("expect_column_chisquare_test_p_value_to_be_greater_than", {"column": "tied", "partition_object": {"values": list(weights), "weights": list(weights.values())}}, chi),
        ("expect_column_pair_cramers_phi_value_to_be_less_than", {"column_A": "tied", "column_B": "t1"}, phi),
        ("expect_column_pair_cramers_phi_value_to_be_less_than", {"column_A": "t1", "column_B": "t2"}, phi2),
        (ks, {"column": "x", "distribution": "norm", "params": {"mean": 10, "std_dev": 3}}, stats.kstest(x, "norm", (10, 3))[1]),
        (ks, {"column": "x", "distribution": "norm", "params": [9, 4]}, stats.kstest(x, "norm", (9, 4))[1]),
        (ks, {"column": "x", "distribution": "uniform", "params": {"min": 0, "max": 20}}, stats.kstest(x, "uniform", (0, 20))[1]),
        (ks, {"column": "x", "distribution": "gamma", "params": {"alpha": 10}}, stats.kstest(x, "gamma", (10, 0, 1))[1]),
        (ks, {"column": "x", "distribution": "beta", "params": {"alpha": 2, "beta": 3, "loc": 0, "scale": 25}}, stats.kstest(x, "beta", (2, 3, 0, 25))[1]),
        (ks, {"column": "x", "distribution": "chi2", "params": {"df": 10}}, stats.kstest(x, "chi2", (10, 0, 1))[1]),
        (ks, {"column": "x", "distribution": "expon", "params": {"scale": 8}}, stats.kstest(x, "expon", (0, 8))[1]),
    ]
    big = pd.DataFrame({"z": np.random.default_rng(7).normal(0, 1, 20_000)})
    large = [(ks, {"column": "z", "distribution": "norm", "params": {"mean": mean, "std_dev": 1}}, stats.kstest(big["z"], "norm", (mean, 1))[1]) for mean in (0, 0.005, 0.01)]
    with tempfile.TemporaryDirectory(prefix="fabrique-gx-") as place:
        folder = pathlib.Path(place)
        for name, frame, some in (("main", table, cases), ("big", big, large)):
            frame.to_parquet(folder / f"{name}.parquet")
            numbered = [(number, (type_, kwargs)) for number, (type_, kwargs, _) in enumerate(some)]
            found = run_ours(program, folder, name, numbered, "SUMMARY")
            for number, (type_, kwargs, expected) in enumerate(some):
                observed = found[number]["result"]["observed_value"]
                assert math.isclose(observed, expected, rel_tol=1e-6, abs_tol=1e-12), (type_, kwargs, observed, expected)
    return len(cases) + len(large)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--node", default="node")
    parser.add_argument("--program", default=str(ROOT / "packages/fabrique/bin/fabrique.mjs"))
    parser.add_argument("--only", help="only types that contain this text")
    parser.add_argument("--tables")
    parser.add_argument("--formats")
    parser.add_argument("--thorough", action="store_true", help="the first table in every format")
    options = parser.parse_args()
    program = [options.node, options.program]
    counts = {"passed": 0, "failed": 0}
    used, covered = set(), {}
    with tempfile.TemporaryDirectory(prefix="fabrique-gx-") as place:
        folder = pathlib.Path(place)
        all_cases = list(enumerate(expectations()))
        for name, table in TABLES.items():
            if options.tables and name not in options.tables.split(","):
                continue
            table.to_parquet(folder / f"{name}.parquet")
            frame = pd.read_parquet(folder / f"{name}.parquet")
            mine = [(number, (type_, kwargs)) for number, (type_, kwargs, tables) in all_cases if (tables is None or name in tables) and (not options.only or options.only in type_)]
            for result_format in FORMATS:
                if options.formats and result_format not in options.formats.split(","):
                    continue
                # Every case in one format on every table, each format on each type of expectation; on the first table in the one that
                # says most, or in all.
                is_first = name == "main" and (options.thorough or result_format == "COMPLETE")
                is_its_turn = lambda number: (number + list(TABLES).index(name)) % 4 == FORMATS.index(result_format)  # noqa: E731
                turn = [case for case in mine if is_first or (name != "main" and is_its_turn(case[0]))]
                if not turn:
                    continue
                peer = run_peer(frame, turn, result_format)
                ours = run_ours(program, folder, name, turn, result_format)
                for number, (type_, kwargs) in turn:
                    covered[type_] = covered.get(type_, 0) + 1
                    found = differences(peer[number], ours[number])
                    note = note_of(type_, kwargs, name, peer[number], ours[number]) if found else None
                    if note is not None:
                        used.add(note)
                    counts["failed" if found and note is None else "passed"] += 1
                    if found and note is None:
                        print(f"FAIL {name} {result_format} {type_} {json.dumps(kwargs)}")
                        for what, a, b in found[:4]:
                            print(f"     {what}: theirs {str(a)[:300]} | ours {str(b)[:300]}")
    if not (options.only or options.tables or options.formats):
        documented = {one["note"] for one in DIFFERENCES}
        for note in sorted(documented ^ used):
            counts["failed"] += 1
            print(f"FAIL note {note}: {'nothing differs for it' if note in documented else 'it is not documented'}")
        few = [type_ for type_, count in covered.items() if count < 5]
        if few:
            counts["failed"] += 1
            print(f"FAIL fewer than five cases of {few}")
        counts["passed"] += check_lost(program)
    print(f"\n{counts['passed']} passed, {counts['failed']} failed")
    return 0 if counts["failed"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
