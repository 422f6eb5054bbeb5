"""Moments of cron expressions, found by looking at each second or minute with the time zones of Python: python3 moments.py > moments.json

Independent of the code under test: hours named run at each wall time once (in an hour that does not exist: at the jump; twice: the first
time), expressions for every hour run whenever the clocks show what they say.
"""

import json
from calendar import monthrange
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

BOUNDS = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]


def values(field, low, high):
    found = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("%d-%d" % (low, high) if span == "*" else span).partition("-")
        found |= set(range(int(first), int(last or first) + 1, int(step or 1)))
    return found


def matcher(text):
    fields = text.split()
    if len(fields) == 5:
        fields = ["0", *fields]
    second, minute, hour, day, month, weekday = (
        field if field == "L" else values(field, *bounds) for field, bounds in zip(fields, BOUNDS)
    )

    def is_day(wall):
        last = monthrange(wall.year, wall.month)[1]
        by_day = wall.day == last if day == "L" else wall.day in day
        by_weekday = wall.isoweekday() % 7 in {one % 7 for one in weekday}
        if fields[3] != "*" and fields[5] != "*":
            return by_day or by_weekday
        return by_day and by_weekday

    def matches(wall):
        return (
            wall.second in second and wall.minute in minute and wall.hour in hour and wall.month in month and is_day(wall)
        )

    return matches, "*" in fields[2]


def moments(text, zone, start, end):
    matches, every_hour = matcher(text)
    tz = ZoneInfo(zone)
    step = timedelta(seconds=1 if len(text.split()) == 6 else 60)
    found = set()
    at = start
    previous = None
    while at < end:
        local = at.astimezone(tz)
        wall = local.replace(tzinfo=None)
        if every_hour:
            if matches(wall):
                found.add(at)
        else:
            if matches(wall) and local.fold == 0:
                found.add(at)
            skipped = previous + step if previous is not None else wall
            while skipped < wall:
                if matches(skipped):
                    found.add(at)
                skipped += step
            previous = wall if previous is None else max(previous, wall)
        at += step
    return sorted(found)


CASES = [
    # Clocks are set forward.
    ("30 2 * * *", "Europe/Paris", "2026-03-27T12:00", "2026-03-31T12:00"),
    ("0,30 2 * * *", "Europe/Paris", "2026-03-28T12:00", "2026-03-30T12:00"),
    ("30 2,3 * * *", "Europe/Paris", "2026-03-28T12:00", "2026-03-30T12:00"),
    ("0 3 * * *", "Europe/Paris", "2026-03-28T12:00", "2026-03-30T12:00"),
    ("*/30 * * * *", "Europe/Paris", "2026-03-28T23:00", "2026-03-29T04:00"),
    ("30 */2 * * *", "Europe/Paris", "2026-03-28T20:00", "2026-03-29T08:00"),
    ("30 2 * * *", "America/New_York", "2026-03-07T00:00", "2026-03-10T00:00"),
    ("* * * * *", "America/New_York", "2026-03-08T06:55", "2026-03-08T07:05"),
    ("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T00:00", "2026-10-05T20:00"),
    ("*/15 * * * *", "Australia/Lord_Howe", "2026-10-03T14:30", "2026-10-03T17:00"),
    # Clocks are set back.
    ("30 2 * * *", "Europe/Paris", "2026-10-23T12:00", "2026-10-27T12:00"),
    ("0,30 2-3 * * *", "Europe/Paris", "2026-10-24T12:00", "2026-10-25T12:00"),
    ("*/30 * * * *", "Europe/Paris", "2026-10-24T23:00", "2026-10-25T04:00"),
    ("30 * * * *", "Europe/Paris", "2026-10-24T22:00", "2026-10-25T04:00"),
    ("30 1 * * *", "America/New_York", "2026-10-31T00:00", "2026-11-03T12:00"),
    ("0 0 1 * * *", "America/New_York", "2026-10-31T22:00", "2026-11-01T10:00"),
    ("* * * * *", "America/New_York", "2026-11-01T05:55", "2026-11-01T06:05"),
    ("45 1 * * *", "Australia/Lord_Howe", "2026-04-03T00:00", "2026-04-06T20:00"),
    ("*/15 * * * *", "Australia/Lord_Howe", "2026-04-04T13:30", "2026-04-04T17:00"),
    ("*/20 30 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00", "2026-04-04T17:00"),
    # Clocks that change at midnight, and at an hour of half an hour.
    ("0 0 * * *", "America/Santiago", "2026-04-03T00:00", "2026-04-07T00:00"),
    ("0 0 * * *", "America/Santiago", "2026-09-04T00:00", "2026-09-08T00:00"),
    ("0 6 * * *", "Asia/Kathmandu", "2026-01-01T00:00", "2026-01-04T00:00"),
    # Calendar.
    ("0 6 29 2 *", "Europe/Paris", "2026-01-01T00:00", "2032-12-31T00:00"),
    ("0 6 L * *", "Europe/Paris", "2027-12-01T00:00", "2028-07-01T00:00"),
    ("0 6 1 * *", "Europe/Paris", "2026-01-01T00:00", "2026-12-31T00:00"),
    ("15 8 13 * 5", "UTC", "2026-02-01T00:00", "2026-04-01T00:00"),
    ("0 9 * * 1-5", "America/New_York", "2026-11-20T00:00", "2026-11-28T00:00"),
    ("0 22-23,0-1 * * 7", "UTC", "2026-11-20T00:00", "2026-11-28T00:00"),
]


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def main():
    rows = []
    for text, zone, first, last in CASES:
        start, end = (datetime.fromisoformat(one).replace(tzinfo=timezone.utc) for one in (first, last))
        found = [iso(one) for one in moments(text, zone, start, end)]
        rows.append({"cron": text, "timezone": zone, "from": iso(start), "to": iso(end), "moments": found})
    print("[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n]")


main()
