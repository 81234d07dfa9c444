// What a stranger sent, made visible: characters that would not be seen, or that would move others about.

import { h } from "./dom.js";

/** Control characters, marks of direction, spaces that look like others or like nothing, and halves of characters. */
const UNSEEN =
  /[\p{Cc}\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffd\p{Cs}\u{e0000}-\u{e0fff}]/gu;

/** Of a text with more of them, nothing is marked up: they are only written out. */
const MOST_MARKS = 5000;

/** @type {Record<string, string>} */
const SIGNS = { "\t": "⇥", "\n": "␊", "\r": "␍", "\0": "␀", "\x1b": "␛", "\x7f": "␡", "\x08": "␈" };

/** @type {Record<string, string>} */
const NAMES = {
  "\t": "tab",
  "\n": "line feed",
  "\r": "carriage return",
  "\u00a0": "no-break space",
  "\u200b": "zero width space",
  "\u202d": "left-to-right override",
  "\u202e": "right-to-left override",
  "\ufeff": "byte order mark",
  "\ufffd": "replacement character",
};

/**
 * One line of text with all that is in it. Line ends are shown too.
 *
 * @param {string} text
 * @returns {Node[]}
 */
export function visible(text) {
  return marked(text, (character) => [mark(character)]);
}

/**
 * Text of several lines. Line feeds and tabs do what they do; carriage returns, which nobody expects, and a line feed at
 * the very end, which changes a signature, are shown.
 *
 * @param {string} text
 * @returns {Node[]}
 */
export function visibleLines(text) {
  return marked(text, (character, index) => {
    if (character === "\t") return [document.createTextNode("\t")];
    if (character !== "\n") return [mark(character)];
    return index === text.length - 1
      ? [mark(character), document.createTextNode("\n")]
      : [document.createTextNode("\n")];
  });
}

/**
 * The same as a string, for titles and for the accessible names of things.
 *
 * @param {string} text
 */
export function visibleText(text) {
  return text.replace(UNSEEN, sign);
}

/**
 * @param {string} text
 * @param {(character: string, index: number) => Node[]} show
 */
function marked(text, show) {
  if ((text.match(UNSEEN)?.length ?? 0) > MOST_MARKS)
    return [document.createTextNode(text.replace(/[^\n]+/g, visibleText))];
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(UNSEEN)) {
    if (match.index > from) nodes.push(document.createTextNode(text.slice(from, match.index)));
    nodes.push(...show(match[0], match.index));
    from = match.index + match[0].length;
  }
  if (from < text.length) nodes.push(document.createTextNode(text.slice(from)));
  return nodes;
}

/** @param {string} character */
function mark(character) {
  const name = NAMES[character];
  const title = name ? `${point(character)} ${name}` : point(character);
  const faint = character === "\n" || character === "\r" || character === "\t";
  return h("span", { class: faint ? "unseen faint" : "unseen", title }, sign(character));
}

/** @param {string} character */
function sign(character) {
  return SIGNS[character] ?? point(character);
}

/** @param {string} character */
function point(character) {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
