"""Scores and values of scikit-learn's smaller estimators on iris and diabetes, as JSON: packages/ml/test/parity/others.json.

Every third row is tested, the others train.
"""

import json
import warnings

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearn.datasets import load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import accuracy_score, r2_score
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor

warnings.filterwarnings("ignore")


def standardised(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)


def classifier(model, x, y, exact=True):
    test = np.arange(len(y)) % 3 == 0
    model.fit(x[~test], y[~test])
    found = {"accuracy": accuracy_score(y[test], model.predict(x[test]))}
    if exact:
        found["probabilities"] = model.predict_proba(x[test]).T.tolist()
    return found


def regressor(model, x, y, exact=True):
    test = np.arange(len(y)) % 3 == 0
    model.fit(x[~test], y[~test])
    predicted = model.predict(x[test])
    return {"r2": r2_score(y[test], predicted), **({"values": predicted.tolist()} if exact else {})}


def main():
    x, y = load_iris(return_X_y=True)
    dx, dy = load_diabetes(return_X_y=True, scaled=False)
    ds = standardised(dx)
    pca = PCA().fit(x)
    two = y < 2
    print(
        json.dumps(
            {
                "scikit_learn": sklearn.__version__,
                "numpy": np.__version__,
                "dummy_classifier": classifier(DummyClassifier(), x, y),
                "dummy_classifier_most_frequent": classifier(DummyClassifier(strategy="most_frequent"), x, y),
                "dummy_regressor": regressor(DummyRegressor(), dx, dy),
                "dummy_regressor_quantile": regressor(DummyRegressor(strategy="quantile", quantile=0.9), dx, dy),
                "gaussian_nb": classifier(GaussianNB(), x, y),
                "gaussian_nb_two": classifier(GaussianNB(), x[two], y[two]),
                "multinomial_nb": classifier(MultinomialNB(alpha=0.5), x, y),
                "multinomial_nb_two": classifier(MultinomialNB(fit_prior=False), x[two], y[two]),
                "bernoulli_nb": classifier(BernoulliNB(binarize=2.5), x, y),
                "k_neighbors_classifier": classifier(KNeighborsClassifier(), x, y, False),
                "k_neighbors_classifier_distance": classifier(KNeighborsClassifier(7, weights="distance"), x, y, False),
                "k_neighbors_classifier_manhattan": classifier(KNeighborsClassifier(metric="manhattan"), x, y, False),
                "k_neighbors_regressor": regressor(KNeighborsRegressor(), ds, dy),
                "k_neighbors_regressor_distance": regressor(KNeighborsRegressor(9, weights="distance"), ds, dy),
                "mlp_classifier": classifier(
                    MLPClassifier(hidden_layer_sizes=(20,), max_iter=1000, random_state=0), standardised(x), y, False
                ),
                "mlp_regressor": float(
                    np.median(
                        [
                            regressor(MLPRegressor(hidden_layer_sizes=(20,), max_iter=400, learning_rate_init=0.01, random_state=seed), ds, dy, False)["r2"]
                            for seed in range(25)
                        ]
                    )
                ),
                "k_means_inertia": KMeans(3, n_init=10, random_state=0).fit(x).inertia_,
                "pca": {
                    "components": pca.components_.tolist(),
                    "explained_variance": pca.explained_variance_.tolist(),
                    "explained_variance_ratio": pca.explained_variance_ratio_.tolist(),
                    "transformed": pca.transform(x)[:5].tolist(),
                    "whitened": PCA(2, whiten=True).fit_transform(x)[:5].tolist(),
                    "count_for_95": int(PCA(0.95).fit(x).n_components_),
                },
            }
        )
    )


if __name__ == "__main__":
    main()
