/**
 * Icons, drawn on a grid of 24 × 24 with one stroke width. They accompany words and are hidden from assistive technology; where an icon
 * stands alone, its button has a label.
 */

import { svg } from "../lib/dom.js";

/** Each icon's strokes. */
const strokes = {
  alert: ["M12 4 3 19.5h18z", "M12 10v4.500", "M12 17.200v.1"],
  archive: ["M4 8V5.500h16V8z", "M5.500 8v11h13V8", "M10 12h4"],
  calendar: ["M4.500 6.500h15v13h-15z", "M4.500 10.500h15", "M8.500 4v4", "M15.500 4v4"],
  check: ["m5 12.500 4.500 4.500L19 7.500"],
  chevronDown: ["m6 9.500 6 6 6-6"],
  chevronRight: ["m9.500 6 6 6-6 6"],
  clock: ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z", "M12 8v4.500l3 2"],
  close: ["m6.500 6.500 11 11", "m17.500 6.500-11 11"],
  copy: ["M9 9h10v11H9z", "M15 9V4H5v11h4"],
  download: ["M12 4v11", "m7.500 11 4.500 4.500 4.500-4.500", "M5 19.500h14"],
  eye: ["M3 12s3.300-6 9-6 9 6 9 6-3.300 6-9 6-9-6-9-6z", "M12 9.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5z"],
  eyeOff: [
    "M9.900 6.200A9.600 9.600 0 0 1 12 6c5.700 0 9 6 9 6a16 16 0 0 1-2.700 3.300",
    "M14.500 17.600A9 9 0 0 1 12 18c-5.700 0-9-6-9-6a16.500 16.500 0 0 1 4-4.400",
    "m4 4 16 16",
  ],
  filter: ["M4 6h16l-6 7v5.500l-4-2V13z"],
  folder: ["M3.500 6h6l2 2.500h9V19h-17z"],
  info: ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z", "M12 11v5", "M12 8v.1"],
  key: ["M8 11.500a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "m11 12.700 8.500-8.500", "m16 7.700 3 3"],
  laptop: ["M5.500 5.500h13v10h-13z", "M2.500 19h19"],
  menu: ["M4 7h16", "M4 12h16", "M4 17h16"],
  minus: ["M5 12h14"],
  more: ["M6 12h.1", "M12 12h.1", "M18 12h.1"],
  pause: ["M8.500 6v12", "M15.500 6v12"],
  person: [
    "M12 4.500a3.750 3.750 0 1 0 0 7.500 3.750 3.750 0 0 0 0-7.500z",
    "M4.500 20c.6-3.800 3.600-5.500 7.500-5.500s6.900 1.700 7.500 5.500",
  ],
  people: [
    "M9 5.500a3.250 3.250 0 1 0 0 6.500 3.250 3.250 0 0 0 0-6.500z",
    "M3 19.500c.5-3.300 2.800-5 6-5s5.500 1.700 6 5",
    "M15.500 5.800a3.200 3.200 0 0 1 0 6",
    "M17.500 15c2 .7 3.200 2.200 3.500 4.500",
  ],
  phone: ["M7.500 3.500h9v17h-9z", "M11 17.500h2"],
  play: ["M8 5.500v13l10.500-6.500z"],
  plus: ["M12 5v14", "M5 12h14"],
  pulse: ["M3 12.500h4l2.500-7 5 13 2.500-6h4"],
  refresh: ["M19.500 12a7.500 7.500 0 1 1-2.300-5.400", "M19.500 3.500V8H15"],
  scroll: ["M7 4h12v16H7a2.500 2.500 0 0 1-2.500-2.500V15H15", "M9.500 8.500H16", "M9.500 12H13"],
  search: ["M10.500 4.500a6 6 0 1 0 0 12 6 6 0 0 0 0-12z", "m15 15 5 5"],
  server: ["M4.500 5h15v6h-15z", "M4.500 13h15v6h-15z", "M8 8h.1", "M8 16h.1"],
  settings: [
    "M4.500 8h8",
    "M18.500 8h1",
    "M15.500 5.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5z",
    "M4.500 16h1",
    "M11.500 16h8",
    "M8.500 13.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5z",
  ],
  share: ["M12 14.500V4", "m8 7.500 4-4 4 4", "M8 10.500H5.500v9h13v-9H16"],
  lock: ["M6 11h12v9H6z", "M8.500 11V8a3.500 3.500 0 0 1 7 0v3"],
  shield: ["M12 3.500 5 6v5.500c0 4.500 3 7.500 7 9 4-1.500 7-4.500 7-9V6z"],
  signOut: ["M10 5H5v14h5", "M10.500 12H20", "m16.500 8 4 4-4 4"],
  stop: ["M6.500 6.500h11v11h-11z"],
  trash: ["M5 7h14", "M9.500 7V4.500h5V7", "M6.500 7l1 13h9l1-13", "M10.500 11v5", "M13.500 11v5"],
  unplugged: [
    "m4 20 3.500-3.500",
    "M7 13.500 10.500 17a4 4 0 0 1-5.200-.3 4 4 0 0 1 1.700-3.200z",
    "m20 4-3.500 3.500",
    "M17 10.500 13.500 7a4 4 0 0 1 5.200.3 4 4 0 0 1-1.700 3.200z",
    "m10 12 1.500-1.500",
    "m12.500 14.500L14 13",
  ],
};

/** @typedef {keyof typeof strokes} IconName */

/**
 * @param {IconName} name
 * @param {string} [className]
 */
export function icon(name, className = "") {
  return svg(
    "svg",
    { class: `icon ${className}`.trim(), viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    strokes[name].map((d) => svg("path", { d })),
  );
}

/** Fileroom's mark: a folder that holds a film. */
export function mark() {
  return svg(
    "svg",
    { class: "mark", viewBox: "0 0 32 32", "aria-hidden": "true", focusable: "false" },
    svg("rect", { class: "mark-ground", width: 32, height: 32, rx: 7 }),
    svg("path", {
      class: "mark-folder",
      d: "M7 11.500A2.500 2.500 0 0 1 9.500 9h3.600c.6 0 1.200.25 1.600.7L16 11h6.500a2.500 2.500 0 0 1 2.500 2.500V22a2.500 2.500 0 0 1-2.500 2.500h-13A2.500 2.500 0 0 1 7 22z",
    }),
    svg("path", { class: "mark-film", d: "M16 13.800v7.800M12.800 15.600h6.400M12.300 18h7.400M13 20.400h6" }),
  );
}
