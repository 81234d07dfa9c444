//! Encryption of what is kept: XChaCha20-Poly1305 under a key that is not in the store.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::IntegrationId;

/// Holds the master key, in base64.
const VARIABLE: &str = "HOOKSEAL_MASTER_KEY";
/// Names a file that holds it.
const FILE_VARIABLE: &str = "HOOKSEAL_MASTER_KEY_FILE";

const KEY_LENGTH: usize = 32;
const NONCE_LENGTH: usize = 24;
/// A key file longer than this is another file.
const MAX_FILE: u64 = 4096;

/// The first octet of what is sealed says how.
const PLAIN: u8 = 0;
const XCHACHA20_POLY1305: u8 = 1;

/// Seals the secrets of integrations, and opens them again.
///
/// With a master key they are encrypted (XChaCha20-Poly1305, a random nonce each, and the integration's id as
/// associated data, so that one cannot be put in another's place). Without one they are kept as they are, guarded by
/// the store's file mode alone.
#[derive(Clone)]
pub struct Vault {
    cipher: Option<XChaCha20Poly1305>,
}

impl Vault {
    /// A vault with this master key, or with none.
    pub fn new(master_key: Option<MasterKey>) -> Self {
        let cipher = master_key.map(|key| XChaCha20Poly1305::new(&Key::from(key.0)));
        Vault { cipher }
    }

    /// A vault with the master key of `HOOKSEAL_MASTER_KEY`, or of the file that `HOOKSEAL_MASTER_KEY_FILE` names; one
    /// without where neither is set.
    pub fn from_environment() -> Result<Self, VaultError> {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Result<Self, VaultError> {
        let master_key = match (variable(VARIABLE), variable(FILE_VARIABLE)) {
            (None, None) => None,
            (Some(_), Some(_)) => return Err(VaultError::TwoKeys),
            (Some(text), None) => {
                let octets = Zeroizing::new(text.into_encoded_bytes());
                Some(MasterKey::parse(&octets).map_err(|problem| problem.of(VARIABLE.to_owned()))?)
            }
            (None, Some(path)) => Some(MasterKey::read_file(path.into())?),
        };
        Ok(Self::new(master_key))
    }

    /// Whether there is a master key, so that what is sealed is encrypted.
    pub fn has_key(&self) -> bool {
        self.cipher.is_some()
    }

    /// Seals what belongs to an integration.
    pub fn seal(&self, id: &IntegrationId, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let Some(cipher) = &self.cipher else {
            return Ok([&[PLAIN], plain].concat());
        };
        let mut nonce = [0; NONCE_LENGTH];
        getrandom::fill(&mut nonce).map_err(|_| VaultError::NoRandomness)?;
        let payload = Payload { msg: plain, aad: id.as_str().as_bytes() };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::TooLong)?;
        Ok([&[XCHACHA20_POLY1305][..], &nonce, &sealed].concat())
    }

    /// Opens what was sealed for an integration.
    pub fn open(&self, id: &IntegrationId, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        match sealed.split_first() {
            Some((&PLAIN, plain)) => Ok(Zeroizing::new(plain.to_vec())),
            Some((&XCHACHA20_POLY1305, sealed)) => {
                let Some(cipher) = &self.cipher else { return Err(VaultError::Locked { id: id.clone() }) };
                let Some((nonce, sealed)) = sealed.split_first_chunk::<NONCE_LENGTH>() else {
                    return Err(VaultError::Unreadable { id: id.clone() });
                };
                let payload = Payload { msg: sealed, aad: id.as_str().as_bytes() };
                let plain = cipher.decrypt(&XNonce::from(*nonce), payload);
                plain.map(Zeroizing::new).map_err(|_| VaultError::WrongKey { id: id.clone() })
            }
            _ => Err(VaultError::Unreadable { id: id.clone() }),
        }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.has_key() { "Vault([REDACTED])" } else { "Vault(no master key)" })
    }
}

/// The key that secrets are encrypted with: 32 octets, written in base64 (`openssl rand -base64 32`). It is zeroized when
/// dropped and prints as `[REDACTED]`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; KEY_LENGTH]);

impl MasterKey {
    /// A key of these octets.
    pub fn new(octets: [u8; KEY_LENGTH]) -> Self {
        MasterKey(octets)
    }

