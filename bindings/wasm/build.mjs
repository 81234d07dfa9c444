/**
 * Puts the npm package together: JavaScript from `js/`, the types and texts beside it, and the modules of WebAssembly.
 *
 * node build.mjs --modules FOLDER --out FOLDER --version VERSION
 */

import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { parseArgs } from "node:util";

import { textOf } from "./js/octets-in-text.js";

const sources = import.meta.dirname;
// The tests' project has it.
const esbuild = createRequire(path.join(sources, "tests/package.json"))("esbuild");

const { modules, out, version } = parseArgs({
  options: { modules: { type: "string" }, out: { type: "string" }, version: { type: "string" } },
}).values;

const dist = path.resolve(out, "dist");
await rm(out, { recursive: true, force: true });
await mkdir(dist, { recursive: true });

for (const name of ["hookseal", "explain"]) await cp(path.join(modules, `${name}_bg.wasm`), path.join(dist, `${name}.wasm`));
for (const [entry, name] of [["index", "hookseal"], ["explain", "explain"]]) {
  const source = `${entry}.js`;
  await bundle(source, `${entry}.js`, "esm", inlined(name));
  await bundle(source, `${entry}.cjs`, "cjs", inlined(name));
  await bundle(source, `${entry}.workerd.js`, "esm", imported(name));
  await types(entry);
}
await bundle("index.js", "index.node.cjs", "cjs", inlined("hookseal"));
await wrapped("index.node.cjs", "index.node.js");
for (const entry of ["node", "testing"]) {
  await bundle(`${entry}/index.js`, `${entry}.cjs`, "cjs", core("./index.node.cjs"), "node");
  await wrapped(`${entry}.cjs`, `${entry}.js`);
  await types(entry);
}

for (const text of ["README.md", "LICENSE-APACHE", "LICENSE-MIT"]) await cp(path.join(sources, text), path.join(out, text));
const manifest = JSON.parse(await readFile(path.join(sources, "package.json"), "utf8"));
await writeFile(path.join(out, "package.json"), `${JSON.stringify({ ...manifest, version }, undefined, 2)}\n`);

async function bundle(entry, name, format, plugin, platform = name.includes(".node.") ? "node" : "neutral") {
  await esbuild.build({
    entryPoints: [path.join(sources, "js", entry)],
    outfile: path.join(dist, name),
    bundle: true,
    format,
    platform,
    target: "es2022",
    legalComments: "none",
    plugins: [plugin],
  });
}

/** What an entry has of the core it has from there, so that the classes are the same. */
function core(path) {
  return {
    name: "core",
    setup(build) {
      build.onResolve({ filter: /\/(errors|verifier)\.js$/ }, () => ({ path, external: true }));
    },
  };
}

/** The module's octets stand in the JavaScript, and are compiled when that is loaded: it loads the same way everywhere. */
function inlined(name) {
  return moduleFrom(name, async () => {
    const octets = await readFile(path.join(modules, `${name}_bg.wasm`));
    return `import { octetsOf } from "./octets-in-text.js";
      export default new WebAssembly.Module(octetsOf(${JSON.stringify(textOf(octets))}, ${octets.length}));`;
  });
}

/** Workers compile no octets; they import modules that are compiled already. */
function imported(name) {
  return moduleFrom(name, () => `export { default } from "./${name}.wasm";`);
}

function moduleFrom(name, contents) {
  return {
    name: "module",
    setup(build) {
      build.onResolve({ filter: /^#module$/ }, () => ({ path: "module", namespace: "module" }));
      build.onLoad({ filter: /.*/, namespace: "module" }, async () => ({
        contents: await contents(),
        resolveDir: path.join(sources, "js"),
      }));
      build.onResolve({ filter: /^#glue$/ }, () => ({ path: path.resolve(modules, `${name}_bg.js`), namespace: "glue" }));
      build.onLoad({ filter: /.*/, namespace: "glue" }, async ({ path }) => ({ contents: await glueOf(path) }));
      const handover = build.initialOptions.platform === "node" ? "node" : "none";
      build.onResolve({ filter: /^#handover$/ }, () => ({ path: path.join(sources, "js/handover", `${handover}.js`) }));
      build.onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path, external: true }));
    },
  };
}

/** wasm-bindgen's JavaScript keeps what belongs to one instance in its own variables; so that each gets its own. */
async function glueOf(file) {
  const text = await readFile(file, "utf8");
  const names = [...text.matchAll(/^export function (\w+)/gm)].map(([, name]) => name);
  return `export default () => {\n${text.replaceAll(/^export /gm, "")}\nreturn { ${names.join(", ")} };\n};`;
}

/** In Node.js, `import` and `require` get the same classes. */
async function wrapped(cjs, name) {
  const names = Object.keys(createRequire(import.meta.url)(path.join(dist, cjs)));
  await writeFile(
    path.join(dist, name),
    `import hookseal from "./${cjs}";\nexport const { ${names.join(", ")} } = hookseal;\n`,
  );
}

/** Hand-written, once for `import` and once for `require`. */
async function types(entry) {
  const text = await readFile(path.join(sources, "types", `${entry}.d.ts`), "utf8");
  await writeFile(path.join(dist, `${entry}.d.ts`), text);
  await writeFile(path.join(dist, `${entry}.d.cts`), text.replaceAll(/(from "\.[^"]*)\.js"/g, '$1.cjs"'));
}
