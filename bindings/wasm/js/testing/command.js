import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** The package that brings the command to a project, and those that hold it, each for one kind of machine. */
const PACKAGE = "@hookseal/cli";
const SUFFIX = process.platform === "win32" ? ".exe" : "";

export function findCommand() {
  const platform = `${PACKAGE}-${process.platform}-${process.arch}`;
  const command = process.env.HOOKSEAL_BIN || inPackage(platform) || onPath();
  if (command) return command;
  throw new Error(
    `there is no hookseal command: npm install --save-dev ${PACKAGE}, or name the command in the variable HOOKSEAL_BIN. ` +
      `Looked for the package ${platform} and on the PATH.`,
  );
}

/** As the project sees it, as this package does, and as the package does that depends on it: package managers differ. */
function inPackage(platform) {
  const project = path.join(process.cwd(), "package.json");
  for (const from of [project, __filename]) {
    const by = resolved(from, `${PACKAGE}/package.json`);
    for (const holder of [from, by]) {
      const manifest = holder && resolved(holder, `${platform}/package.json`);
      if (manifest) return path.join(path.dirname(manifest), "bin", `hookseal${SUFFIX}`);
    }
  }
  return undefined;
}

function resolved(from, specifier) {
  try {
    return createRequire(from).resolve(specifier);
  } catch {
    return undefined;
  }
}

function onPath() {
  const folders = (process.env.PATH ?? "").split(path.delimiter).filter(Boolean);
  return folders.map((folder) => path.join(folder, `hookseal${SUFFIX}`)).find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
