/**
 * A QR code as SVG. Dark on white whatever the theme: readers expect it so.
 *
 * Source: ISO/IEC 18004 §5.3.8 (a quiet zone of four modules), §5.3.2 (dark modules on light).
 */

import { svg } from "../lib/dom.js";

/** @typedef {import("./types.js").QRModules} QRModules */

const quietZone = 4;

/**
 * The dark modules as one path: a stroke of one module's height for each run in a row.
 * @param {readonly string[]} rows
 */
export function qrPath(rows) {
  return rows.flatMap((row, y) =>
    [...row.matchAll(/1+/g)].map((run) => `M${run.index + quietZone} ${y + quietZone + 0.5}h${run[0].length}`)
  ).join("");
}

/**
 * @param {QRModules} code
 * @param {string} label what it holds
 */
export function qrImage({ size, rows }, label) {
  const side = size + 2 * quietZone;
  return svg(
    "svg",
    { class: "qr", viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" },
    svg("rect", { class: "qr-light", width: side, height: side }),
    svg("path", { class: "qr-dark", d: qrPath(rows) }),
  );
}
