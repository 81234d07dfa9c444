//! Signing: what the platform does before it sends.

use alloc::string::String;

use hmac::Mac as _;

use crate::base64url;
use crate::compact::{FIXED_PREFIX, Prefix};
use crate::key::{HmacSha256, Key};

/// The length of a header value: the fixed header, two dots, 43 characters of signature.
const VALUE_LENGTH: usize = FIXED_PREFIX.len() + 1 + 43;

/// Makes the value of `X-JWS-Signature` for a body, with the platform's fixed protected header.
#[derive(Clone, Debug)]
pub struct Signer {
    key: Key,
}

impl Signer {
    /// A signer with this key. A signer has one key, read in one way: signing never guesses.
    pub fn new(key: Key) -> Self {
        Signer { key }
    }

    /// The header's value for `body`, the octets that will be on the wire.
    ///
    /// ```
    /// use hookseal::{Key, Signer};
    /// let signer = Signer::new(Key::from_utf8("a shared key of at least 32 octets")?);
    /// assert_eq!(signer.sign(b"{}").len(), 101);
    /// # Ok::<(), hookseal::Error>(())
    /// ```
    pub fn sign(&self, body: &[u8]) -> String {
        let mut stream = self.stream();
        stream.update(body);
        stream.finish()
    }

    /// Signs a body that comes in pieces.
    ///
    /// ```
    /// use hookseal::{Key, Signer};
    /// let signer = Signer::new(Key::from_bytes([7; 32])?);
    /// let mut stream = signer.stream();
    /// stream.update(b"{");
    /// stream.update(b"}");
    /// assert_eq!(stream.finish(), signer.sign(b"{}"));
    /// # Ok::<(), hookseal::Error>(())
    /// ```
    pub fn stream(&self) -> SignStream {
        SignStream { mac: self.key.mac_after(Prefix::Fixed) }
    }
}

/// A signature in the making; see [`Signer::stream`].
pub struct SignStream {
    mac: HmacSha256,
}

impl SignStream {
    /// Takes the next octets of the body.
    pub fn update(&mut self, chunk: &[u8]) {
        self.mac.update(chunk);
    }

    /// The header's value for all that was taken.
    pub fn finish(self) -> String {
        let mut value = String::with_capacity(VALUE_LENGTH);
        value.push_str(FIXED_PREFIX);
        value.push('.');
        base64url::encode_into(&self.mac.finalize().into_bytes(), &mut value);
        value
    }
}

impl core::fmt::Debug for SignStream {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SignStream([REDACTED])")
    }
}

/// So that [`std::io::copy`] can feed it.
#[cfg(feature = "std")]
impl std::io::Write for SignStream {
    fn write(&mut self, chunk: &[u8]) -> std::io::Result<usize> {
        self.update(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
