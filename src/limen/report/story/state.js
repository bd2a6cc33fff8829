// What the reader has set, and who wants to know when it changes.

export function makeState(start) {
  const listeners = [];
  let current = { ...start };
  return {
    get: () => current,
    onChange: (listener) => listeners.push(listener),
    set(change) {
      current = { ...current, ...change };
      listeners.forEach((listener) => listener(current));
    },
  };
}

export function cellKey({ dose, minutes }) {
  return `${dose},${minutes}`;
}

export function settingOf(grid, { dose, minutes }) {
  return { mgPerKg: grid.dose_mg_per_kg[dose], minutes: grid.minutes[minutes] };
}

// One cell of the grid as the charts show it, with the mood under no switch.
export function viewOf(data, place) {
  const { pump, concentration, occupancy, cadss, mood } = data.cells[cellKey(place)];
  return { pump, concentration, occupancy, cadss, mood: mood.default };
}

// The mood under one switch; where the data hold no variant it equals the default.
export function moodUnder(data, place, joint) {
  const moods = data.cells[cellKey(place)].mood;
  return (joint && moods[`${joint.id}=${joint.word}`]) || moods.default;
}
