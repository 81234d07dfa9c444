//! The oldest Rust that the manifests promise: no dependency of what is published may ask for a newer one.
//!
//! This compares manifests, for there is only one toolchain to build with; with that very version running, the other
//! stages prove the rest.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, Result, bail};

use crate::metadata::{Metadata, Node, Package};
use crate::repo::Repo;
use crate::version::Version;

pub(super) fn check(repo: &Repo) -> Result<()> {
    let metadata = Metadata::read(repo.cargo("metadata").args(["--all-features", "--locked"]))?;
    let complaints = complaints(&metadata)?;
    if !complaints.is_empty() {
        bail!("dependencies ask for a newer Rust than is promised:\n  {}", complaints.join("\n  "));
    }
    println!("No dependency of the published packages asks for a newer Rust than they promise.");
    note_newer_toolchain(repo, &metadata)
}

fn note_newer_toolchain(repo: &Repo, metadata: &Metadata) -> Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let line = repo.cmd(rustc).arg("--version").read()?;
    let running = Version::of_rustc(&line).with_context(|| format!("rustc has an unknown version: {line}"))?;
    if let Some(oldest) = metadata.published().filter_map(promised).min()
        && running > oldest
    {
        println!("Note: this is Rust {running}, and {oldest} is promised: only the manifests were compared.");
    }
    Ok(())
}

/// One line for each published package and dependency that do not go together.
fn complaints(metadata: &Metadata) -> Result<Vec<String>> {
    let packages: HashMap<_, _> = metadata.packages.iter().map(|package| (&*package.id, package)).collect();
    let resolve = metadata.resolve.as_ref().context("cargo metadata gave no graph of the dependencies")?;
    let nodes: HashMap<_, _> = resolve.nodes.iter().map(|node| (&*node.id, node)).collect();

    let mut complaints = Vec::new();
    for package in metadata.published() {
        let promise = promised(package).with_context(|| format!("{} has no rust-version", package.name))?;
        for dependency in dependencies(&package.id, &nodes).into_iter().filter_map(|id| packages.get(id)) {
            if let Some(asked) = promised(dependency).filter(|asked| *asked > promise) {
                let Package { name, version, .. } = dependency;
                complaints.push(format!("{} promises {promise}: {name} {version} asks for {asked}", package.name));
            }
        }
    }
    Ok(complaints)
}

fn promised(package: &Package) -> Option<Version> {
    Version::parse(package.rust_version.as_deref()?)
}

/// All that is built along with the package, on whatever platform.
fn dependencies<'m>(package: &'m str, nodes: &HashMap<&'m str, &'m Node>) -> BTreeSet<&'m str> {
    let mut found = BTreeSet::new();
    let mut to_visit = vec![package];
    while let Some(node) = to_visit.pop().and_then(|id| nodes.get(id)) {
        let built = node.deps.iter().filter(|dependency| !dependency.is_dev_only());
        to_visit.extend(built.map(|dependency| &*dependency.pkg).filter(|id| found.insert(*id)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(dependency_kind: &str, dependency_rust_version: &str) -> Metadata {
        let json = format!(
            r#"{{
                "packages": [
                    {{"id": "ours", "name": "ours", "version": "0.1.0", "rust_version": "1.95", "publish": null}},
                    {{"id": "private", "name": "private", "version": "0.1.0", "rust_version": "1.95", "publish": []}},
                    {{"id": "near", "name": "near", "version": "1.0.0", "rust_version": null, "publish": null}},
                    {{"id": "far", "name": "far", "version": "2.0.0", "rust_version": {dependency_rust_version}, "publish": null}},
                    {{"id": "nightly", "name": "nightly", "version": "1.0.0", "rust_version": "1.100", "publish": null}}
                ],
                "workspace_members": ["ours", "private"],
                "workspace_root": "/",
                "target_directory": "/target",
                "resolve": {{"nodes": [
                    {{"id": "ours", "deps": [{{"pkg": "near", "dep_kinds": [{{"kind": {dependency_kind}}}]}}]}},
                    {{"id": "private", "deps": [{{"pkg": "nightly", "dep_kinds": [{{"kind": null}}]}}]}},
                    {{"id": "near", "deps": [{{"pkg": "far", "dep_kinds": [{{"kind": "build"}}, {{"kind": "dev"}}]}}]}},
                    {{"id": "far", "deps": [{{"pkg": "near", "dep_kinds": [{{"kind": null}}]}}]}},
                    {{"id": "nightly", "deps": []}}
                ]}}
            }}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    fn complaints_about(dependency_kind: &str, dependency_rust_version: &str) -> Vec<String> {
        complaints(&metadata(dependency_kind, dependency_rust_version)).unwrap()
    }

    #[test]
    fn a_dependency_of_a_dependency_counts() {
        let expected = ["ours promises 1.95.0: far 2.0.0 asks for 1.95.1"];
        assert_eq!(complaints_about("null", r#""1.95.1""#), expected);
        assert_eq!(complaints_about(r#""build""#, r#""1.95.1""#), expected);
    }

    #[test]
    fn what_asks_for_no_more_is_fine() {
        assert!(complaints_about("null", r#""1.95""#).is_empty());
        assert!(complaints_about("null", "null").is_empty());
    }

    #[test]
    fn what_only_tests_use_does_not_count() {
        assert!(complaints_about(r#""dev""#, r#""1.99""#).is_empty());
    }
}
