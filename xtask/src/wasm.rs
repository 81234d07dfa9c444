//! `cargo xtask wasm`: the npm package `hookseal`, ready to be packed or tested.
//!
//! The modules of WebAssembly come from the Rust crate `bindings/wasm`, what is JavaScript from the folder `js` in it.
//! `bindings/wasm/build.mjs` puts both together.

mod module;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::package::empty_folder;
use crate::provision::{Node, Provision};
use crate::repo::Repo;
use module::Module;

/// The package's sources.
pub(crate) const SOURCES: &str = "bindings/wasm";

/// Its tests, which are an npm project of their own: what they need, the build needs in part.
pub(crate) const TESTS: &str = "bindings/wasm/tests";

/// Build the npm package below the target directory.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Pack it, too, into this folder
    #[arg(long, value_name = "FOLDER")]
    pack: Option<PathBuf>,
}

pub(crate) fn run(repo: &Repo, args: &Args) -> Result<()> {
    let provision = Provision::new(repo);
    let made = match &args.pack {
        Some(folder) => pack(repo, &provision, folder)?,
        None => build(repo, &provision)?,
    };
    println!("\n{}", made.display());
    Ok(())
}

/// Builds the package, and returns the folder that holds what npm would pack.
pub(crate) fn build(repo: &Repo, provision: &Provision<'_>) -> Result<PathBuf> {
    let toolchain = provision.wasm()?;
    let node = provision.npm_packages(&repo.root().join(TESTS))?;
    let modules = repo.scratch().join("npm/modules");
    for module in Module::ALL {
        module.build(repo, toolchain, &modules)?;
    }
    let package = repo.scratch().join("npm/hookseal");
    node.cmd(node.executable())
        .arg(repo.root().join(SOURCES).join("build.mjs"))
        .arg("--modules")
        .arg(&modules)
        .arg("--out")
        .arg(&package)
        .args(["--version", &version(repo)?])
        .run()?;
    Ok(package)
}

/// Builds the package, packs it, and puts what is in the tarball where the tests import it by its name.
///
/// A link would not do: bundlers follow none that leads out of a project.
pub(crate) fn build_for_tests(repo: &Repo, provision: &Provision<'_>) -> Result<()> {
    let tarball = pack(repo, provision, &repo.scratch().join("npm"))?;
    let place = repo.root().join(TESTS).join("node_modules/hookseal");
    if place.is_symlink() {
        fs::remove_file(&place).with_context(|| format!("could not remove {}", place.display()))?;
    }
    empty_folder(&place)?;
    repo.cmd("tar").args(["-x", "-z", "--strip-components=1", "-C"]).arg(place).arg("-f").arg(tarball).run()
}

/// Builds the package and packs it into `folder`; returns the tarball.
pub(crate) fn pack(repo: &Repo, provision: &Provision<'_>, folder: &Path) -> Result<PathBuf> {
    let package = build(repo, provision)?;
    npm_pack(provision.node()?, &package, folder)
}

/// Packs a package into `folder`; returns the tarball.
pub(crate) fn npm_pack(node: &Node, package: &Path, folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))?;
    let folder = folder.canonicalize().with_context(|| format!("could not find {}", folder.display()))?;
    let pack = node.cmd("npm").args(["pack", "--silent", "--pack-destination"]).arg(&folder);
    let name = pack.dir(package).read()?;
    Ok(folder.join(name.trim()))
}

fn version(repo: &Repo) -> Result<String> {
    let mut members = repo.packages().members();
    let package = members.find(|package| package.name == "hookseal-wasm").context("there is no hookseal-wasm")?;
    Ok(package.version.clone())
}
