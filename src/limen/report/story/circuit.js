// The page of the circuit: its figures are still, so only the theme and the print view need a script.

import { ready, themeButton } from "./theme.js";

themeButton();
ready();
