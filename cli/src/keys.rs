//! Shared keys from flags, files and the environment.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use hookseal::{Explain, Key, KeyFormat, Policy, Verifier};
use zeroize::Zeroizing;

use crate::failure::Failure;

const VARIABLE: &str = "HOOKSEAL_SHARED_KEY";

/// A key file longer than this is another file.
const MAX_FILE: u64 = 64 * 1024;

const NO_KEY: &str = "Give --shared-key KEY or --shared-key-file FILE, or set HOOKSEAL_SHARED_KEY. \
                      `hookseal keygen` makes a new key.";

/// Where the shared keys are.
#[derive(clap::Args)]
#[command(next_help_heading = "Key")]
pub(crate) struct KeySource {
    /// The shared key as it stands in the settings; not trimmed. Other users of this machine may see it: prefer a file
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    shared_key: Vec<String>,
    /// A file that holds the shared key; one newline at its end is left out
    #[arg(long, value_name = "FILE")]
    shared_key_file: Vec<PathBuf>,
    /// Allow a key under 32 octets, which an attacker can search for (RFC 7518 §3.2)
    #[arg(long)]
    allow_weak_key: bool,
}

/// The keys to verify with: any number, in any reading.
#[derive(clap::Args)]
#[command(next_help_heading = "Key")]
pub(crate) struct VerifierArgs {
    #[command(flatten)]
    source: KeySource,
    /// How the key is read; auto tries jwk, then utf8, and says which one matched
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = VerifierFormat::Auto)]
    key_format: VerifierFormat,
    /// Which protected headers to accept: the platform's own, or any that RFC 7797 allows
    #[arg(long, value_enum, default_value_t = PolicyArg::Fixed, help_heading = "Protected header")]
    pub(crate) policy: PolicyArg,
}

/// The one key to sign with.
#[derive(clap::Args)]
#[command(next_help_heading = "Key")]
pub(crate) struct SignerArgs {
    #[command(flatten)]
    source: KeySource,
    /// How the key is read; the receiver has to read it the same way
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = SignerFormat::Jwk)]
    key_format: SignerFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum VerifierFormat {
    Auto,
    Jwk,
    JwkLenient,
    Utf8,
    Base64,
    Hex,
}

#[derive(Clone, Copy, ValueEnum)]
enum SignerFormat {
    Jwk,
    JwkLenient,
    Utf8,
    Base64,
    Hex,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyArg {
    Fixed,
    Rfc7797,
}

impl VerifierArgs {
    /// Reads the keys, in the order of flags and then files; none at all when none is given. A key's file may be a pipe:
    /// it is read once.
    pub(crate) fn read(&self) -> Result<SharedKeys, Failure> {
        Ok(SharedKeys {
            keys: self.source.read()?,
            format: self.key_format.one(),
            allow_weak: self.source.allow_weak_key,
            policy: self.policy.into(),
        })
    }
}

/// Shared keys as they are written, and how they are to be used.
pub(crate) struct SharedKeys {
    keys: Vec<NamedKey>,
    /// `None` for auto.
    format: Option<KeyFormat>,
    allow_weak: bool,
    policy: Policy,
}

impl SharedKeys {
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Where a key came from: a flag, a file or the environment.
    pub(crate) fn name(&self, index: usize) -> &str {
        self.keys.get(index).map_or("", |key| &key.name)
    }

    /// A verifier with all the keys.
    pub(crate) fn verifier(&self) -> Result<Verifier, Failure> {
        let verifiers = self.keys.iter().map(|key| match self.format {
            None => key.in_both_readings(self.allow_weak),
            Some(format) => key.read_as(format, self.allow_weak).map(Verifier::new),
        });
        let all = verifiers.reduce(|all, next| Ok(all?.or(next?)));
        all.unwrap_or_else(|| Err(no_key())).map(|verifier| verifier.with_policy(self.policy))
    }

