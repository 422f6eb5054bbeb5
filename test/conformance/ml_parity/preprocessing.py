"""Prints what scikit-learn's transformers make of a small set, for packages/ml/test/parity/preprocessing.json.

Usage: preprocessing.py > packages/ml/test/parity/preprocessing.json

Numbers are float32 values, given to scikit-learn as float64, so that its own arithmetic loses nothing. The first rows
are trained on, the others are new: categories, words and numbers that training did not see.
"""

import json
import sys

import numpy
import scipy
import sklearn
from sklearn import decomposition, feature_extraction, feature_selection, impute, preprocessing

ROWS = 38
TRAINED = 30

random = numpy.random.default_rng(5)


def float32s(values):
    return numpy.asarray(values, dtype=numpy.float32).astype(numpy.float64)


a = float32s(random.normal(50, 20, ROWS))
b = float32s(numpy.exp(random.normal(2, 1, ROWS)))
c = float32s(random.integers(0, 5, ROWS))
d = float32s(random.normal(0, 1e-3, ROWS) + 10)
full = numpy.column_stack([a, b, c, d])
holes = full.copy()
holes[random.random(full.shape) < 0.15] = numpy.nan
holes[0] = full[0]
cities = random.choice(["Paris", "Lyon", "Nice", "Brest", "Ajaccio"], ROWS, p=[0.4, 0.3, 0.15, 0.1, 0.05]).astype(object)
cities[TRAINED:TRAINED + 2] = "Metz"
sizes = random.choice(["L", "M", "S"], ROWS).astype(object)
words = "table chaise Étagère lampe CANAPÉ bureau de jardin en chêne massif l'été rétro bleue bleu le la à 80x120 n° 12 x".split()
texts = [" ".join(random.choice(words, random.integers(2, 9))) for _ in range(ROWS)]
texts[TRAINED] = "inconnu table table"
texts[TRAINED + 1] = ""
number = float32s(a / 10 + c + random.normal(0, 1, ROWS))
pair = (number > numpy.median(number[:TRAINED])).astype(int)
three = numpy.digitize(number, numpy.quantile(number[:TRAINED], [0.3, 0.7]))
targets = {"number": number, "pair": pair, "three": three}

cases = []


def shown(matrix):
    matrix = matrix.toarray() if scipy.sparse.issparse(matrix) else numpy.asarray(matrix)
    if (matrix == 0).mean() > 0.6:
        rows, columns = numpy.nonzero(matrix)
        return {"shape": list(matrix.shape), "entries": [[int(r), int(k), float(f"{matrix[r, k]:.8g}")] for r, k in zip(rows, columns)]}
    return [[None if numpy.isnan(value) else float(f"{value:.8g}") for value in row] for row in matrix.astype(float)]


def case(kind, params, transformer, matrix, columns, target=None, training=False, **extra):
    y = None if target is None else targets[target][:TRAINED]
    made = transformer.fit_transform(matrix[:TRAINED], y) if training else None
    fitted = transformer.fit(matrix[:TRAINED], y)
    entry = {"kind": kind, "params": params, "columns": columns, "target": target, "output": shown(fitted.transform(matrix)), **extra}
    if training:
        entry["training"] = shown(made)
    cases.append(entry)


numbers = ["a", "b", "c", "d"]
for strategy in ["mean", "median", "most_frequent"]:
    case("simple_imputer", {"strategy": strategy}, impute.SimpleImputer(strategy=strategy), holes, "holes")
case("simple_imputer", {"strategy": "constant", "fill_value": -5, "add_indicator": True},
     impute.SimpleImputer(strategy="constant", fill_value=-5, add_indicator=True), holes, "holes")
case("standard_scaler", {}, preprocessing.StandardScaler(), holes, "holes")
case("standard_scaler", {"with_mean": False}, preprocessing.StandardScaler(with_mean=False), full, "full")
case("min_max_scaler", {}, preprocessing.MinMaxScaler(), holes, "holes")
case("min_max_scaler", {"feature_range_min": -1, "feature_range_max": 3, "clip": True},
     preprocessing.MinMaxScaler(feature_range=(-1, 3), clip=True), full, "full")
case("robust_scaler", {}, preprocessing.RobustScaler(), holes, "holes")
case("robust_scaler", {"quantile_range_min": 10, "quantile_range_max": 80}, preprocessing.RobustScaler(quantile_range=(10, 80)), full, "full")
case("power_transformer", {}, preprocessing.PowerTransformer(), holes[:, :3], "holes3")
case("power_transformer", {"standardize": False}, preprocessing.PowerTransformer(standardize=False), full[:, :3], "full3")
case("power_transformer", {"method": "box-cox"}, preprocessing.PowerTransformer(method="box-cox"), full[:, 1:2], "b")
case("quantile_transformer", {"n_quantiles": 20}, preprocessing.QuantileTransformer(n_quantiles=20), holes, "holes")
case("quantile_transformer", {"n_quantiles": 30, "output_distribution": "normal"},
     preprocessing.QuantileTransformer(n_quantiles=30, output_distribution="normal"), full, "full")
case("k_bins_discretizer", {"encode": "ordinal"},
     preprocessing.KBinsDiscretizer(encode="ordinal", quantile_method="averaged_inverted_cdf"), full, "full")
