"""Pages through every run of an experiment with the MLflow client. Prints the seconds, and those that the client computed.

usage: python page_runs.py URL EXPERIMENT
"""

import json
import os
import sys
import time

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

from mlflow import MlflowClient

client = MlflowClient(tracking_uri=sys.argv[1])
client.search_runs([sys.argv[2]], max_results=1)
began, computed = time.monotonic(), time.process_time()
count, token = 0, None
while True:
    page = client.search_runs([sys.argv[2]], max_results=1000, page_token=token)
    count += len(page)
    token = page.token
    if not token:
        break
print(json.dumps({
    "runs": count,
    "seconds": time.monotonic() - began,
    "client_seconds": time.process_time() - computed,
    "sample": [page[-1].info.run_name, len(page[-1].data.params), len(page[-1].data.metrics)],
}))
