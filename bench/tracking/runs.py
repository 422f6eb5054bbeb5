"""The runs that every server of the benchmark holds: the same values in each, made from the number of the run."""

import uuid

PARAMS, METRICS, TAGS = 20, 20, 10


def run_id(number):
    return uuid.UUID(int=(0xBE << 120) | (number * 2654435761 % 2**32) << 64 | number).hex


def metric(number, index):
    return ((number * 7919 + index * 104729) % 1_000_003) / 1_000_003


def param(number, index):
    return f"value-{(number * 31 + index) % 997}"


def tag(number, index):
    return f"text of the tag {(number + index) % 53}"


def start_ms(number):
    return 1_700_000_000_000 + number * 1000
