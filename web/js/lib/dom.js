/**
 * Building the page. Data becomes text nodes and attributes, never markup: there is no way to inject any.
 */

/** @typedef {Node | string | number | null | undefined | false} Leaf */
/** What an element may hold; lists, also within lists, are laid out flat. @typedef {Leaf | readonly (Leaf | readonly Leaf[])[]} Child */

/**
 * Attributes, and a few that are more: `class`, `dataset`, `on` (listeners by event), `style` (custom and other properties through the CSSOM), `ref`.
 * `true` gives an empty attribute; `false`, null and undefined give none.
 * @typedef {{
 *   on?: Record<string, (event: any) => void>,
 *   dataset?: Record<string, string | undefined>,
 *   style?: Record<string, string>,
 *   [attribute: string]: any,
 * }} Attributes
 */

const svgNamespace = "http://www.w3.org/2000/svg";

/**
 * An HTML element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes | null} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  setAttributes(element, attributes ?? {});
  append(element, children);
  return element;
}

/**
 * An SVG element.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes | null} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(svgNamespace, tag);
  setAttributes(element, attributes ?? {});
  append(element, children);
  return element;
}

/**
 * @param {Element} element
 * @param {Attributes} attributes
 */
export function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "dataset") {
      for (const [key, text] of Object.entries(value)) {
        if (text !== undefined) /** @type {HTMLElement} */ (element).dataset[key] = String(text);
      }
    } else if (name === "style") {
      for (const [property, text] of Object.entries(value)) {
        /** @type {HTMLElement} */ (element).style.setProperty(property, String(text));
      }
    } else if (name.startsWith("on")) {
      // An attribute such as onclick would be script in text.
      throw new TypeError(`Listeners belong in "on", not in ${name}`);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value === false || value === null || value === undefined) {
      element.removeAttribute(name);
    } else {
      element.setAttribute(name, String(value));
    }
  }
}

/**
 * @param {Node} parent
 * @param {readonly Child[]} children
 */
export function append(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (child instanceof Node) parent.appendChild(child);
    else if (typeof child === "object") append(parent, child);
    else parent.appendChild(document.createTextNode(String(child)));
  }
}

/**
 * Puts these in the place of what an element holds.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  const fragment = document.createDocumentFragment();
  append(fragment, children);
  element.replaceChildren(fragment);
}

/**
 * Changes an element's text only when it differs, so that live figures neither flicker nor disturb a selection.
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Keeps a list of elements in step with a list of items: elements of items that stay are moved and updated, not made again, so focus and
 * scrolling survive.
 * @template Item
 * @param {Element} parent whose children are all of this list
 * @param {readonly Item[]} items
 * @param {{
 *   key: (item: Item) => string | number,
 *   create: (item: Item) => HTMLElement,
 *   update?: (element: HTMLElement, item: Item) => void,
 * }} by
 */
export function keepInStep(parent, items, by) {
  /** @type {Map<string, HTMLElement>} */
  const known = new Map();
  for (const child of /** @type {HTMLElement[]} */ ([...parent.children])) known.set(keys.get(child) ?? "", child);
  /** @type {Element | null} */
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = String(by.key(item));
    let element = known.get(key);
    if (element) {
      known.delete(key);
    } else {
      element = by.create(item);
      keys.set(element, key);
    }
    by.update?.(element, item);
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  for (const gone of known.values()) gone.remove();
}

/** @type {WeakMap<Element, string>} */
const keys = new WeakMap();

let lastID = 0;

/**
 * An id that no other element has.
 * @param {string} [prefix]
 */
export function uniqueID(prefix = "id") {
  return `${prefix}-${++lastID}`;
}
