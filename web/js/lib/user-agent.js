/**
 * What a browser calls itself, in words a person knows. Only for display: the text is anybody's.
 */

/** The first that fits: most browsers also name those they resemble. @type {[RegExp, string][]} */
const browsers = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/\bChromium\//, "Chromium"],
  [/\bChrome\/|\bCriOS\//, "Chrome"],
  [/\bVersion\/.*\bSafari\//, "Safari"],
  [/^curl\//, "curl"],
];

/** @type {[RegExp, string][]} */
const systems = [
  [/\bAndroid\b/, "Android"],
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

/**
 * @param {string | null} agent the User-Agent header
 * @returns {{ browser: string | null, system: string | null, isPhone: boolean }}
 */
export function describeAgent(agent) {
  const text = agent ?? "";
  const system = systems.find(([pattern]) => pattern.test(text))?.[1] ?? null;
  return {
    browser: browsers.find(([pattern]) => pattern.test(text))?.[1] ?? null,
    system,
    isPhone: system === "iPhone" || (system === "Android" && /\bMobile\b/.test(text)),
  };
}
