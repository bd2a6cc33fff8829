// The story page.

import { claimsPanel } from "./claims.js";
import { deckPanel, pinnedText } from "./deck.js";
import { pageData } from "./dom.js";
import { infusionPanel } from "./infusion.js";
import { jointsPanel } from "./joints.js";
import { makeState } from "./state.js";
import { copyButtons, ready, themeButton } from "./theme.js";

function tellStory() {
  const data = pageData();
  const state = makeState({ ...data.grid.start, pinned: null, joint: null });
  themeButton();
  infusionPanel(data, state, (now) => pinnedText(data, now));
  deckPanel(data, state);
  jointsPanel(data, state);
  claimsPanel(data);
  copyButtons();
  ready();
}

tellStory();
