"""The infusion centre's web app: its records, its rules, its pages.

The room is loaded by `limen serve` and `limen centre` alone; it needs the extra `limen[centre]`.
"""
