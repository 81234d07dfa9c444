//! What compiles the npm package's WebAssembly: small, so with a standard library that is compiled along, and with
//! binaryen's `wasm-opt` behind it.
//!
//! Compiling the standard library is unstable, and stable toolchains come without its source. Debian's rustc-web
//! packages have both; where there is no Debian, the toolchain's own wasm32 target serves, and the package is larger.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{apt, no_std};
use crate::repo::Repo;
use crate::shell::{Cmd, on_path};

const TARGET: &str = "wasm32-unknown-unknown";

/// sha2 has a backend for SIMD, which is half as fast again as the plain one or better. Nothing but numbers goes to and
/// fro, so that wasm-bindgen needs no table of references.
const SIMD: &str = "-C target-feature=+simd128,-reference-types";

/// A panic is a trap: no text, no formatting of it, no place. JavaScript then makes a new instance.
const SMALL: &str = "-Z unstable-options -C panic=immediate-abort -Z location-detail=none";

/// The stack needs little, and what it is given is downloaded by nobody but reserved by everybody.
const STACK: &str = "-C link-arg=-zstack-size=65536";

pub(crate) enum WasmToolchain {
    /// Debian's compiler, and the linker that it lacks.
    Debian { linker: PathBuf },
    /// The toolchain that runs xtask.
    Own,
}

pub(super) fn install(repo: &Repo) -> Result<WasmToolchain> {
    if !on_path("apt-get") {
        ensure!(on_path("wasm-opt"), "wasm-opt is needed; it is part of binaryen");
        return Ok(WasmToolchain::Own);
    }
    no_std::install_debian(repo)?;
    apt::ensure(&["binaryen"])?;
    Ok(WasmToolchain::Debian { linker: linker(repo)? })
}

impl WasmToolchain {
    /// `cargo build` for WebAssembly.
    pub(crate) fn cargo_build(&self, repo: &Repo) -> Cmd {
        let build = match self {
            Self::Own => repo.cargo("build").env("RUSTFLAGS", [SIMD, STACK].join(" ")),
            Self::Debian { linker } => no_std::debian_cargo(repo)
                .env("RUSTFLAGS", [SIMD, SMALL, STACK].join(" "))
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                .args(["build", "-Z", "build-std=std,panic_abort", "-Z", "build-std-features=optimize_for_size"]),
        };
        build.args(["--target", TARGET])
    }

    /// Where cargo leaves what it built with this profile.
    pub(crate) fn folder(target_dir: &Path, profile: &str) -> PathBuf {
        target_dir.join(TARGET).join(profile)
    }
}

/// The linker in rustup's toolchains, or Debian's.
fn linker(repo: &Repo) -> Result<PathBuf> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let libdir = repo.cmd(rustc).args(["--print", "target-libdir"]).read()?;
    let of_toolchain = Path::new(libdir.trim()).with_file_name("bin").join("rust-lld");
    if of_toolchain.is_file() {
        return Ok(of_toolchain);
    }
    apt::ensure(&["lld"]).context("a linker for WebAssembly is needed")?;
    Ok(PathBuf::from("wasm-ld"))
}
