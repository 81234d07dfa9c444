//! Paths as an app is likely to read them.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The path with percent-encoding decoded, without empty segments, and with dot segments resolved (RFC 3986 §5.2.4): all
/// spellings that frameworks read alike give the same.
pub(crate) fn plain(path: &str) -> Cow<'_, str> {
    if !path.contains('%') && !path.contains("//") && !path.contains("/.") {
        return Cow::Borrowed(path);
    }
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let mut segments = Vec::new();
    for segment in decoded.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    let ends_open = !segments.is_empty() && matches!(decoded.rsplit('/').next(), Some("" | "." | ".."));
    let root = if decoded.starts_with('/') { "/" } else { "" };
    Cow::Owned(format!("{root}{}{}", segments.join("/"), if ends_open { "/" } else { "" }))
}

/// Whether a path has a segment `.` or `..`, however it is spelled.
pub(crate) fn has_dot_segments(path: &str) -> bool {
    let is_dots = |segment: &str| matches!(segment, "." | "..");
    path.contains('.') && path.split('/').any(is_dots)
        || path.contains('%') && percent_decode_str(path).decode_utf8_lossy().split(['/', '\\']).any(is_dots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_path_are_one_path() {
        for path in
            ["/billing", "/%62illing", "//billing", "/./billing", "/a/../billing", "/%2e%2e/billing", "/..//billing"]
        {
            assert_eq!(plain(path), "/billing", "{path}");
        }
        for (path, expected) in [
            ("/", "/"),
            ("//", "/"),
            ("/..", "/"),
            ("/a/", "/a/"),
            ("/a//b/", "/a/b/"),
            ("/a%2Fb", "/a/b"),
            ("*", "*"),
            ("", ""),
        ] {
            assert_eq!(plain(path), expected, "{path}");
        }
        assert_eq!(plain("/%ff"), "/\u{fffd}", "what is no UTF-8 is compared as damaged");
        assert_eq!(plain("/billing*"), "/billing*", "a pattern stays one");
    }

    #[test]
    fn dot_segments_are_seen_through_their_encoding() {
        for path in ["/../admin", "/a/./b", "/..", "/%2e%2e/admin", "/a/%2E/b", "/..%2fadmin", "/%2e.%5cadmin"] {
            assert!(has_dot_segments(path), "{path}");
        }
        for path in ["/", "/a.b", "/...", "/.well-known/x", "/a..b", "/%2ewell-known", "*"] {
            assert!(!has_dot_segments(path), "{path}");
        }
    }
}
