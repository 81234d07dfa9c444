//! Keys: how a shared key is read, and how long it must be.

mod decode;
mod jwk_lenient;

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::compact::{FIXED_PREFIX, Prefix};
use crate::error::{Error, KeyError, KeyProblem};

/// The shortest key that HS256 allows, in octets (RFC 7518 §3.2).
pub const MIN_KEY_LENGTH: usize = 32;

pub(crate) type HmacSha256 = Hmac<Sha256>;

/// A key, ready to sign and verify with. It is zeroized when dropped and prints as `[REDACTED]`.
///
/// A string becomes a key in one of several ways, and taking the wrong one gives another key: see [`KeyFormat`]. Every
/// constructor refuses a key under 32 octets with `weak_key`; [`Key::dangerous_allow_weak`] does not.
#[derive(Clone)]
pub struct Key {
    /// HMAC's inner and outer state after the key: the key itself is not kept.
    keyed: HmacSha256,
    /// The same after [`FIXED_PREFIX`], with which nearly every signing input starts.
    prefixed: HmacSha256,
    format: KeyFormat,
}

impl Key {
    /// The `k` of a JWK, base64url-decoded (RFC 7518 §6.4.1): how the vendor's recipe reads a shared key.
    ///
    /// As the recipe does it takes both base64 alphabets, complete padding or none, and trailing bits that are not zero:
    /// `openssl rand -base64 32` makes such a string. Anything else is an error that names the character and its place.
    ///
    /// ```
    /// use hookseal::Key;
    /// let key = Key::from_jwk_k("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")?;
    /// assert_eq!(format!("{key:?}"), "Key(jwk, [REDACTED])");
    ///
    /// let error = Key::from_jwk_k("JWS-SYMMETRIC-KEY").unwrap_err();
    /// assert_eq!(error.code(), "invalid_key");
    /// # Ok::<(), hookseal::Error>(())
    /// ```
    pub fn from_jwk_k(k: &str) -> Result<Self, Error> {
        Self::from_shared_key(KeyFormat::Jwk, k)
    }

    /// As [`from_jwk_k`](Self::from_jwk_k), but a malformed string gives the very key that the vendor's recipe makes of it
    /// (jwcrypto on CPython 3.11): for senders that have signed with such a key.
    pub fn from_jwk_k_lenient(k: &str) -> Result<Self, Error> {
        Self::from_shared_key(KeyFormat::JwkLenient, k)
    }

    /// The string's own octets in UTF-8.
    pub fn from_utf8(text: &str) -> Result<Self, Error> {
        Self::from_shared_key(KeyFormat::Utf8, text)
    }

    /// Standard base64 (RFC 4648 §4), with complete padding or none and zero trailing bits.
    pub fn from_base64(text: &str) -> Result<Self, Error> {
        Self::from_shared_key(KeyFormat::Base64, text)
    }

    /// Hexadecimal in either case.
    pub fn from_hex(text: &str) -> Result<Self, Error> {
        Self::from_shared_key(KeyFormat::Hex, text)
    }

    /// The key's raw octets.
    pub fn from_bytes(octets: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::from_shared_key(KeyFormat::Bytes, octets)
    }

    /// Reads a shared key in the given format.
    ///
    /// ```
    /// use hookseal::{Key, KeyFormat};
    /// let format: KeyFormat = "hex".parse()?;
    /// let key = Key::from_shared_key(format, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")?;
    /// assert_eq!(key.format(), KeyFormat::Hex);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_shared_key(format: KeyFormat, shared_key: impl AsRef<[u8]>) -> Result<Self, Error> {
        Ok(Self::read(format, shared_key.as_ref(), false)?)
    }

    /// As [`from_shared_key`](Self::from_shared_key), for a key of any length but zero. An attacker can search through the
    /// keys that are shorter than 32 octets.
    pub fn dangerous_allow_weak(format: KeyFormat, shared_key: impl AsRef<[u8]>) -> Result<Self, Error> {
        Ok(Self::read(format, shared_key.as_ref(), true)?)
    }

    pub(crate) fn read(format: KeyFormat, shared_key: &[u8], allow_weak: bool) -> Result<Self, KeyError> {
        let octets = read(format, shared_key)?;
        if !allow_weak && octets.len() < MIN_KEY_LENGTH {
            return Err(KeyError::Weak { format, length: octets.len() });
        }
        Ok(Self::prepare(format, &octets))
    }

    /// The octets that a shared key is in a format, for an HMAC that is not this crate's: a hardware module's, or a runtime's
    /// own. A key that is kept as a [`Key`] cannot be taken out again.
    ///
    /// ```
    /// use hookseal::{Key, KeyFormat};
    /// let octets = Key::octets_of(KeyFormat::Hex, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")?;
    /// assert_eq!(octets[..4], [0x00, 0x11, 0x22, 0x33]);
    /// # Ok::<(), hookseal::Error>(())
    /// ```
    pub fn octets_of(format: KeyFormat, shared_key: impl AsRef<[u8]>) -> Result<Zeroizing<alloc::vec::Vec<u8>>, Error> {
        Ok(read(format, shared_key.as_ref())?)
    }

    /// How the key was read.
    pub fn format(&self) -> KeyFormat {
        self.format
    }

    fn prepare(format: KeyFormat, octets: &[u8]) -> Self {
        let keyed = match HmacSha256::new_from_slice(octets) {
            Ok(mac) => mac,
            Err(_) => unreachable!("HMAC takes keys of any length (RFC 2104 §2)"),
        };
        let prefixed = keyed.clone().chain_update(FIXED_PREFIX);
        Key { keyed, prefixed, format }
    }

    /// A MAC that has taken the key and what the signing input starts with; the body is next.
    #[inline]
    pub(crate) fn mac_after(&self, prefix: Prefix<'_>) -> HmacSha256 {
        match prefix {
            Prefix::Fixed => self.prefixed.clone(),
            Prefix::Other(prefix) => self.keyed.clone().chain_update(prefix),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, [REDACTED])", self.format)
    }
}

