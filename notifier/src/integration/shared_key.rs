//! The key that a webhook's deliveries are signed with.

use std::fmt;
use std::sync::Arc;

use hookseal::{Key, KeyFormat, Signer};

use crate::Secret;

/// A shared key: its text as it was given, and how it is read. It prints as `[REDACTED]`.
#[derive(Clone)]
pub struct SharedKey {
    secret: Secret,
    format: KeyFormat,
    /// Made once: every delivery is signed, and reading the key costs more than signing.
    signer: Arc<Signer>,
}

impl SharedKey {
    /// Reads a shared key. One under 32 octets is refused.
    pub fn new(secret: Secret, format: KeyFormat) -> Result<Self, hookseal::Error> {
        let key = Key::from_shared_key(format, secret.expose())?;
        Ok(SharedKey { secret, format, signer: Arc::new(Signer::new(key)) })
    }

    /// As [`new`](Self::new), for a key of any length but zero. An attacker can search through short ones.
    pub fn dangerous_allow_weak(secret: Secret, format: KeyFormat) -> Result<Self, hookseal::Error> {
        let key = Key::dangerous_allow_weak(format, secret.expose())?;
        Ok(SharedKey { secret, format, signer: Arc::new(Signer::new(key)) })
    }

    /// The key's text.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// How it is read.
    pub fn format(&self) -> KeyFormat {
        self.format
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.signer
    }
}

impl PartialEq for SharedKey {
    fn eq(&self, other: &Self) -> bool {
        (&self.secret, self.format) == (&other.secret, other.format)
    }
}

impl Eq for SharedKey {}

impl fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedKey({}, [REDACTED])", self.format)
    }
}
