"""The flows of the peer, and what the benchmark asks of them. The last line is JSON.

Usage: flows.py steps COUNT MS     one run with that many tasks one after the other, each of so many milliseconds
       flows.py kept COUNT MS      the same with tasks that keep their results, which is not so by default
       flows.py map COUNT          one run that maps a task over so many numbers
       flows.py deploy POOL        a deployment of `first` for the workers of a process pool; its id
       flows.py serve              serves `first` from this process until it is ended
       flows.py seed COUNT         so many runs more, into the database, as copies of a run that was completed

PREFECT_API_URL names the server. The programs that run flows tell of their own clock, so that a start is measured from the
request to the first line of the flow, and a run without the time that Python takes to load.
"""

import asyncio
import json
import os
import sys
import time
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import prefect
from prefect import flow, task
from prefect.client.orchestration import get_client


def pause(index: int, ms: float) -> float:
    """Gives how long it took: what a sleep is late is no overhead of a step."""
    began = time.perf_counter()
    time.sleep(ms / 1000)
    return (time.perf_counter() - began) * 1000


wait = task(pause, name="wait")
wait_kept = task(pause, name="wait-kept", persist_result=True)


@task
def same(number: int) -> int:
    return number


@flow
def steps(count: int, ms: float, kept: bool = False) -> dict:
    step = wait_kept if kept else wait
    began, busy = time.perf_counter(), 0
    for index in range(count):
        busy += step(index, ms)
    return {"ms": (time.perf_counter() - began) * 1000, "busy": busy, "run": str(prefect.runtime.flow_run.id)}


@flow
def mapped(count: int) -> dict:
    began = time.perf_counter()
    results = same.map(range(count)).result()
    seconds = time.perf_counter() - began
    if sum(results) != count * (count - 1) // 2:
        raise ValueError("The results are not those of the numbers")
    return {"seconds": seconds, "run": str(prefect.runtime.flow_run.id)}


@flow
def first(path: str) -> None:
    began = time.time()
    Path(path + ".part").write_text(json.dumps(began * 1000))
    os.rename(path + ".part", path)


def until_recorded(run: str, count: int) -> None:
    """Waits until the server says that all tasks of a run are completed."""
    wanted = {
        "flow_runs": {"id": {"any_": [run]}},
        "task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}},
    }
    with get_client(sync_client=True) as client:
        for _ in range(6_000):
            if client._client.post("/task_runs/count", json=wanted).json() == count:
                return
            time.sleep(0.1)
    raise TimeoutError(f"The server did not record {count} tasks of {run}")


def run_steps(count: str, ms: str, kept: bool = False) -> dict:
    steps(3, 0, kept)  # Warm-up, not counted.
    began = time.perf_counter()
    done = steps(int(count), float(ms), kept)
    until_recorded(done["run"], int(count))
    return {"ms": done["ms"], "busy": done["busy"], "recorded": time.perf_counter() - began}


def run_kept(count: str, ms: str) -> dict:
    return run_steps(count, ms, kept=True)


def run_map(count: str) -> dict:
    mapped(10)  # Warm-up, not counted.
    began = time.perf_counter()
    done = mapped(int(count))
    until_recorded(done["run"], int(count))
    return {"seconds": done["seconds"], "recorded": time.perf_counter() - began}


def deploy(pool: str) -> dict:
    here = Path(__file__)
    deployment = flow.from_source(source=str(here.parent), entrypoint=f"{here.name}:first").deploy(
        name="worker", work_pool_name=pool, print_next_steps=False
    )
    return {"deployment": str(deployment)}


def serve() -> dict:
    first.serve(name="served", print_starting_message=False)
    return {}


async def copy_run(count: int) -> None:
    import sqlalchemy as sa
    from prefect.server.database import provide_database_interface

    db = provide_database_interface()

    def values_of(row, moved: timedelta) -> dict:
        """The columns of a row, its moments earlier. Attributes that the database computes are left out."""
        columns = [it.key for it in sa.inspect(type(row)).column_attrs if isinstance(it.columns[0], sa.Column)]
        values = {key: getattr(row, key) for key in columns}
        return {key: value - moved if isinstance(value, datetime) else value for key, value in values.items()}

    async with db.session_context() as session:
        query = sa.select(db.FlowRun).where(db.FlowRun.state_type == "COMPLETED").limit(1)
        run = (await session.execute(query)).scalar_one()
        query = sa.select(db.FlowRunState).where(db.FlowRunState.id == run.state_id)
        state = (await session.execute(query)).scalar_one()
    for begin in range(0, count, 1_000):
        runs, states = [], []
        for number in range(begin, min(begin + 1_000, count)):
            moved, id = timedelta(seconds=10 * (number + 1)), uuid.uuid4()
            copy = {"id": id, "state_id": None, "name": f"copy-{number}", "idempotency_key": None}
            runs.append({**values_of(run, moved), **copy})
            states.append({**values_of(state, moved), "id": uuid.uuid4(), "flow_run_id": id})
        # A run and its state name each other: the state of the run comes last.
        state_of = sa.select(db.FlowRunState.id).where(db.FlowRunState.flow_run_id == db.FlowRun.id).scalar_subquery()
        link = sa.update(db.FlowRun).where(db.FlowRun.state_id.is_(None)).values(state_id=state_of)
        async with db.session_context(begin_transaction=True) as session:
            await session.execute(sa.insert(db.FlowRun), runs)
            await session.execute(sa.insert(db.FlowRunState), states)
            await session.execute(link, execution_options={"synchronize_session": False})


def seed(count: str) -> dict:
    asyncio.run(copy_run(int(count)))
    return {"runs": int(count)}


if __name__ == "__main__":
    verb, *arguments = sys.argv[1:]
    verbs = {"steps": run_steps, "kept": run_kept, "map": run_map, "deploy": deploy, "serve": serve, "seed": seed}
    print(json.dumps(verbs[verb](*arguments)))
