"""What an AI developer does with a release: learn from it how badly people are hurt in road accidents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

LABEL = "상해정도"
SEVERE = ("중상", "사망")
FEATURES = ("운전자생년월일", "운전자성별", "주야", "기상상태", "법규위반", "사고유형", "추정속도")
COLUMNS = (*FEATURES, LABEL)


@dataclass(frozen=True, slots=True)
class Score:
    """How well the model tells severe accidents from others.

    Attributes:
        model: mean area under the ROC curve over five folds.
        baseline: that of a model that knows only how often accidents are severe.
        rows: rows learned from.
        severe: rows of severe accidents among them.
    """

    model: float
    baseline: float
    rows: int
    severe: int

    @property
    def learned(self) -> bool:
        """Whether it is better than the baseline."""
        return self.model > self.baseline


def learn(frame: Any) -> Score:
    """Cross-validate a logistic regression on an extract.

    Args:
        frame: pandas DataFrame with `COLUMNS`, as ``safezone.client.load(..., as_="pandas")`` gives it.
    """
    severe = frame[LABEL].isin(SEVERE).to_numpy()
    features = frame[list(FEATURES)].astype(object).fillna("미상")
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), list(FEATURES)))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)

    def auc(estimator: Any) -> float:
        model = make_pipeline(encode, estimator)
        return float(cross_val_score(model, features, severe, cv=folds, scoring="roc_auc").mean())

    return Score(
        auc(LogisticRegression(max_iter=1_000)),
        auc(DummyClassifier()),
        len(frame),
        int(severe.sum()),
    )
