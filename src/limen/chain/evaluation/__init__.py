"""How well each model of the library predicts measured concentrations; the event table it reads, and writes."""

from limen.chain.evaluation.answer import evaluation_answer
from limen.chain.evaluation.event_table import EventTable, read_event_table
from limen.chain.evaluation.export import event_table, write_event_table

__all__ = ["EventTable", "evaluation_answer", "event_table", "read_event_table", "write_event_table"]
