"""From block and exposure to dissociation, pressure and mood over time."""