case("k_bins_discretizer", {"strategy": "uniform", "n_bins": 4}, preprocessing.KBinsDiscretizer(strategy="uniform", n_bins=4), full, "full")
case("k_bins_discretizer", {"encode": "ordinal", "quantile_method": "linear", "n_bins": 6},
     preprocessing.KBinsDiscretizer(encode="ordinal", quantile_method="linear", n_bins=6), full, "full")
case("polynomial_features", {"degree": 3}, preprocessing.PolynomialFeatures(3), full[:, 1:3], "bc")
case("polynomial_features", {"interaction_only": True, "include_bias": False},
     preprocessing.PolynomialFeatures(interaction_only=True, include_bias=False), full, "full")
both = numpy.column_stack([cities, sizes])
case("one_hot_encoder", {}, preprocessing.OneHotEncoder(handle_unknown="ignore"), both, "categories")
case("one_hot_encoder", {"drop": "first"}, preprocessing.OneHotEncoder(handle_unknown="ignore", drop="first"), both, "categories")
case("one_hot_encoder", {"min_frequency": 6, "handle_unknown": "infrequent_if_exist"},
     preprocessing.OneHotEncoder(min_frequency=6, handle_unknown="infrequent_if_exist"), both, "categories")
case("one_hot_encoder", {"max_categories": 3, "handle_unknown": "infrequent_if_exist"},
     preprocessing.OneHotEncoder(max_categories=3, handle_unknown="infrequent_if_exist"), both, "categories")
case("one_hot_encoder", {"min_frequency": 0.2}, preprocessing.OneHotEncoder(min_frequency=0.2, handle_unknown="ignore"), both, "categories")
case("ordinal_encoder", {"unknown_value": -1}, preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), both, "categories")
for target in targets:
    for smooth in ["auto", 3.0]:
        encoder = preprocessing.TargetEncoder(smooth=smooth, shuffle=False, cv=4)
        case("target_encoder", {"smooth": smooth, "shuffle": False, "cv": 4}, encoder, both, "categories", target, training=True)

texts_array = numpy.array(texts, dtype=object)
vectorizers = {
    "count_vectorizer": feature_extraction.text.CountVectorizer,
    "tfidf_vectorizer": feature_extraction.text.TfidfVectorizer,
}
for kind, params in [
    ("count_vectorizer", {}),
    ("count_vectorizer", {"binary": True, "min_df": 3, "max_df": 0.5}),
    ("tfidf_vectorizer", {}),
    ("tfidf_vectorizer", {"ngram_range": [1, 2], "sublinear_tf": True, "strip_accents": "unicode", "min_df": 2}),
    ("tfidf_vectorizer", {"norm": "l1", "smooth_idf": False, "lowercase": False}),
    ("tfidf_vectorizer", {"analyzer": "char", "ngram_range": [2, 3], "min_df": 14}),
    ("tfidf_vectorizer", {"analyzer": "char_wb", "ngram_range": [3, 4], "min_df": 10}),
    ("count_vectorizer", {"analyzer": "char_wb", "ngram_range": [5, 6], "min_df": 5}),
]:
    given = {**params, "ngram_range": tuple(params.get("ngram_range", (1, 1)))}
    vectorizer = vectorizers[kind](**given)
    vectorizer.fit(texts[:TRAINED])
    cases.append({"kind": kind, "params": params, "columns": "text", "target": None, "terms": list(vectorizer.get_feature_names_out()),
                  "output": shown(vectorizer.transform(texts))})

svd = decomposition.TruncatedSVD(3, algorithm="arpack", random_state=0)
case("truncated_svd", {"n_components": 3, "n_iter": 30}, svd, full, "full", signs=False)
case("variance_threshold", {"threshold": 1}, feature_selection.VarianceThreshold(1), full, "full")


def scores(kind_of_score, function, matrix, columns, target, **options):
    y = targets[target][:TRAINED]
    values = function(matrix[:TRAINED], y, **options)
    values = values[0] if isinstance(values, tuple) else values
    cases.append({"kind": "select_k_best", "params": {"score_func": kind_of_score, "k": 2}, "columns": columns, "target": target,
                  "scores": [float(f"{value:.8g}") for value in values]})


scores("f_classif", feature_selection.f_classif, full, "full", "three")
scores("f_regression", feature_selection.f_regression, full, "full", "number")
scores("chi2", feature_selection.chi2, full, "full", "three")
# Whole numbers would have ties, which both sides break by a noise of their own.
scores("mutual_info_classif", feature_selection.mutual_info_classif, full[:, :2], "ab", "three", random_state=0)
scores("mutual_info_regression", feature_selection.mutual_info_regression, full[:, :2], "ab", "number", random_state=0)

json.dump(
    {
        "versions": {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__, "scipy": scipy.__version__},
        "trained": TRAINED,
        "full": full.tolist(),
        "holes": [[None if numpy.isnan(value) else value for value in row] for row in holes.tolist()],
        "cities": list(cities),
        "sizes": list(sizes),
        "texts": texts,
        "number": number.tolist(),
        "pair": pair.tolist(),
        "three": three.tolist(),
        "cases": cases,
    },
    sys.stdout,
    ensure_ascii=False,
    separators=(",", ":"),
)
print()
