"""Coefficients, probabilities and scores of scikit-learn's linear models, as JSON: packages/ml/test/parity/linear.json.

Each case names an estimator, a set, parameters and what scikit-learn finds with them. The sets are iris and diabetes (standardised
where the name says so) and two that both sides make from the same small generator.
"""

import json
import warnings

import numpy as np
import scipy
import scipy.sparse
import sklearn
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import (
    ElasticNet,
    HuberRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.svm import LinearSVC, LinearSVR

warnings.filterwarnings("ignore")

MANY = 200_000
SHOWN = 12


def uniforms(seed):
    """Numbers in [0, 1) of a linear congruential generator of 31 bits, which any language can repeat exactly."""
    state = seed
    while True:
        state = (state * 1103515245 + 12345) % 2**31
        yield state / 2**31


def generated():
    """240 rows of 7 features, the last the sum of the first two, with a number and one of four classes as targets."""
    draw = uniforms(7)
    rows, values, codes = [], [], []
    for _ in range(240):
        row = [next(draw) * (column + 1) - 0.5 for column in range(6)]
        noise = next(draw) - 0.5
        score = 3 * row[0] - 2 * row[1] + 0.5 * row[3] + noise
        rows.append([*row, row[0] + row[1]])
        values.append(score + (20 if next(draw) < 0.05 else 0))
        codes.append(0 if score < 0 else 1 if score < 1 else 2 if score < 2 else 3)
    return np.array(rows), np.array(values), np.array(codes)


def sparse():
    """200 rows of 40 features, about 5 of which are not 0."""
    draw = uniforms(11)
    x = np.zeros((200, 40))
    values, codes = [], []
    for row in range(200):
        for _ in range(5):
            # A quarter times a whole number is exact in float32.
            column = int(next(draw) * 40)
            x[row, column] = int(next(draw) * 8 + 1) / 4
        score = x[row, :8].sum() - x[row, 8:16].sum()
        values.append(score + next(draw))
        codes.append(0 if score < -0.5 else 1 if score < 1 else 2)
    return scipy.sparse.csr_matrix(x), np.array(values), np.array(codes)


def standardised(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)


def sets():
    x, y = load_iris(return_X_y=True)
    dx, dy = load_diabetes(return_X_y=True, scaled=False)
    gx, gv, gc = generated()
    sx, sv, sc = sparse()
    return {
        "iris": (x, y, None),
        "iris_standardised": (standardised(x), y, None),
        "iris_two": (x[50:], y[50:], None),
        "diabetes": (dx, None, dy),
        "diabetes_standardised": (standardised(dx), None, dy),
        "diabetes_wide": (standardised(dx)[:6], None, dy[:6]),
        "generated": (gx, gc, gv),
        "generated_two": (gx, (gc > 1).astype(int), gv),
        "sparse": (sx, sc, sv),
        "sparse_two": (sx, (sc > 0).astype(int), sv),
    }


def cases():
    exact = {"tol": 1e-12, "max_iter": MANY}
    newton = {"solver": "newton-cholesky", "tol": 1e-12, "max_iter": 1000}
    saga = {"solver": "saga", "tol": 1e-11, "max_iter": MANY}
    lbfgs = {"solver": "lbfgs", "tol": 1e-10, "max_iter": 10_000}
    libsvm = {"tol": 1e-11, "max_iter": MANY * 10}

    def case(kind, model, data, parameters=None, given=None, weighted=False):
        """`parameters` go to both sides, `given` to scikit-learn alone."""
        both = parameters or {}
        return kind, model(**both, **(given or {})), data, both, weighted

    for data in ("diabetes", "diabetes_standardised", "generated", "diabetes_wide"):
        yield case("linear_regression", LinearRegression, data)
        yield case("ridge", Ridge, data)
    yield case("linear_regression", LinearRegression, "diabetes", {"fit_intercept": False}, weighted=True)
    yield case("linear_regression", LinearRegression, "generated", weighted=True)
    yield case("ridge", Ridge, "generated", {"alpha": 10.0}, weighted=True)
    yield case("ridge", Ridge, "generated", {"fit_intercept": False})
    for weighted in (False, True):
        yield case("ridge", Ridge, "sparse", {"alpha": 0.5}, {"solver": "sparse_cg", "tol": 1e-14}, weighted)
    yield case("ridge", Ridge, "sparse", {"fit_intercept": False}, {"solver": "sparse_cg", "tol": 1e-14})
    for data in ("diabetes_standardised", "generated"):
        yield case("lasso", Lasso, data, {"alpha": 0.3}, exact)
        yield case("elastic_net", ElasticNet, data, {"alpha": 0.1, "l1_ratio": 0.4}, exact)
        yield case("elastic_net", ElasticNet, data, {"alpha": 0.1, "positive": True}, exact, True)
    yield case("lasso", Lasso, "diabetes", {"alpha": 1.0, "fit_intercept": False}, exact)
    yield case("huber_regressor", HuberRegressor, "generated", {"epsilon": 1.5}, {"tol": 1e-11, "max_iter": 10_000})
    yield case("huber_regressor", HuberRegressor, "diabetes_standardised", {}, {"tol": 1e-11, "max_iter": 10_000}, True)

    for data in ("iris", "iris_standardised", "iris_two", "generated", "generated_two", "sparse", "sparse_two"):
        yield case("logistic_regression", LogisticRegression, data, {"C": 0.5}, newton if "sparse" not in data else lbfgs)
    yield case("logistic_regression", LogisticRegression, "iris", {"class_weight": {"1": 3.0}}, newton, True)
    yield case("logistic_regression", LogisticRegression, "generated_two", {"class_weight": "balanced"}, newton)
    yield case("logistic_regression", LogisticRegression, "generated", {"fit_intercept": False}, newton)
    yield case("logistic_regression", LogisticRegression, "generated_two", {"fit_intercept": False}, newton)
    yield case("logistic_regression", LogisticRegression, "generated_two", {"l1_ratio": 1.0}, saga)
    yield case("logistic_regression", LogisticRegression, "iris_standardised", {"l1_ratio": 1.0}, saga)
    yield case("logistic_regression", LogisticRegression, "generated", {"l1_ratio": 0.4, "C": 0.2}, saga)
    yield case("logistic_regression", LogisticRegression, "sparse", {"l1_ratio": 0.7}, saga)

    for data in ("iris", "iris_two", "generated_two", "sparse"):
        yield case("linear_svc", LinearSVC, data, {"C": 0.3}, {**libsvm, "dual": False})
        yield case("linear_svc", LinearSVC, data, {"C": 0.3, "loss": "hinge"}, libsvm)
    yield case("linear_svc", LinearSVC, "iris", {"intercept_scaling": 10.0, "class_weight": "balanced"}, libsvm, True)
    yield case("linear_svc", LinearSVC, "generated_two", {"penalty": "l1"}, {**libsvm, "dual": False})
    yield case("linear_svc", LinearSVC, "sparse", {"penalty": "l1", "fit_intercept": False}, {**libsvm, "dual": False})
    yield case("linear_svr", LinearSVR, "generated", {"C": 0.5, "epsilon": 0.1}, libsvm)
    yield case("linear_svr", LinearSVR, "diabetes_standardised", {"C": 2.0}, libsvm, True)
    for data in ("generated", "sparse"):
        parameters = {"loss": "squared_epsilon_insensitive", "epsilon": 0.2}
        yield case("linear_svr", LinearSVR, data, parameters, {**libsvm, "dual": False})

    # In the order of the rows, stochastic descent is not random: every step can be compared.
    still = {"shuffle": False, "tol": None, "max_iter": 20}
    for loss in ("hinge", "squared_hinge", "perceptron", "log_loss", "modified_huber"):
        yield case("sgd_classifier", SGDClassifier, "iris_standardised", {**still, "loss": loss})
    yield case("sgd_classifier", SGDClassifier, "iris_two", {**still, "loss": "modified_huber", "alpha": 0.01})
    for penalty in ("l1", "elasticnet", None):
        yield case("sgd_classifier", SGDClassifier, "generated_two", {**still, "penalty": penalty})
    # Few epochs: with long first steps, the last digit of an exponential grows to any difference.
    parameters = {**still, "max_iter": 3, "alpha": 0.01, "loss": "log_loss", "penalty": "elasticnet"}
    yield case("sgd_classifier", SGDClassifier, "sparse", parameters)
    yield case("sgd_classifier", SGDClassifier, "sparse_two", {**still, "class_weight": "balanced"}, weighted=True)
    yield case(
        "sgd_classifier",
        SGDClassifier,
        "iris_standardised",
        {**still, "tol": 1e-3, "max_iter": 60, "learning_rate": "adaptive", "eta0": 0.1, "loss": "modified_huber", "fit_intercept": False},
    )
    for loss in ("squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"):
        yield case("sgd_regressor", SGDRegressor, "generated", {**still, "loss": loss})
    yield case(
        "sgd_regressor",
        SGDRegressor,
        "diabetes_standardised",
        {**still, "learning_rate": "constant", "eta0": 0.001, "alpha": 0.01, "penalty": "elasticnet"},
        weighted=True,
    )


def weights(count):
    return np.array([0.5 + row % 3 for row in range(count)])


def digits(values):
    return [float(f"{value:.10g}") for value in np.ravel(values)]


def found(model, x, codes, values, weighted):
    target = values if codes is None else codes
    model.fit(x, target, sample_weight=weights(x.shape[0]) if weighted else None)
    outputs = model.coef_.size // x.shape[1]
    intercepts = np.broadcast_to(np.ravel(model.intercept_), outputs)
    result = {"coefficients": digits(model.coef_), "intercepts": digits(intercepts), "score": model.score(x, target)}
    # Ours gives scores where the modified Huber loss of more than two classes would tie at 1.
    if hasattr(model, "predict_proba") and not (getattr(model, "loss", "") == "modified_huber" and outputs > 1):
        result["probabilities"] = digits(model.predict_proba(x[-SHOWN:]))
    return result


def main():
    data = sets()
    results = []
    for kind, model, name, parameters, weighted in cases():
        x, codes, values = data[name]
        is_classifier = sklearn.base.is_classifier(model)
        if "class_weight" in parameters and isinstance(parameters["class_weight"], dict):
            model.set_params(class_weight={int(code): weight for code, weight in parameters["class_weight"].items()})
        expected = found(model, x, codes if is_classifier else None, values, weighted)
        results.append({"kind": kind, "set": name, "parameters": parameters, "weighted": weighted, **expected})
    versions = {"scikit_learn": sklearn.__version__, "numpy": np.__version__, "scipy": scipy.__version__}
    print(json.dumps({**versions, "cases": results}, separators=(",", ":")))


if __name__ == "__main__":
    main()
