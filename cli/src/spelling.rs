//! The platform's spelling of commands: `integration:add` is `integration add`, and `integrations` lists them.

use std::ffi::OsString;

/// The arguments with the platform's spelling taken apart.
pub(crate) fn taken_apart(arguments: Vec<OsString>) -> Vec<OsString> {
    let mut arguments = arguments.into_iter();
    let program = arguments.next();
    let mut rest: Vec<OsString> = arguments.collect();
    let words: Vec<&str> = match rest.first().and_then(|first| first.to_str()) {
        Some("integrations") => vec!["integration", "list"],
        Some("integration") => {
            match (rest.get(1).and_then(|word| word.to_str()), rest.get(2).and_then(|word| word.to_str())) {
                (Some("activity"), Some(word @ ("list" | "log"))) => {
                    let joined = OsString::from(format!("activity:{word}"));
                    rest.splice(1..=2, [joined]);
                    Vec::new()
                }
                _ => Vec::new(),
            }
        }
        Some(first) => first
            .split_once(':')
            .filter(|(command, _)| *command == "integration")
            .map(|(command, word)| vec![command, word])
            .unwrap_or_default(),
        None => Vec::new(),
    };
    if !words.is_empty() {
        let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        rest.splice(..1, words);
    }
    program.into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_mean_the_same() {
        for (given, expected) in [
            ("x integration:add --url a:b", "x integration add --url a:b"),
            ("x integration:activity:log abc", "x integration activity:log abc"),
            ("x integration activity log abc", "x integration activity:log abc"),
            ("x integrations --json", "x integration list --json"),
            ("x integration get abc", "x integration get abc"),
            ("x send integration:add", "x send integration:add"),
            ("x", "x"),
        ] {
            let given = given.split(' ').map(OsString::from).collect();
            let apart = taken_apart(given).iter().map(|word| word.to_str().unwrap().to_owned()).collect::<Vec<_>>();
            assert_eq!(apart.join(" "), expected);
        }
    }
}
