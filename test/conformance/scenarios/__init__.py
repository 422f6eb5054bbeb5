"""Scenarios of real MLflow clients, one file for each group of endpoints. `mlflow_suite.py` runs them."""