    /// What says why it does not verify, with all the keys, usable or not.
    pub(crate) fn explain(&self) -> Explain {
        let explain = Explain::new(&self.keys).policy(self.policy);
        let explain = if self.allow_weak { explain.dangerous_allow_weak() } else { explain };
        match self.format {
            None => explain,
            Some(format) => explain.key_format(format),
        }
    }
}

impl VerifierFormat {
    /// `None` for auto, which is two.
    fn one(self) -> Option<KeyFormat> {
        match self {
            VerifierFormat::Auto => None,
            VerifierFormat::Jwk => Some(KeyFormat::Jwk),
            VerifierFormat::JwkLenient => Some(KeyFormat::JwkLenient),
            VerifierFormat::Utf8 => Some(KeyFormat::Utf8),
            VerifierFormat::Base64 => Some(KeyFormat::Base64),
            VerifierFormat::Hex => Some(KeyFormat::Hex),
        }
    }
}

impl From<PolicyArg> for Policy {
    fn from(policy: PolicyArg) -> Self {
        match policy {
            PolicyArg::Fixed => Policy::Fixed,
            PolicyArg::Rfc7797 => Policy::Rfc7797,
        }
    }
}

impl SignerArgs {
    /// The key to sign with.
    pub(crate) fn key(&self) -> Result<Key, Failure> {
        let keys = self.source.read()?;
        let format = match self.key_format {
            SignerFormat::Jwk => KeyFormat::Jwk,
            SignerFormat::JwkLenient => KeyFormat::JwkLenient,
            SignerFormat::Utf8 => KeyFormat::Utf8,
            SignerFormat::Base64 => KeyFormat::Base64,
            SignerFormat::Hex => KeyFormat::Hex,
        };
        match keys.as_slice() {
            [] => Err(no_key()),
            [key] => key.read_as(format, self.source.allow_weak_key),
            more => {
                let message = format!("{} keys are given, and a signature is made with one", more.len());
                Err(Failure::usage(&message).with_hint("Give one --shared-key or one --shared-key-file."))
            }
        }
    }
}

impl KeySource {
    /// The keys of the flags and files; the environment's when there are none.
    fn read(&self) -> Result<Vec<NamedKey>, Failure> {
        let several = self.shared_key.len() + self.shared_key_file.len() > 1;
        let mut keys = Vec::new();
        for (index, key) in self.shared_key.iter().enumerate() {
            let name = if several { format!("--shared-key {}", index + 1) } else { "--shared-key".to_owned() };
            keys.push(NamedKey { name, octets: Zeroizing::new(key.clone().into_bytes()) });
        }
        for path in &self.shared_key_file {
            keys.push(NamedKey { name: path.display().to_string(), octets: read_file(path)? });
        }
        if keys.is_empty()
            && let Some(key) = std::env::var_os(VARIABLE)
        {
            keys.push(NamedKey { name: VARIABLE.to_owned(), octets: Zeroizing::new(key.into_encoded_bytes()) });
        }
        Ok(keys)
    }
}

/// A shared key and where it came from.
struct NamedKey {
    name: String,
    octets: Zeroizing<Vec<u8>>,
}

impl AsRef<[u8]> for NamedKey {
    fn as_ref(&self) -> &[u8] {
        &self.octets
    }
}

impl NamedKey {
    fn read_as(&self, format: KeyFormat, allow_weak: bool) -> Result<Key, Failure> {
        let key = if allow_weak {
            Key::dangerous_allow_weak(format, &*self.octets)
        } else {
            Key::from_shared_key(format, &*self.octets)
        };
        key.map_err(|error| self.unusable(&error))
    }

    fn in_both_readings(&self, allow_weak: bool) -> Result<Verifier, Failure> {
        let Ok(text) = std::str::from_utf8(&self.octets) else {
            // Says where the text ends to be text.
            return self.read_as(KeyFormat::Utf8, allow_weak).map(Verifier::new);
        };
        let verifier =
            if allow_weak { Verifier::dangerous_for_weak_shared_key(text) } else { Verifier::for_shared_key(text) };
        verifier.map_err(|error| self.unusable(&error))
    }

    fn unusable(&self, error: &hookseal::Error) -> Failure {
        if self.octets.is_empty() {
            let failure = Failure::key(&self.name, error);
            return failure.with_hint(format!("{} is empty. {NO_KEY}", self.name));
        }
        let failure = Failure::key(&self.name, error);
        match error.code() {
            "weak_key" | "no_usable_key" => {
                failure.with_hint(format!("{} On the command line: --allow-weak-key, --key-format.", error.hint()))
            }
            _ => failure,
        }
    }
}

/// A secret's file, or with `-` standard input.
pub(crate) fn read_key_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let file = if path == Path::new("-") { Path::new("/dev/stdin") } else { path };
    read_file(file)
        .map_err(|failure| failure.with_hint("Name the file that holds it and nothing else, or - for standard input."))
}

fn read_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |error: std::io::Error| {
        Failure::file("read the key file", path, &error).with_hint("`hookseal keygen > FILE` makes a key file.")
    };
    let file = File::open(path).map_err(failed)?;
    // Of the full length from the start: a vector that grows leaves copies of the key behind.
    let mut octets = Zeroizing::new(Vec::with_capacity(MAX_FILE as usize + 1));
    file.take(MAX_FILE + 1).read_to_end(&mut octets).map_err(failed)?;
    if octets.len() as u64 > MAX_FILE {
        let message = format!("{} is larger than {MAX_FILE} octets and so no key file", path.display());
        return Err(Failure::usage(&message).with_hint("Name the file that holds the key and nothing else."));
    }
    for ending in [&b"\r\n"[..], b"\n"] {
        if octets.ends_with(ending) {
            let length = octets.len() - ending.len();
            octets.truncate(length);
            break;
        }
    }
    Ok(octets)
}

pub(crate) fn no_key() -> Failure {
    Failure::usage("there is no shared key").with_code("no_usable_key").with_hint(NO_KEY)
}
