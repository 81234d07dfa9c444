//! docs/troubleshooting.md has every id that an explanation can have, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const FAMILIES: [&str; 6] = ["key.", "body.", "input.", "value.", "scheme.", "damage."];

#[test]
fn the_document_has_every_id_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let document = fs::read_to_string(root.join("docs/troubleshooting.md")).unwrap();
    // An id is introduced by a heading or by the first cell of a row.
    let introduced = document.lines().filter_map(|line| {
        let line = line.strip_prefix("### ").or_else(|| line.strip_prefix("| "))?;
        line.strip_prefix('`')?.split('`').next()
    });
    let documented: BTreeSet<String> = introduced.filter(|id| is_id(id)).map(str::to_owned).collect();

    let mut known = BTreeSet::new();
    for code in sources(&root.join("src/explain")) {
        let quoted = code.match_indices('"').filter_map(|(at, _)| code[at + 1..].split('"').next());
        known.extend(quoted.filter(|text| is_id(text)).map(str::to_owned));
    }
    assert!(known.len() > 50, "{known:?}");
    assert_eq!(documented, known);
}

#[test]
fn the_document_has_every_member_of_detail_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let document = fs::read_to_string(root.join("docs/troubleshooting.md")).unwrap();
    let table = document.split("## What `detail` says").nth(1).unwrap().split("\n## ").next().unwrap();
    let names = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let documented: BTreeSet<&str> =
        names.flat_map(|names| names.split(", ")).map(|name| name.trim_matches('`')).collect();

    let sources = sources(&root.join("src/explain"));
    let named = |call: &'static str| sources.iter().flat_map(move |code| code.split(call).skip(1));
    let known: BTreeSet<&str> =
        named(".with(").filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next()).collect();
    assert!(known.len() > 20, "{known:?}");
    assert_eq!(documented, known);
}

fn is_id(text: &str) -> bool {
    let name = FAMILIES.iter().find_map(|family| text.strip_prefix(family));
    name.is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|octet| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    })
}

/// The search's own code, without its tests.
fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let files = files.into_iter().filter(|path| !path.ends_with("tests.rs"));
    let code = files.map(|path| fs::read_to_string(path).unwrap());
    let code = code.map(|code| code.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned());
    code.chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}
