//! `cargo xtask package`: makes everything that is published, into `dist/`.

pub(crate) mod crates;
mod npm;
pub(crate) mod python;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::provision::Provision;
use crate::repo::Repo;
use crate::wasm;
use python::Builder;

/// Make all that is published into dist/, and print the sizes.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(repo: &Repo, _args: &Args) -> Result<()> {
    let provision = Provision::new(repo);
    let mut dist = Dist::create(repo)?;
    dist.add("the crates", || crates::pack(repo))?;
    dist.add("the command", || Ok(vec![command(repo)?]))?;
    dist.add("the Python packages", || {
        let builder = Builder::new(repo, &provision)?;
        Ok(vec![builder.sdist()?, builder.wheel()?, builder.command_wheel()?])
    })?;
    dist.add("the npm package", || Ok(vec![wasm::pack(repo, &provision, &repo.scratch().join("npm/packed"))?]))?;
    dist.add("the command's npm packages", || {
        npm::command_packages(repo, provision.node()?, &repo.command("release"))
    })?;
    dist.print();
    Ok(())
}

/// The release build of the command: the one that `cargo run --release` and the command's wheel have too.
fn command(repo: &Repo) -> Result<PathBuf> {
    repo.cargo("build").args(["--release", "--locked", "--package", "hookseal-cli"]).run()?;
    Ok(repo.command("release"))
}

/// The folder `dist/`, with nothing in it but what this run makes.
struct Dist {
    folder: PathBuf,
    /// Names and sizes.
    files: Vec<(String, u64)>,
}

impl Dist {
    fn create(repo: &Repo) -> Result<Self> {
        let folder = repo.root().join("dist");
        empty_folder(&folder)?;
        Ok(Self { folder, files: Vec::new() })
    }

    /// Says what is being made, and keeps it.
    fn add(&mut self, what: &str, make: impl FnOnce() -> Result<Vec<PathBuf>>) -> Result<()> {
        println!("\n==== {what} ====\n");
        let start = Instant::now();
        for path in make().with_context(|| format!("could not make {what}"))? {
            let name = path.file_name().context("a file without a name was made")?;
            let size = fs::copy(&path, self.folder.join(name))
                .with_context(|| format!("could not copy {} to dist/", path.display()))?;
            self.files.push((name.to_string_lossy().into_owned(), size));
        }
        println!("\n{what}: made in {:.1} s", start.elapsed().as_secs_f64());
        Ok(())
    }

    fn print(&self) {
        println!("\n==== {} ====\n", self.folder.display());
        let width = self.files.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, size) in &self.files {
            println!("{name:width$}  {:>9}", kilobytes(*size));
        }
    }
}

/// Makes a folder, or empties it.
pub(crate) fn empty_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("could not empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))
}

/// `1,234.5 kB`, of 1000 octets each.
pub(crate) fn kilobytes(size: u64) -> String {
    let (whole, tenths) = (size / 1000, size % 1000 / 100);
    let (thousands, rest) = (whole / 1000, whole % 1000);
    if thousands == 0 { format!("{rest}.{tenths} kB") } else { format!("{thousands},{rest:03}.{tenths} kB") }
}

#[cfg(test)]
mod tests {
    use super::kilobytes;

    #[test]
    fn sizes_are_readable() {
        assert_eq!([999, 1_000, 415_454, 12_003_900].map(kilobytes), ["0.9 kB", "1.0 kB", "415.4 kB", "12,003.9 kB"]);
    }
}
