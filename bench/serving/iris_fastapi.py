"""The peer: the endpoint that FastAPI tutorials show for a scikit-learn model."""

import joblib
from fastapi import FastAPI
from pydantic import BaseModel

model = joblib.load("model.joblib")
app = FastAPI()


class Iris(BaseModel):
    features: list[float]


class Answer(BaseModel):
    prediction: str
    probabilities: dict[str, float]


@app.post("/predict")
def predict(iris: Iris) -> Answer:
    shares = model.predict_proba([iris.features])[0]
    return Answer(
        prediction=str(model.classes_[shares.argmax()]),
        probabilities={str(name): float(share) for name, share in zip(model.classes_, shares)},
    )