    fn read_file(path: PathBuf) -> Result<Self, VaultError> {
        let failed = |source| VaultError::File { path: path.clone(), source };
        let file = File::open(&path).map_err(failed)?;
        // Of the full length from the start: a vector that grows leaves copies of the key behind.
        let mut octets = Zeroizing::new(Vec::with_capacity(MAX_FILE as usize));
        file.take(MAX_FILE).read_to_end(&mut octets).map_err(failed)?;
        Self::parse(&octets).map_err(|problem| problem.of(format!("{}, which {FILE_VARIABLE} names,", path.display())))
    }

    /// Either alphabet, padded or not, and whitespace around it: each has one reading, and key files end in a newline.
    fn parse(text: &[u8]) -> Result<Self, KeyProblem> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Err(KeyProblem::Empty);
        }
        let standard = text.iter().all(|octet| !b"-_".contains(octet));
        let alphabet = if standard { &alphabet::STANDARD } else { &alphabet::URL_SAFE };
        let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let decoded = GeneralPurpose::new(alphabet, config).decode(text).map_err(|_| KeyProblem::NotBase64)?;
        let octets = Zeroizing::new(decoded);
        let key = <[u8; KEY_LENGTH]>::try_from(octets.as_slice());
        key.map(MasterKey).map_err(|_| KeyProblem::Length(octets.len()))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey([REDACTED])")
    }
}

/// What is wrong with a master key's text, whichever place it came from.
enum KeyProblem {
    Empty,
    NotBase64,
    Length(usize),
}

impl KeyProblem {
    fn of(self, origin: String) -> VaultError {
        match self {
            KeyProblem::Empty => VaultError::Empty { origin },
            KeyProblem::NotBase64 => VaultError::NotBase64 { origin },
            KeyProblem::Length(length) => VaultError::Length { origin, length },
        }
    }
}

