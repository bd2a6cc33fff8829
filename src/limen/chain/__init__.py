"""The one room that knows the order: from what is given to what would be recorded."""

from limen.chain.course import Chances, Course, Scene, draw_chances, respond, run_course
from limen.chain.drives import branches, course_times, drug_visits, typical_course
from limen.chain.joints import Joints, alternatives, parse_joint
from limen.chain.reference import REFERENCE_DOSE, Brain, Reference, reference_course

__all__ = [
    "REFERENCE_DOSE",
    "Brain",
    "Chances",
    "Course",
    "Joints",
    "Reference",
    "Scene",
    "alternatives",
    "branches",
    "course_times",
    "draw_chances",
    "drug_visits",
    "parse_joint",
    "reference_course",
    "respond",
    "run_course",
    "typical_course",
]
