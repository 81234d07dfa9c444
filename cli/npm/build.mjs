/**
 * Puts two npm packages together: `cli`, which everybody installs, and `cli-<os>-<cpu>`, which has the command for
 * machines like this one and which npm installs along.
 *
 * node build.mjs --command FILE --out FOLDER --version VERSION
 */

import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";

const sources = import.meta.dirname;
const { command, out, version } = parseArgs({
  options: { command: { type: "string" }, out: { type: "string" }, version: { type: "string" } },
}).values;

const { optionalDependencies, ...manifest } = JSON.parse(await readFile(path.join(sources, "package.json"), "utf8"));
const platform = `${manifest.name}-${process.platform}-${process.arch}`;
if (!Object.hasOwn(optionalDependencies, platform)) {
  throw new Error(`${platform} is not among the optional dependencies of ${manifest.name}: nobody would get it`);
}

await rm(out, { recursive: true, force: true });
await make("cli", ["README.md", "hookseal.js"], {
  ...manifest,
  version,
  optionalDependencies: Object.fromEntries(Object.keys(optionalDependencies).map((name) => [name, version])),
});

const { license, author, repository, engines } = manifest;
const folder = await make(platform.split("/")[1], [], {
  name: platform,
  version,
  description: `The hookseal command for ${process.platform} on ${process.arch}; install ${manifest.name}`,
  license,
  author,
  repository,
  engines,
  os: [process.platform],
  cpu: [process.arch],
  ...(process.platform === "linux" && { libc: ["glibc"] }),
  // Yarn would keep it zipped.
  preferUnplugged: true,
});
await writeFile(path.join(folder, "README.md"), `The \`hookseal\` command for machines of one kind. Install \`${manifest.name}\`.\n`);
await mkdir(path.join(folder, "bin"));
await copyFile(command, path.join(folder, "bin", path.basename(command)));

async function make(name, files, manifest) {
  const folder = path.join(out, name);
  await mkdir(folder, { recursive: true });
  for (const file of files) await copyFile(path.join(sources, file), path.join(folder, file));
  for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) await copyFile(path.join(sources, "..", licence), path.join(folder, licence));
  await writeFile(path.join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return folder;
}