/// Secrets could not be sealed or opened. No message holds any of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The environment names two master keys.
    #[error("both {VARIABLE} and {FILE_VARIABLE} are set: keep one of them")]
    TwoKeys,
    /// The master key's file could not be read.
    #[error("{}, which {FILE_VARIABLE} names, cannot be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What reading it said.
        source: io::Error,
    },
    /// The master key's text is empty.
    #[error("{origin} is empty: put a master key there (`openssl rand -base64 32` makes one) or unset the variable")]
    Empty {
        /// Where it was read from.
        origin: String,
    },
    /// The master key's text is not base64.
    #[error("{origin} is not base64: a master key is 32 octets in base64, as `openssl rand -base64 32` makes it")]
    NotBase64 {
        /// Where it was read from.
        origin: String,
    },
    /// The master key is not 32 octets long.
    #[error(
        "{origin} holds {length} octets: a master key is 32 octets in base64, as `openssl rand -base64 32` makes it"
    )]
    Length {
        /// Where it was read from.
        origin: String,
        /// How many octets it has.
        length: usize,
    },
    /// Secrets are encrypted, and there is no master key.
    #[error(
        "the secrets of integration {id} are encrypted: set {VARIABLE}, or {FILE_VARIABLE}, to the master key that it \
         was added with"
    )]
    Locked {
        /// Whose secrets.
        id: IntegrationId,
    },
    /// Secrets are encrypted with another master key, or were changed.
    #[error(
        "the secrets of integration {id} do not open with this master key: set {VARIABLE}, or {FILE_VARIABLE}, to the \
         one that it was added with, or give its secrets anew with integration:update"
    )]
    WrongKey {
        /// Whose secrets.
        id: IntegrationId,
    },
    /// What was kept is damaged, or was written by a newer version.
    #[error("the secrets of integration {id} are damaged: give them anew with integration:update")]
    Unreadable {
        /// Whose secrets.
        id: IntegrationId,
    },
    /// The operating system gives no random numbers.
    #[error("the operating system gives no random numbers to encrypt with")]
    NoRandomness,
    /// Nothing so long can be encrypted at once.
    #[error("the secrets are too long to be encrypted")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> IntegrationId {
        "abcdefghijk23".parse().unwrap()
    }

    fn vault() -> Vault {
        Vault::new(Some(MasterKey::new([7; 32])))
    }

    fn from_text(text: &str) -> Result<Vault, String> {
        Vault::from_variables(|name| (name == VARIABLE).then(|| text.into())).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_sealed_opens_and_does_not_show() {
        let sealed = vault().seal(&id(), b"a token").unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"a token"));
        assert_eq!(**vault().open(&id(), &sealed).unwrap(), *b"a token");
        assert_ne!(sealed, vault().seal(&id(), b"a token").unwrap(), "each has a nonce of its own");
    }

    #[test]
    fn nothing_else_opens_it() {
        let sealed = vault().seal(&id(), b"a token").unwrap();
        let other_key = Vault::new(Some(MasterKey::new([8; 32])));
        assert!(matches!(other_key.open(&id(), &sealed), Err(VaultError::WrongKey { .. })));
        let other_id = "abcdefghijk24".parse().unwrap();
        assert!(matches!(vault().open(&other_id, &sealed), Err(VaultError::WrongKey { .. })), "it belongs to one");
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 0x80;
            assert!(vault().open(&id(), &changed).is_err(), "octet {index} was changed");
            assert!(vault().open(&id(), &sealed[..index]).is_err(), "cut after {index}");
        }
        let error = Vault::new(None).open(&id(), &sealed).unwrap_err().to_string();
        assert!(error.contains("HOOKSEAL_MASTER_KEY") && error.contains("abcdefghijk23"), "{error}");
    }

    #[test]
    fn without_a_key_it_is_kept_as_it_is_and_still_opens_once_there_is_one() {
        let sealed = Vault::new(None).seal(&id(), b"a token").unwrap();
        assert_eq!(sealed, b"\0a token");
        assert_eq!(**vault().open(&id(), &sealed).unwrap(), *b"a token");
    }

    #[test]
    fn a_master_key_is_read_in_every_way_that_tools_write_it() {
        let standard = "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=";
        let sealed = from_text(standard).unwrap().seal(&id(), b"x").unwrap();
        for same in [
            standard.trim_end_matches('=').to_owned(),
            standard.replace('+', "-").replace('/', "_"),
            format!("{standard}\n"),
            format!(" {standard}\r\n"),
        ] {
            assert!(from_text(&same).unwrap().open(&id(), &sealed).is_ok(), "{same:?}");
        }
    }

    #[test]
    fn a_bad_master_key_is_named_and_not_shown() {
        for (text, says) in [
            ("", "HOOKSEAL_MASTER_KEY is empty"),
            (" \n", "HOOKSEAL_MASTER_KEY is empty"),
            ("correct horse battery", "HOOKSEAL_MASTER_KEY is not base64"),
            ("AAAA", "HOOKSEAL_MASTER_KEY holds 3 octets"),
            ("-/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=", "is not base64"),
        ] {
            let error = from_text(text).unwrap_err();
            assert!(error.contains(says), "{text:?}: {error}");
            assert!(text.len() < 10 || !error.contains(text), "{error}");
        }
        let both = Vault::from_variables(|_| Some("x".into())).unwrap_err().to_string();
        assert_eq!(both, "both HOOKSEAL_MASTER_KEY and HOOKSEAL_MASTER_KEY_FILE are set: keep one of them");
    }

    #[test]
    fn a_master_key_may_stand_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master.key");
        let named = |name: &str| (name == FILE_VARIABLE).then(|| file.clone().into_os_string());
        let missing = Vault::from_variables(named).unwrap_err().to_string();
        assert!(missing.contains("master.key") && missing.contains("HOOKSEAL_MASTER_KEY_FILE"), "{missing}");
        std::fs::write(&file, "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=\n").unwrap();
        assert!(Vault::from_variables(named).unwrap().has_key());
        std::fs::write(&file, "AAAA\n").unwrap();
        let short = Vault::from_variables(named).unwrap_err().to_string();
        assert!(short.contains("master.key") && short.contains("holds 3 octets"), "{short}");
    }

    #[test]
    fn without_variables_there_is_no_key() {
        assert!(!Vault::from_variables(|_| None).unwrap().has_key());
        assert_eq!(format!("{:?} {:?}", Vault::new(None), vault()), "Vault(no master key) Vault([REDACTED])");
    }
}
