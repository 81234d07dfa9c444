use std::io;
use std::path::PathBuf;

/// The inbox's file could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqliteError {
    /// Another receiver has it.
    #[error("{} is another receiver's inbox{}", path.display(), process.map_or_else(String::new, |id| format!(": process {id}")))]
    InUse {
        /// The file.
        path: PathBuf,
        /// The other receiver's process, as far as it can be known.
        process: Option<u32>,
    },
    /// It is some other SQLite file.
    #[error("{} is no inbox of hookseal's", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer hookseal made it.
    #[error("{} was made by a newer hookseal (its schema is {found}, this one knows {known})", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// The schema's version in the file.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// SQLite refused.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}
