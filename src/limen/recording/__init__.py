"""Doors to signals: files, live streams and replay, all as packets of the same kind."""

from limen.recording.live import LSL_ON_THIS_MACHINE, LiveStream, listen, lsl_now_s
from limen.recording.montage import Bipolar, CommonAverage, bipolar, common_average, referenced
from limen.recording.opening import open_recording
from limen.recording.packets import packets
from limen.recording.positions import electrode_positions
from limen.recording.regions import check_source_region, regions
from limen.recording.replay import Described, replay, replay_as_stream, send_as_stream
from limen.recording.signal_file import SignalFile
from limen.recording.timeline import Timeline

__all__ = [
    "LSL_ON_THIS_MACHINE",
    "Bipolar",
    "CommonAverage",
    "Described",
    "LiveStream",
    "SignalFile",
    "Timeline",
    "bipolar",
    "check_source_region",
    "common_average",
    "electrode_positions",
    "listen",
    "lsl_now_s",
    "open_recording",
    "packets",
    "referenced",
    "regions",
    "replay",
    "replay_as_stream",
    "send_as_stream",
]
