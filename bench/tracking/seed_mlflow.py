"""Puts runs into the database of a genuine MLflow server, through its own tables; its own API takes hours for them.

usage: python seed_mlflow.py DATABASE_URI EXPERIMENT COUNT
"""

import sys

import runs
from mlflow.store.tracking.dbmodels.models import SqlLatestMetric, SqlMetric, SqlParam, SqlRun, SqlTag
from sqlalchemy import create_engine

BLOCK = 500


def main():
    uri, experiment, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with create_engine(uri).begin() as connection:
        for start in range(0, count, BLOCK):
            numbers = range(start, min(start + BLOCK, count))
            add(connection, SqlRun, [row_of(number, experiment) for number in numbers])
            add(connection, SqlParam, [
                {"run_uuid": runs.run_id(number), "key": f"p{index}", "value": runs.param(number, index)}
                for number in numbers for index in range(runs.PARAMS)
            ])
            metrics = [
                {
                    "run_uuid": runs.run_id(number), "key": f"m{index}", "value": runs.metric(number, index),
                    "timestamp": runs.start_ms(number), "step": 0, "is_nan": False,
                }
                for number in numbers for index in range(runs.METRICS)
            ]
            add(connection, SqlMetric, metrics)
            add(connection, SqlLatestMetric, metrics)
            add(connection, SqlTag, [
                {"run_uuid": runs.run_id(number), "key": key, "value": value}
                for number in numbers
                for key, value in [
                    ("mlflow.runName", f"run-{number}"),
                    *((f"t{index}", runs.tag(number, index)) for index in range(runs.TAGS - 1)),
                ]
            ])


def add(connection, model, rows):
    connection.execute(model.__table__.insert(), rows)


def row_of(number, experiment):
    identity = runs.run_id(number)
    return {
        "run_uuid": identity, "name": f"run-{number}", "source_type": "UNKNOWN", "source_name": "",
        "entry_point_name": "", "user_id": "bench", "status": "FINISHED", "start_time": runs.start_ms(number),
        "end_time": runs.start_ms(number) + 500, "source_version": "", "lifecycle_stage": "active",
        "artifact_uri": f"mlflow-artifacts:/{experiment}/{identity}/artifacts", "experiment_id": experiment,
    }


main()
