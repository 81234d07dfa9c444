//! docs/troubleshooting.md has every id that an explanation can have, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

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
    for source in sources(&root.join("src/explain")) {
        let code = fs::read_to_string(&source).unwrap();
        let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let quoted = code.match_indices('"').filter_map(|(at, _)| code[at + 1..].split('"').next());
        known.extend(quoted.filter(|text| is_id(text)).map(str::to_owned));
    }
    assert!(known.len() > 50, "{known:?}");
    assert_eq!(documented, known);
}

fn is_id(text: &str) -> bool {
    let name = FAMILIES.iter().find_map(|family| text.strip_prefix(family));
    name.is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|octet| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    })
}

/// The search's own sources, not its tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let files = files.into_iter().filter(|path| !path.ends_with("tests.rs"));
    files.chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}
