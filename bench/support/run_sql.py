"""Runs a file of SQL in one transaction, with values filled in; with `vacuum=1` tidies all tables afterwards.

usage: python run_sql.py CONNECTION FILE [NAME=VALUE ...] [vacuum=1]
"""

import sys

import psycopg2

connection = psycopg2.connect(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as file:
    text = file.read()
values = dict(one.split("=", 1) for one in sys.argv[3:])
values = {name: int(value) if value.isdigit() else value for name, value in values.items()}
with connection, connection.cursor() as cursor:
    cursor.execute(text, values)
if "vacuum" in values:
    # Not in a transaction: `with connection` would open one.
    connection.autocommit = True
    connection.cursor().execute("vacuum analyze")
