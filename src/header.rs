//! The protected header: what it must say (RFC 7515 §4.1, RFC 7797 §3 and §6).

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use crate::error::Error;
use crate::json;

/// The protected header of every signature the platform makes, byte for byte.
pub const PROTECTED_HEADER: &str = r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#;

/// Which protected headers a verifier accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// Only [`PROTECTED_HEADER`], byte for byte: what Web PaaS, Platform.sh and Upsun send.
    #[default]
    Fixed,
    /// Any header with `alg` HS256, `b64` false and `crit` exactly `["b64"]`, in any order and with any white space.
    /// Other members (`kid`, `typ`) are allowed and reported in [`Verified`](crate::Verified); none may stand there twice.
    Rfc7797,
}

/// A member of the protected header besides `alg`, `b64` and `crit`. The signature covers it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeaderParameter {
    /// The member's name, unescaped.
    pub name: String,
    /// The member's value, as the JSON text that was signed.
    pub value: String,
}

/// Checks a decoded header and returns the members that need not be there.
pub(crate) fn check(header: &[u8], policy: Policy) -> Result<Vec<HeaderParameter>, Error> {
    let text = core::str::from_utf8(header)
        .map_err(|error| Error::InvalidHeaderJson { problem: "not UTF-8", offset: error.valid_up_to() })?;
    let mut members = json::object(text)
        .map_err(|error| Error::InvalidHeaderJson { problem: error.problem, offset: error.offset })?;
    if let Some(name) = repeated_name(&members) {
        return Err(Error::DuplicateHeaderParameter { name });
    }

    let mut take = |name| {
        let place = members.iter().position(|member| member.name == name)?;
        Some(members.remove(place).value.to_owned())
    };
    let (alg, b64, crit) = (take("alg"), take("b64"), take("crit"));
    if !alg.as_deref().is_some_and(|alg| is_string(alg, "HS256")) {
        return Err(Error::UnsupportedAlg { alg });
    }
    if b64.as_deref() != Some("false") {
        return Err(Error::B64NotFalse { b64 });
    }
    check_crit(crit)?;
    if policy == Policy::Fixed && text != PROTECTED_HEADER {
        return Err(Error::HeaderNotAllowed { header: text.to_owned() });
    }
    let others = members.into_iter();
    Ok(others.map(|member| HeaderParameter { name: member.name, value: member.value.to_owned() }).collect())
}

fn check_crit(crit: Option<String>) -> Result<(), Error> {
    let elements = crit.as_deref().and_then(json::array).unwrap_or_default();
    let of_b64 = elements.iter().filter(|element| is_string(element, "b64")).count();
    match (of_b64, elements.len(), crit) {
        (1, 1, _) => Ok(()),
        (1.., _, Some(crit)) => Err(Error::UnsupportedCrit { crit }),
        (_, _, crit) => Err(Error::CritMissingB64 { crit }),
    }
}

/// Whether a JSON value is this string, however that is escaped.
fn is_string(json: &str, expected: &str) -> bool {
    json::string(json).is_some_and(|text| text == expected)
}

fn repeated_name(members: &[json::Member<'_>]) -> Option<String> {
    let mut names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].to_owned())
}
