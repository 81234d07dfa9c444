//! A module of WebAssembly: compiled, bound to JavaScript, made small.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::provision::WasmToolchain;
use crate::repo::Repo;

/// Its profile in the workspace's manifest.
const PROFILE: &str = "wasm";

/// What sha2's SIMD backend and today's browsers have.
const FEATURES: [&str; 7] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-multivalue",
    "--enable-reference-types",
];

/// One of the package's modules.
#[derive(Clone, Copy)]
pub(super) enum Module {
    /// Keys, signing and verifying.
    Hookseal,
    /// Why a signature did not verify.
    Explain,
}

impl Module {
    pub(super) const ALL: [Self; 2] = [Self::Hookseal, Self::Explain];

    fn name(self) -> &'static str {
        match self {
            Self::Hookseal => "hookseal",
            Self::Explain => "explain",
        }
    }

    fn features(self) -> &'static [&'static str] {
        match self {
            Self::Hookseal => &[],
            Self::Explain => &["--features", "explain"],
        }
    }

    /// Writes `<name>_bg.wasm` and `<name>_bg.js` into the folder.
    pub(super) fn build(self, repo: &Repo, toolchain: &WasmToolchain, folder: &Path) -> Result<()> {
        // A directory of its own: another compiler's artefacts must not replace those of the other stages.
        let target_dir = repo.scratch().join("wasm");
        toolchain
            .cargo_build(repo)
            .args(["--package", "hookseal-wasm", "--profile", PROFILE, "--locked"])
            .args(self.features())
            .arg("--target-dir")
            .arg(&target_dir)
            .run()?;
        let compiled = WasmToolchain::folder(&target_dir, PROFILE).join("hookseal_wasm.wasm");
        bind(&compiled, self.name(), folder)?;
        optimise(repo, &folder.join(format!("{}_bg.wasm", self.name())))
    }
}

fn bind(compiled: &Path, name: &str, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))?;
    let mut bindgen = Bindgen::new();
    bindgen.input_path(compiled).out_name(name).typescript(false);
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen.bundler(true)?.generate(folder).with_context(|| format!("could not bind {}", compiled.display()))
}

fn optimise(repo: &Repo, module: &Path) -> Result<()> {
    repo.cmd("wasm-opt")
        .args(["-Oz", "--converge", "--strip-producers", "--strip-debug", "--strip-target-features"])
        .args(FEATURES)
        .arg(module)
        .arg("-o")
        .arg(module)
        .run()?;
    let size = fs::metadata(module).with_context(|| format!("could not read {}", module.display()))?.len();
    println!("{}: {size} octets", module.display());
    Ok(())
}
