"""Positions come from BIDS tables, and only from MNI space."""

import json

import numpy as np
import pytest

from limen.quantities import InputError
from limen.recording import electrode_positions


def tables(folder, rows="LA1\t1\t2\t3\nLA2\tn/a\tn/a\tn/a\n", head="name\tx\ty\tz\n", **system):
    held = {"iEEGCoordinateSystem": "MNI152NLin2009aSym", "iEEGCoordinateUnits": "mm"} | system
    (folder / "electrodes.tsv").write_text(head + rows, encoding="utf-8")
    (folder / "coordsystem.json").write_text(json.dumps(held), encoding="utf-8")
    return folder / "electrodes.tsv", folder / "coordsystem.json"


def test_positions_stand_in_the_order_of_the_channels_in_millimetres(tmp_path):
    found = electrode_positions(*tables(tmp_path, iEEGCoordinateUnits="m"), ["LA2", "EEG LA1", "LB1"])
    np.testing.assert_array_equal(found, [[np.nan] * 3, [1000, 2000, 3000], [np.nan] * 3])


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"iEEGCoordinateSystem": "ACPC"}, "in the space ACPC: regions need MNI space"),
        ({"iEEGCoordinateUnits": "pixels"}, "in the unit pixels"),
        ({"head": "name\tx\ty\n", "rows": "LA1\t1\t2\n"}, "no column z"),
        ({"rows": "LA1\tone\t2\t3\n"}, "'one' as x of LA1"),
    ],
)
def test_what_cannot_be_placed_is_refused(tmp_path, changed, says):
    with pytest.raises(InputError, match=says):
        electrode_positions(*tables(tmp_path, **changed), ["LA1"])
