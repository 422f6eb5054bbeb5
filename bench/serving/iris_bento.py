"""The peer with BentoML: its service as its tutorial writes one."""

import bentoml
import joblib


@bentoml.service
class Iris:
    def __init__(self) -> None:
        self.model = joblib.load("model.joblib")

    @bentoml.api
    def predict(self, features: list[float]) -> dict:
        shares = self.model.predict_proba([features])[0]
        return {
            "prediction": str(self.model.classes_[shares.argmax()]),
            "probabilities": {str(name): float(share) for name, share in zip(self.model.classes_, shares)},
        }
