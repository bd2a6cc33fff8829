"""The words that stand wherever a result of the model is shown."""

from typing import Final

DISCLAIMER: Final = (
    "For research and education. Not a medical device. Not cleared or approved by any authority."
    " Simulated and estimated values must not be used to diagnose, to choose or change a dose, or to monitor a patient."
    " Alarms here do not replace a monitor or a clinician."
)
