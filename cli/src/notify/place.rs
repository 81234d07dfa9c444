//! Which configuration and which store: a flag counts before the environment, and that before the file.

use std::path::{Path, PathBuf};

use hookseal_notifier::{Config, ConfigFileError, Store, StoreError, Vault, VaultError};
use ipnet::IpNet;

use crate::failure::{Failure, reason};

/// What is read when nobody names another.
const USUAL: &str = "hookseal.toml";

/// The configuration and the store.
#[derive(clap::Args)]
#[command(next_help_heading = "Configuration")]
pub(crate) struct PlaceArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The store: sqlite:FILE, or a path; $XDG_STATE_HOME/hookseal/hookseal.db unless told
    #[arg(long, value_name = "STORE", env = "HOOKSEAL_STORE", value_parser = store)]
    store: Option<PathBuf>,
}

/// The configuration alone.
#[derive(clap::Args)]
#[command(next_help_heading = "Configuration")]
pub(crate) struct ConfigArgs {
    /// The configuration; ./hookseal.toml unless told, where there is one
    #[arg(long, value_name = "FILE", env = "HOOKSEAL_CONFIG")]
    config: Option<PathBuf>,
    /// A network that webhooks may be in although it is not public, such as 10.0.0.0/8 or 127.0.0.1; repeatable
    #[arg(long, value_name = "CIDR", value_parser = network)]
    allow_network: Vec<IpNet>,
}

impl PlaceArgs {
    /// The configuration, with what the flags and the environment say over what the file says.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let mut config = self.config.config()?;
        if let Some(store) = &self.store {
            config.store = Some(store.clone());
        }
        Ok(config)
    }

    /// The configuration's file; none where nobody names one and there is none of the usual name.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.config.file()
    }
}

impl ConfigArgs {
    /// The configuration, with what the flags and the environment say over what the file says.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let mut config = match self.file() {
            Some(path) => Config::read(path).map_err(|error| unusable(&error))?,
            None => Config::default(),
        };
        config.allow_network.extend(&self.allow_network);
        Ok(config)
    }

    /// The configuration's file; none where nobody names one and there is none of the usual name.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.config.as_deref().or_else(|| Some(Path::new(USUAL)).filter(|path| path.exists()))
    }
}

/// Opens the configuration's store; its file is made where there is none.
pub(crate) fn open_store(config: &Config) -> Result<Store, Failure> {
    let path = config.store.clone().or_else(Store::default_path).ok_or_else(|| {
        Failure::usage("there is no place for the store: neither XDG_STATE_HOME nor HOME is set")
            .with_hint("Name a file: --store FILE, or store = \"FILE\" in the configuration.")
    })?;
    let vault = Vault::from_environment().map_err(|error| locked(&error))?;
    Store::open(path, vault).map_err(|error| cannot_use(&error))
}

/// What keeps a store from being used, in the command's words.
pub(crate) fn cannot_use(error: &StoreError) -> Failure {
    match error {
        StoreError::NotFound(missing) => Failure::refused(missing.to_string()).with_code("not_found"),
        StoreError::Io { path, source } => {
            let failure = Failure::io(format!("cannot use the store {}: {}", path.display(), reason(source)), 1);
            failure
                .with_hint("Its folder has to be there, and to be writable by this user; --store names another file.")
        }
        other => {
            // What to do stands behind the colon.
            let text = other.to_string();
            match text.rsplit_once(": ") {
                Some((what, todo)) => Failure::io(what, 1).with_hint(sentence(todo)),
                None => Failure::io(text, 1),
            }
        }
    }
    .with_store_code(error)
}

impl Failure {
    fn with_store_code(self, error: &StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => self,
            StoreError::InUse { .. } => self.with_code("store_in_use"),
            StoreError::Vault(_) => self.with_code("vault_error"),
            _ => self.with_code("store_error"),
        }
    }
}

pub(super) fn locked(error: &VaultError) -> Failure {
    Failure::usage(&error.to_string()).with_code("vault_error")
}

fn unusable(error: &ConfigFileError) -> Failure {
    match error {
        ConfigFileError::Unreadable { path, source } => Failure::file("read the configuration", path, source)
            .with_hint("`hookseal notify check --discover > hookseal.toml` makes one."),
        ConfigFileError::Invalid { path, source } => Failure::config(path, source),
        other => Failure::usage(&other.to_string()),
    }
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().chain(characters).collect::<String>());
    first.unwrap_or_default() + "."
}

fn store(text: &str) -> Result<PathBuf, String> {
    match text.strip_prefix("sqlite:").unwrap_or(text) {
        "" => Err("give sqlite:FILE, or a path".to_owned()),
        path => Ok(path.into()),
    }
}

pub(crate) fn network(text: &str) -> Result<IpNet, String> {
    hookseal_notifier::parse_network(text)
}
