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
    let members = json::object(text)
        .map_err(|error| Error::InvalidHeaderJson { problem: error.problem, offset: error.offset })?;
    if let Some(name) = repeated_name(&members) {
        return Err(Error::DuplicateHeaderParameter { name });
    }

    let (mut alg, mut b64, mut crit) = (None, None, None);
    let mut others = Vec::new();
    for member in members {
        match member.name.as_str() {
            "alg" => alg = Some(member.value),
            "b64" => b64 = Some(member.value),
            "crit" => crit = Some(member.value),
            _ => others.push(HeaderParameter { name: member.name, value: member.value.to_owned() }),
        }
    }
    check_alg(alg)?;
    check_b64(b64)?;
    check_crit(crit)?;
    if policy == Policy::Fixed && text != PROTECTED_HEADER {
        return Err(Error::HeaderNotAllowed { header: text.to_owned() });
    }
    Ok(others)
}

fn check_alg(alg: Option<&str>) -> Result<(), Error> {
    match alg.and_then(json::string) {
        Some(name) if name == "HS256" => Ok(()),
        _ => Err(Error::UnsupportedAlg { alg: alg.map(ToOwned::to_owned) }),
    }
}

fn check_b64(b64: Option<&str>) -> Result<(), Error> {
    match b64 {
        Some("false") => Ok(()),
        _ => Err(Error::B64NotFalse { b64: b64.map(ToOwned::to_owned) }),
    }
}

fn check_crit(crit: Option<&str>) -> Result<(), Error> {
    let missing = || Error::CritMissingB64 { crit: crit.map(ToOwned::to_owned) };
    let text = crit.ok_or_else(missing)?;
    let elements = json::array(text).ok_or_else(missing)?;
    let is_b64 = |element: &&str| json::string(element).is_some_and(|name| name == "b64");
    match elements.iter().filter(|element| is_b64(element)).count() {
        0 => Err(missing()),
        1 if elements.len() == 1 => Ok(()),
        _ => Err(Error::UnsupportedCrit { crit: text.to_owned() }),
    }
}

fn repeated_name(members: &[json::Member<'_>]) -> Option<String> {
    let mut names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].to_owned())
}
