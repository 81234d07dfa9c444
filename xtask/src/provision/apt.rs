//! Debian's packages: installed only when one is missing, and never at the price of another.

use anyhow::{Context, Result, bail};

use crate::shell::{Cmd, on_path, with_retries};

/// A toolchain of the user's that is in the way must stop the installation, not go: hence `--no-remove`.
const INSTALL: [&str; 6] = ["install", "-y", "--no-install-recommends", "--no-remove", "-o", "DPkg::Lock::Timeout=300"];

/// Installs those of the packages that are missing.
pub(crate) fn ensure(packages: &[&str]) -> Result<()> {
    let missing: Vec<_> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let wanted = missing.join(" ");
    if !on_path("apt-get") {
        bail!("{wanted} is not installed, and this machine has no apt-get to install it with");
    }
    let by_hand = format!("apt-get update && apt-get install {wanted}");
    let Some(privilege) = Privilege::of_this_process() else {
        bail!("{wanted} is not installed, and this user is not root and has no sudo; run as root: {by_hand}");
    };
    // Lists that name the packages may still be too old to download them by, which the second try finds out.
    let listed = missing.iter().all(|package| is_listed(package));
    with_retries(|attempt| {
        if attempt > 1 || !listed {
            privilege.apt_get().arg("update").run()?;
        }
        privilege.apt_get().args(INSTALL).args(&missing).run()
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

fn is_listed(package: &str) -> bool {
    Cmd::new("apt-cache").args(["policy", package]).read().is_ok_and(|policy| has_candidate(&policy))
}

fn has_candidate(policy: &str) -> bool {
    let candidate = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate:"));
    candidate.is_some_and(|version| version.trim() != "(none)")
}

#[cfg(test)]
mod tests {
    use super::has_candidate;

    #[test]
    fn a_package_without_a_candidate_is_not_listed() {
        assert!(has_candidate("python3-venv:\n  Installed: (none)\n  Candidate: 3.11.2-1+b1\n"));
        assert!(!has_candidate("python3-venv:\n  Installed: (none)\n  Candidate: (none)\n"));
        assert!(!has_candidate(""));
    }
}
