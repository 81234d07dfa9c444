// JSON laid out for reading. Every number and string stays as it is spelt, which parsing and writing again would not do.

import { h } from "./shared/dom.js";
import { visible, visibleLines } from "./shared/visible.js";

const TOKEN = /"(?:[^"\\]|\\.)*"|[^\s"{}[\],:]+|[{}[\],:]/g;

/** Deeper is not indented further: a hostile body must not grow with the square of its size. */
const DEEPEST = 32;

/** So many pieces are coloured, and so many characters shown. */
const MOST_COLOURED = 20_000;
const MOST_SHOWN = 512 * 1024;

/**
 * @param {string} text
 * @returns {{ error: string, text: string, nodes: Node[], isCut: boolean }} the whole of it as text, and as much as can be shown
 */
export function prettyJson(text) {
  try {
    JSON.parse(text);
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error), text: "", nodes: [], isCut: false };
  }
  const pieces = laidOut(text.match(TOKEN) ?? []);
  const plain = pieces.map(({ text }) => text).join("");
  const isCut = plain.length > MOST_SHOWN;
  const isPlain = isCut || pieces.length > MOST_COLOURED;
  return {
    error: "",
    text: plain,
    nodes: isPlain ? visibleLines(plain.slice(0, MOST_SHOWN)) : pieces.flatMap(coloured),
    isCut,
  };
}

/** @typedef {{ text: string, kind: "" | "name" | "string" | "number" | "word" }} Piece */

/** @param {string[]} tokens */
function laidOut(tokens) {
  /** @type {Piece[]} */
  const pieces = [];
  let depth = 0;
  const line = () => pieces.push({ text: `\n${"  ".repeat(Math.min(depth, DEEPEST))}`, kind: "" });
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    if (token === "{" || token === "[") {
      pieces.push({ text: token, kind: "" });
      depth += 1;
      if (next !== "}" && next !== "]") line();
    } else if (token === "}" || token === "]") {
      depth -= 1;
      const before = tokens[index - 1];
      if (before !== "{" && before !== "[") line();
      pieces.push({ text: token, kind: "" });
    } else if (token === ",") {
      pieces.push({ text: token, kind: "" });
      line();
    } else if (token === ":") pieces.push({ text: ": ", kind: "" });
    else pieces.push({ text: token, kind: kind(token, next) });
  });
  return pieces;
}

/**
 * @param {string} token
 * @param {string | undefined} next
 * @returns {Piece["kind"]}
 */
function kind(token, next) {
  if (token.startsWith('"')) return next === ":" ? "name" : "string";
  return /^[-\d]/.test(token) ? "number" : "word";
}

/**
 * @param {Piece} piece
 * @returns {Node[]}
 */
function coloured({ text, kind }) {
  return kind === "" ? [document.createTextNode(text)] : [h("span", { class: kind }, ...visible(text))];
}
