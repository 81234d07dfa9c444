//! What an explanation says: causes, which are proved, and notes, which are not.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What a cause is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// The shared key, or how it is read.
    Key,
    /// What happened to the body between the signer and the caller.
    Body,
    /// What the signer put into the MAC besides the body.
    Input,
    /// What happened to the header's value.
    Value,
}

impl Family {
    /// The name in every interface: `key`, `body`, `input` or `value`.
    pub fn as_str(self) -> &'static str {
        match self {
            Family::Key => "key",
            Family::Body => "body",
            Family::Input => "input",
            Family::Value => "value",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One change that makes the signature match, proved by the MAC.
///
/// ```
/// use hookseal::{Key, Signer, explain};
/// let shared_key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
/// let value = Signer::new(Key::from_jwk_k(shared_key)?).sign(b"{\"a\": 1}");
///
/// let explanation = explain(shared_key, b"{\"a\":1}", value);
/// let cause = &explanation.causes[0];
/// assert_eq!((cause.id, cause.detail.text("style")), ("body.json_reserialised", Some("python")));
/// println!("{}\n{}", cause.found, cause.fix);
/// # Ok::<(), hookseal::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cause {
    /// The stable name, the family's before its dot: `body.newline_added`.
    pub id: &'static str,
    /// What it is about.
    pub family: Family,
    /// What was found: "The signature matches if …".
    pub found: Cow<'static, str>,
    /// What to do about it.
    pub fix: Cow<'static, str>,
    /// Which of its kind: the reading, the style, the place.
    pub detail: Detail,
}

/// Something worth knowing that no MAC proves: what a malformed value seems to be, or damage that cannot be undone.
///
/// ```
/// let explanation = hookseal::explain("a shared key of at least 32 octets", b"{}", "t=1700000000,v1=0ae8");
/// assert_eq!(explanation.notes[0].id, "scheme.timestamped");
/// assert!(explanation.causes.is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// The stable name: `scheme.…` and `value.…` of header values, `damage.…` of bodies, `key.…` of keys.
    pub id: &'static str,
    /// What was found.
    pub found: Cow<'static, str>,
    /// What to do about it.
    pub fix: Cow<'static, str>,
    /// The place and the like.
    pub detail: Detail,
}

/// Names and values in a fixed order. Never octets of a key, a MAC or a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail(Vec<(&'static str, DetailValue)>);

/// A word, or a number: an offset, a length or a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DetailValue {
    /// A name: of a reading, a style, a character set.
    Text(Cow<'static, str>),
    /// Offsets and lengths are in octets and counted from 0.
    Number(usize),
}

impl Detail {
    /// What is said under a name.
    pub fn get(&self, name: &str) -> Option<&DetailValue> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The word under a name.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            DetailValue::Text(text) => Some(text),
            DetailValue::Number(_) => None,
        }
    }

    /// The number under a name.
    pub fn number(&self, name: &str) -> Option<usize> {
        match self.get(name)? {
            DetailValue::Text(_) => None,
            DetailValue::Number(number) => Some(*number),
        }
    }

    /// All of it, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &DetailValue)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<DetailValue>) -> Self {
        self.0.push((name, value.into()));
        self
    }
}

impl fmt::Display for DetailValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DetailValue::Text(text) => f.write_str(text),
            DetailValue::Number(number) => number.fmt(f),
        }
    }
}

impl From<&'static str> for DetailValue {
    fn from(text: &'static str) -> Self {
        DetailValue::Text(text.into())
    }
}

impl From<String> for DetailValue {
    fn from(text: String) -> Self {
        DetailValue::Text(text.into())
    }
}

impl From<usize> for DetailValue {
    fn from(number: usize) -> Self {
        DetailValue::Number(number)
    }
}