/// The octets of a shared key; never none at all, since everybody knows that key.
fn read(format: KeyFormat, shared_key: &[u8]) -> Result<Zeroizing<alloc::vec::Vec<u8>>, KeyError> {
    let invalid = |problem| KeyError::Invalid { format, problem };
    let octets = match format {
        KeyFormat::Bytes => Ok(Zeroizing::new(shared_key.to_vec())),
        _ => match core::str::from_utf8(shared_key) {
            Err(error) => Err(KeyProblem::NotUtf8 { position: error.valid_up_to() + 1 }),
            Ok(text) => match format {
                KeyFormat::Jwk => decode::jwk(text),
                KeyFormat::JwkLenient => jwk_lenient::decode(text),
                KeyFormat::Base64 => decode::base64(text),
                KeyFormat::Hex => decode::hex(text),
                KeyFormat::Utf8 | KeyFormat::Bytes => Ok(Zeroizing::new(shared_key.to_vec())),
            },
        },
    };
    let octets = octets.map_err(invalid)?;
    if octets.is_empty() {
        return Err(invalid(KeyProblem::Empty));
    }
    Ok(octets)
}

/// How a shared key's string becomes the octets of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyFormat {
    /// `jwk`: base64url-decoded, as the `k` of a JWK; see [`Key::from_jwk_k`].
    Jwk,
    /// `jwk-lenient`: as the vendor's recipe decodes a malformed string; see [`Key::from_jwk_k_lenient`].
    JwkLenient,
    /// `utf8`: the string's own octets.
    Utf8,
    /// `base64`: standard base64.
    Base64,
    /// `hex`: hexadecimal.
    Hex,
    /// `bytes`: raw octets, not a string at all.
    Bytes,
}

impl KeyFormat {
    /// The name in every interface: `jwk`, `jwk-lenient`, `utf8`, `base64`, `hex` or `bytes`.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyFormat::Jwk => "jwk",
            KeyFormat::JwkLenient => "jwk-lenient",
            KeyFormat::Utf8 => "utf8",
            KeyFormat::Base64 => "base64",
            KeyFormat::Hex => "hex",
            KeyFormat::Bytes => "bytes",
        }
    }
}

impl fmt::Display for KeyFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KeyFormat {
    type Err = UnknownKeyFormat;

    fn from_str(name: &str) -> Result<Self, UnknownKeyFormat> {
        use KeyFormat::{Base64, Bytes, Hex, Jwk, JwkLenient, Utf8};
        [Jwk, JwkLenient, Utf8, Base64, Hex, Bytes]
            .into_iter()
            .find(|format| format.as_str() == name)
            .ok_or_else(|| UnknownKeyFormat { name: name.into() })
    }
}

/// There is no key format of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a key format; there are jwk, jwk-lenient, utf8, base64, hex and bytes")]
pub struct UnknownKeyFormat {
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_holds_is_zeroized() {
        // HMAC is made of two SHA-256 states and a buffer; it has no marker of its own.
        fn is_zeroized<T: zeroize::ZeroizeOnDrop>() {}
        is_zeroized::<Sha256>();
    }

    #[test]
    fn a_key_does_not_print() {
        let key = Key::from_utf8("a shared key of at least 32 octets").unwrap();
        assert_eq!(alloc::format!("{key:?}"), "Key(utf8, [REDACTED])");
    }
}
