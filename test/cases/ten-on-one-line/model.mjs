/**
 * Every word that either side has, once.
 * @type {(unit: string) => string}
 */
const settle = (unit) => `node -e '
const fs = require("fs");
const lines = fs.readFileSync("list.txt", "utf8").split("\\n").filter((line) => !/^[<>=|]{7}/.test(line));
const words = new Set([...lines.join(" ").replaceAll("names:", " ").split(/\\s+/).filter(Boolean), "${unit}"]);
fs.writeFileSync("list.txt", "names: " + [...words].join(" ") + "\\n");'`;

/** @type {(unit: string, turn: number) => object} */
export const model = (unit, turn) =>
  turn % 2 === 1 ? { text: 'Done.' } : { bash: turn === 0 ? `sed -i 's/$/ ${unit}/' list.txt; sleep 2` : settle(unit) };
