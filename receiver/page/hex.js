// A hex dump, as `xxd` prints it.

const WIDTH = 16;

/** @param {Uint8Array} octets */
export function hex(octets) {
  const lines = [];
  for (let at = 0; at < octets.length; at += WIDTH) lines.push(line(at, octets.subarray(at, at + WIDTH)));
  return lines.join("\n");
}

/**
 * @param {number} at
 * @param {Uint8Array} octets
 */
function line(at, octets) {
  let numbers = "";
  let characters = "";
  octets.forEach((octet, index) => {
    numbers += octet.toString(16).padStart(2, "0") + (index % 2 === 1 ? " " : "");
    characters += octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : ".";
  });
  return `${at.toString(16).padStart(8, "0")}: ${numbers.padEnd(WIDTH * 2.5)} ${characters}`;
}
