//! Debian's packages: installed only when one is missing, and never at the price of another.

use anyhow::{Context, Result, bail};

use crate::shell::{Cmd, on_path, with_retries};

/// A toolchain of the user's that is in the way must stop the installation, not go: hence `--no-remove`.
const INSTALL: [&str; 6] = ["install", "-y", "--no-install-recommends", "--no-remove", "-o", "DPkg::Lock::Timeout=300"];

/// Installs those of the packages that are missing.
pub(crate) fn ensure(packages: &[&str]) -> Result<()> {
    let missing: Vec<_> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() { Ok(()) } else { newest(&missing) }
}

/// Installs the packages, or brings them up to date where they are there.
///
/// The lists are fetched anew: old ones may name versions that the archive no longer has, or older ones than we can use.
pub(crate) fn newest(packages: &[&str]) -> Result<()> {
    let wanted = packages.join(" ");
    if !on_path("apt-get") {
        bail!("{wanted} is needed, and this machine has no apt-get to install it with");
    }
    let by_hand = format!("apt-get update && apt-get install {wanted}");
    let Some(privilege) = Privilege::of_this_process() else {
        bail!("{wanted} is needed, and this user is not root and has no sudo; run as root: {by_hand}");
    };
    with_retries(|_| {
        privilege.apt_get().arg("update").run()?;
        privilege.apt_get().args(INSTALL).args(packages).run()
    })
    .with_context(|| format!("{wanted} could not be installed; to try by hand, as root: {by_hand}"))
}

#[derive(Clone, Copy)]
enum Privilege {
    Root,
    Sudo,
}

impl Privilege {
    fn of_this_process() -> Option<Self> {
        match Cmd::new("id").arg("-u").read() {
            Ok(id) if id.trim() == "0" => Some(Self::Root),
            _ => on_path("sudo").then_some(Self::Sudo),
        }
    }

    fn apt_get(self) -> Cmd {
        match self {
            Self::Root => Cmd::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive"),
            // sudo keeps no environment: `env` sets the variable on its far side.
            Self::Sudo => Cmd::new("sudo").args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]),
        }
    }
}

fn is_installed(package: &str) -> bool {
    let status = Cmd::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]).read();
    status.is_ok_and(|status| status == "installed")
}
