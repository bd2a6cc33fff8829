"""Whether a benefit goes by way of dissociation, and what unmeasured cause would undo that reading."""

from limen.inference.mediation.answer import mediation_answer
from limen.inference.mediation.covariates import EXPOSURE_ERROR_CV
from limen.inference.mediation.links import link_meta_analysis

__all__ = ["EXPOSURE_ERROR_CV", "link_meta_analysis", "mediation_answer"]
