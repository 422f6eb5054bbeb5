"""Models of scikit-learn: autolog, `log_model`, `register_model`, and loading by alias, stage, version and run."""

import json
import tempfile
import uuid

import mlflow

from scenarios.support import CLIENT, equal, scenario

# Where models of MLflow 3 are logged under a name, older clients take a path in the run.
NAMED = {"name": "model"} if CLIENT >= (3, 0) else {"artifact_path": "model"}
# The packages are named, so that the client does not start a second Python to find them.
PACKAGES = {"pip_requirements": ["scikit-learn"]}


def iris():
    from sklearn.datasets import load_iris
    from sklearn.model_selection import train_test_split

    return train_test_split(*load_iris(return_X_y=True), test_size=0.2, random_state=42)


def fitted():
    from sklearn.linear_model import LogisticRegression

    x_train, x_test, y_train, _ = iris()
    return LogisticRegression(max_iter=1000, random_state=1).fit(x_train, y_train), x_test


@scenario(smoke=True)
def the_quick_start_of_mlflow(case):
    """Autolog as MLflow's own first pages show it; the model is then loaded by its alias."""
    from sklearn.linear_model import LogisticRegression

    x_train, x_test, y_train, y_test = iris()
    params = {"solver": "lbfgs", "max_iter": 1000, "random_state": 8888}
    mlflow.sklearn.autolog(log_datasets=True, silent=True)
    try:
        with mlflow.start_run() as active:
            model = LogisticRegression(**params).fit(x_train, y_train)
            score = model.score(x_test, y_test)
    finally:
        mlflow.sklearn.autolog(disable=True)
    run = case.client.get_run(active.info.run_id)
    equal((run.info.status, run.data.params["solver"], run.data.params["max_iter"]), ("FINISHED", "lbfgs", "1000"))
    assert run.data.metrics["training_accuracy_score"] > 0.9
    assert score in run.data.metrics.values(), (score, run.data.metrics)
    assert run.inputs.dataset_inputs, "autolog logs the data set"
    assert "estimator.html" in [one.path for one in case.client.list_artifacts(active.info.run_id)]
    name = f"iris-{uuid.uuid4().hex[:8]}"
    version = mlflow.register_model(f"runs:/{active.info.run_id}/model", name)
    case.client.set_registered_model_alias(name, "champion", version.version)
    loaded = mlflow.sklearn.load_model(f"models:/{name}@champion")
    equal(list(loaded.predict(x_test)), list(model.predict(x_test)))
    equal(loaded.predict_proba(x_test).tolist(), model.predict_proba(x_test).tolist())
    generic = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    equal(list(generic.predict(x_test)), list(model.predict(x_test)))


@scenario(smoke=True)
def a_model_is_logged_registered_and_loaded(case):
    model, x_test = fitted()
    name = f"logged-{uuid.uuid4().hex[:8]}"
    signature = mlflow.models.infer_signature(x_test, model.predict(x_test))
    with mlflow.start_run() as active:
        info = mlflow.sklearn.log_model(
            model, **NAMED, signature=signature, input_example=x_test[:2], registered_model_name=name, **PACKAGES
        )
    expected = list(model.predict(x_test))
    run_id = active.info.run_id
    case.client.transition_model_version_stage(name, "1", "Production")
    for uri in (info.model_uri, f"runs:/{run_id}/model", f"models:/{name}/1", f"models:/{name}/latest", f"models:/{name}/Production"):
        equal(list(mlflow.pyfunc.load_model(uri).predict(x_test)), expected, uri)
    version = case.client.get_model_version(name, "1")
    equal((version.run_id, version.status), (run_id, "READY"))
    assert mlflow.models.get_model_info(f"models:/{name}/1").signature == signature
    with tempfile.TemporaryDirectory() as folder:
        assert mlflow.artifacts.download_artifacts(f"models:/{name}/1/MLmodel" if CLIENT < (3, 0) else f"models:/{name}/1", dst_path=folder)
    if CLIENT < (3, 0):
        history = case.client.get_run(run_id).data.tags["mlflow.log-model.history"]
        equal([one["artifact_path"] for one in json.loads(history)], ["model"])
    else:
        equal([one.model_id for one in case.client.get_run(run_id).outputs.model_outputs], [info.model_id])
        equal(case.client.get_logged_model(info.model_id).status.value, "READY")


@scenario(since=(3, 0))
def a_logged_model_knows_its_versions_and_metrics(case):
    model, _ = fitted()
    name = f"known-{uuid.uuid4().hex[:8]}"
    with mlflow.start_run():
        mlflow.log_metric("before", 0.5)
        info = mlflow.sklearn.log_model(model, name="model", **PACKAGES)
        mlflow.log_metric("after", 0.7, model_id=info.model_id)
    version = mlflow.register_model(info.model_uri, name)
    logged = case.client.get_logged_model(info.model_id)
    metrics = {one.key: one.value for one in logged.metrics}
    equal((metrics["after"], metrics["before"]), (0.7, 0.5))
    assert name in logged.tags["mlflow.modelVersions"], logged.tags
    found = case.client.get_model_version(name, version.version)
    equal(found.run_id, logged.source_run_id)


@scenario
def two_models_of_one_run(case):
    model, x_test = fitted()
    with mlflow.start_run() as active:
        for name in ("first", "second"):
            place = {"name": name} if CLIENT >= (3, 0) else {"artifact_path": name}
            mlflow.sklearn.log_model(model, **place, **PACKAGES)
    for name in ("first", "second"):
        loaded = mlflow.sklearn.load_model(f"runs:/{active.info.run_id}/{name}")
        equal(list(loaded.predict(x_test)), list(model.predict(x_test)))


@scenario
def a_model_of_python(case):
    class Doubler(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return model_input * 2

    import pandas

    with mlflow.start_run() as active:
        mlflow.pyfunc.log_model(**NAMED, python_model=Doubler(), pip_requirements=["pandas"])
    loaded = mlflow.pyfunc.load_model(f"runs:/{active.info.run_id}/model")
    equal(list(loaded.predict(pandas.DataFrame({"x": [1, 2]}))["x"]), [2, 4])


@scenario
def an_evaluation_is_logged(case):
    import pandas

    frame = pandas.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "answer": [0, 1, 1, 0], "said": [0, 1, 0, 0]})
    evaluate = mlflow.models.evaluate if CLIENT >= (3, 0) else mlflow.evaluate
    with mlflow.start_run() as active:
        evaluate(
            data=frame,
            targets="answer",
            predictions="said",
            model_type="classifier",
            evaluators="default",
            evaluator_config={"log_model_explainability": False},
        )
    metrics = case.client.get_run(active.info.run_id).data.metrics
    equal(metrics["accuracy_score"], 0.75)
