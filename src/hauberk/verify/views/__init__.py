"""Views: how strongly something contradicts the label of each row, in log odds; one file a view."""

from hauberk.verify.views.discriminant import discriminant_margin
from hauberk.verify.views.linear import linear_margin
from hauberk.verify.views.margin import label_margin
from hauberk.verify.views.neighbours import neighbour_margin
from hauberk.verify.views.out_of_fold import out_of_fold, stratified_folds
from hauberk.verify.views.pool import Labels, Learner, Matrix, Pool
from hauberk.verify.views.training import training_margin

__all__ = [
    "Labels",
    "Learner",
    "Matrix",
    "Pool",
    "discriminant_margin",
    "label_margin",
    "linear_margin",
    "neighbour_margin",
    "out_of_fold",
    "stratified_folds",
    "training_margin",
]
