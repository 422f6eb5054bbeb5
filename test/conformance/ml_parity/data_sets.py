"""Iris and diabetes as scikit-learn ships them, as JSON: packages/ml/test/parity/data-sets.json. Diabetes is not scaled."""

import json

import sklearn
from sklearn.datasets import load_diabetes, load_iris


def main():
    iris = load_iris()
    diabetes = load_diabetes(scaled=False)
    print(
        json.dumps(
            {
                "scikit_learn": sklearn.__version__,
                "iris": {
                    "features": [name.removesuffix(" (cm)") for name in iris.feature_names],
                    "columns": iris.data.T.tolist(),
                    "codes": iris.target.tolist(),
                    "classes": iris.target_names.tolist(),
                },
                "diabetes": {
                    "features": list(diabetes.feature_names),
                    "columns": diabetes.data.T.tolist(),
                    "target": diabetes.target.tolist(),
                },
            },
            separators=(",", ":"),
        )
    )


if __name__ == "__main__":
    main()
